import fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveWindow, findModel } from "../../src/model/catalog.ts";
import { readUsage } from "../../src/model/responses/usage.ts";
import { backoffMs, delayInMessage, retryAfterMs } from "../../src/model/retry.ts";
import { userAgent } from "../../src/model/user-agent.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { System } from "../../src/system/ports.ts";

test("waits double from 200 ms, ten percent either way", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 255 }), (attempt, byte) => {
      const plain = 200 * 2 ** (Math.min(attempt, 10) - 1);
      const ms = backoffMs(attempt, { bytes: () => Uint8Array.of(byte) });
      expect(ms).toBeGreaterThanOrEqual(Math.floor(plain * 0.9));
      expect(ms).toBeLessThanOrEqual(Math.ceil(plain * 1.1));
    }),
  );
});

test("retry-after is read as seconds, milliseconds or a date", () => {
  const now = Date.UTC(2026, 0, 1);
  const read = (headers: Record<string, string>) => retryAfterMs((name) => headers[name], now);
  expect(read({})).toBeNull();
  expect(read({ "retry-after": "1.5" })).toBe(1500);
  expect(read({ "retry-after": "0" })).toBe(0);
  expect(read({ "retry-after": "-1" })).toBeNull();
  expect(read({ "retry-after": "" })).toBeNull();
  expect(read({ "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT" })).toBe(7000);
  expect(read({ "retry-after-ms": "20", "retry-after": "9" })).toBe(20);
  expect(read({ "retry-after-ms": "x", "retry-after": "9" })).toBe(9000);
});

test("a wait in words is found", () => {
  expect(delayInMessage("Rate limit. Please try again in 1.2s. Visit")).toBe(1200);
  expect(delayInMessage("Try again in 28ms")).toBe(28);
  expect(delayInMessage("try again in 3 seconds")).toBe(3000);
  expect(delayInMessage("try again later")).toBeNull();
});

test("usage is read as far as it makes sense", () => {
  expect(readUsage(undefined)).toBeNull();
  expect(readUsage("many")).toBeNull();
  expect(readUsage({ input_tokens: 5, output_tokens: 2, input_tokens_details: null })).toMatchObject({
    inputTokens: 5,
    cachedInputTokens: 0,
    totalTokens: 7,
  });
  expect(readUsage({ input_tokens: -1, output_tokens: "2", total_tokens: 9 })).toMatchObject({
    inputTokens: 0,
    outputTokens: 0,
    totalTokens: 9,
  });
});

test("the catalog knows gpt-5.5 and the demo, and guesses for other names, also odd ones", () => {
  expect(findModel("gpt-5.5")).toMatchObject({ known: true, contextWindow: 272_000, defaultEffort: "medium" });
  expect(findModel("gpt-5.5").tools).toContain("apply_patch");
  expect(findModel("demo")).toMatchObject({ known: true, imageDetail: null });
  for (const name of ["gpt-5.4", "o3", "", "toString", "__proto__"]) {
    expect(findModel(name)).toMatchObject({ name, known: false, contextWindow: 272_000 });
  }
  expect(effectiveWindow(272_000)).toBe(258_400);
});

function machine(release: string | null, variables: Record<string, string>): System {
  const real = nodeSystem();
  const readText = (): string => {
    if (release === null) throw new Error("ENOENT");
    return release;
  };
  return {
    ...real,
    files: { ...real.files, readText },
    environment: { ...real.environment, variables, architecture: "x64", platform: "linux" },
  };
}

test("the user agent names originator, system, terminal and client, and fits a header", () => {
  const debian = 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n';
  expect(userAgent("codex_exec", "codex_exec", machine(debian, { TERM: "xterm" }))).toBe(
    "codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)",
  );
  expect(userAgent("a", "b", machine("ID=ubuntu\nVERSION_ID=22.04\n", { TERM_PROGRAM: "vscode", TERM: "xterm" }))).toBe(
    "a/0.169.0 (Ubuntu 22.4.0; x86_64) vscode (b; 0.169.0)",
  );
  expect(userAgent("a", "b", machine(null, {}))).toBe("a/0.169.0 (Linux Unknown; x86_64) unknown (b; 0.169.0)");
  expect(userAgent("jürgen\n", "b", machine(null, { TERM: "" }))).toBe(
    "j_rgen_/0.169.0 (Linux Unknown; x86_64) unknown (b; 0.169.0)",
  );
});
