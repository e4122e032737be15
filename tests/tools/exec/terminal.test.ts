import { describe, expect, test } from "vitest";
import { gather, openHarness, sessionOf, textOf } from "./harness.ts";
import { until } from "../../support/until.ts";

const interruptible = "trap 'echo INT; exit 5' INT; echo ready; while :; do sleep 0.05; done";

describe("a command on a terminal", () => {
  test("has one of 80 by 24 as its controlling terminal", async () => {
    const harness = openHarness();
    const text = textOf(
      await harness.run("exec_command", { cmd: "tty; stty size; echo $TERM; echo x >/dev/tty", tty: true }),
    );
    expect(text).toMatch(/^\/dev\/pts\/\d+\r\n24 80\r\ndumb\r\nx\r\n$/);
  });

  test("echoes what is typed, and ends at the end key", async () => {
    const harness = openHarness();
    const id = sessionOf(await harness.run("exec_command", { cmd: "cat; echo end", tty: true, yield_time_ms: 250 }));
    const typed = await harness.run("write_stdin", { session_id: id, chars: "hello\n", yield_time_ms: 1000 });
    const both = "hello\r\nhello\r\n";
    expect(await gather(harness, typed, both.length)).toBe(both);
    const last = await harness.run("write_stdin", { session_id: id, chars: "\u0004", yield_time_ms: 30_000 });
    expect(last).toContain("exited with code 0");
    expect(textOf(last)).toBe("end\r\n");
    expect(harness.completed).toMatchObject([{ aggregatedOutput: "hello\r\nhello\r\nend\r\n" }]);
  });

  test("is interrupted by the interrupt key", async () => {
    const harness = openHarness();
    const id = sessionOf(
      await harness.run("exec_command", { cmd: interruptible, tty: true, yield_time_ms: 250 }, { callId: "c" }),
    );
    await until(() => harness.deltas.get("c") === "ready\r\n");
    const result = await harness.run("write_stdin", { session_id: id, chars: "\u0003", yield_time_ms: 30_000 });
    expect(result).toContain("exited with code 5");
    expect(harness.completed).toMatchObject([{ aggregatedOutput: "ready\r\n^CINT\r\n" }]);
  });

  test("loses nothing of what it wrote just before its end", async () => {
    const harness = openHarness();
    const expected = Array.from({ length: 3000 }, (_, index) => `${index + 1}\r\n`).join("");
    for (let round = 0; round < 15; round++) {
      const result = await harness.run("exec_command", { cmd: "seq 1 3000", tty: true, login: false });
      expect(textOf(result)).toBe(expected);
    }
  });

  test("is out of reach for commands that run at the same time", async () => {
    const harness = openHarness();
    await harness.run("exec_command", { cmd: "exec sleep 100", tty: true, yield_time_ms: 250 });
    const list = "for f in /proc/$$/fd/*; do readlink $f; done";
    expect(textOf(await harness.run("exec_command", { cmd: list, login: false }))).not.toMatch(/ptmx|pts/);
    expect(textOf(await harness.run("exec_command", { cmd: list, login: false, tty: true }))).not.toContain("ptmx");
  });
});

describe("a command without a terminal", () => {
  test("takes the interrupt key and no other input", async () => {
    const harness = openHarness();
    const id = sessionOf(
      await harness.run("exec_command", { cmd: interruptible, yield_time_ms: 250 }, { callId: "c" }),
    );
    await until(() => harness.deltas.get("c") === "ready\n");
    expect(await harness.run("write_stdin", { session_id: id, chars: "abc" })).toMatch(
      /^write_stdin failed: session \d+ has no terminal/,
    );
    const result = await harness.run("write_stdin", { session_id: id, chars: "\u0003", yield_time_ms: 30_000 });
    expect(result).toContain("exited with code 5");
    expect(harness.completed).toMatchObject([{ aggregatedOutput: "ready\nINT\n" }]);
  });
});

describe("write_stdin", () => {
  test("says what it would do", async () => {
    const harness = openHarness();
    expect(await harness.prepare("write_stdin", { session_id: 7 })).toMatchObject({
      effect: "none",
      action: { kind: "stdin", sessionId: 7 },
    });
    expect(await harness.prepare("write_stdin", { session_id: 7, chars: "y" })).toMatchObject({ effect: "once" });
    await expect(harness.prepare("write_stdin", {})).rejects.toThrow("missing field `session_id`");
    await expect(harness.prepare("write_stdin", { session_id: 1.5 })).rejects.toThrow("expected i32");
  });

  test("does not know a session that never was", async () => {
    expect(await openHarness().run("write_stdin", { session_id: 1 })).toBe("write_stdin failed: Unknown process id 1");
  });
});
