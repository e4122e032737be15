import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openHarness, sessionOf } from "./harness.ts";
import { until } from "../../support/until.ts";

const mebibyte = 1024 * 1024;

describe("a command that floods", () => {
  test.each([false, true])("with a gigabyte costs bounded memory (terminal: %s)", async (tty) => {
    const harness = openHarness();
    const size = tty ? 200_000_000 : 1_000_000_000;
    await harness.run("exec_command", { cmd: ":", tty, login: false });
    global.gc?.();
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
    const cmd = `head -c ${size} /dev/zero | tr '\\0' a`;
    const results = [await harness.run("exec_command", { cmd, tty, login: false, yield_time_ms: 30_000 })];
    // On a busy machine it goes on for longer than a call may wait.
    while (results.at(-1)!.includes("running with session ID"))
      results.push(await harness.run("write_stdin", { session_id: sessionOf(results[0]!), yield_time_ms: 100_000 }));
    clearInterval(watch);
    expect(results.at(-1)).toContain("exited with code 0");
    const sum = (pattern: RegExp): number =>
      results.reduce((all, result) => all + Number(pattern.exec(result)?.[1] ?? 0), 0);
    expect(sum(/Original token count: (\d+)\n/) - size / 4).toBeOneOf(results.map((_each, index) => index));
    const omitted = sum(/\n\.\.\. (\d+) bytes omitted \.\.\.\n\naaa/);
    expect(omitted).toBeGreaterThanOrEqual(size - results.length * mebibyte);
    expect(omitted).toBeLessThanOrEqual(size - mebibyte);
    for (const result of results) expect(result.length).toBeLessThan(41_000);
    expect(harness.completed[1]!.aggregatedOutput).toHaveLength(
      mebibyte + `\n... ${size - mebibyte} bytes omitted ...\n`.length,
    );
    expect(most - before).toBeLessThan(120 * mebibyte);
  });

  test("without end is read on between the calls and can be ended", async () => {
    const harness = openHarness();
    const id = sessionOf(await harness.run("exec_command", { cmd: "exec yes", yield_time_ms: 250 }));
    const pid = harness.exec.liveSessions()[0]!.pid;
    const written = (): number => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, "utf8"))![1]);
    const atFirst = written();
    await until(() => written() > atFirst + 4 * mebibyte);
    const result = await harness.run("write_stdin", { session_id: id, chars: "\u0003", yield_time_ms: 30_000 });
    expect(result).toContain("exited with code 130");
    expect(/\n\.\.\. \d+ bytes omitted \.\.\.\n\n(y\n)+/.test(result)).toBe(true);
  });

  test("through what it left behind ends with its main process", async () => {
    const harness = openHarness();
    const result = await harness.run("exec_command", { cmd: "yes & exit 6" });
    expect(result).toContain("exited with code 6");
  });
});
