import { describe, expect, test } from "vitest";
import { isAlive, openHarness } from "./harness.ts";
import { until } from "../../support/until.ts";

describe("shell", () => {
  test("runs a program and tells its streams apart", async () => {
    const harness = openHarness();
    const result = await harness.run(
      "shell",
      { command: ["sh", "-c", "echo out; echo err >&2; cat; exit 3"] },
      { callId: "c1" },
    );
    expect(result).toBe(`Working directory: ${harness.work}\nExit code: 3\nStdout:\nout\n\nStderr:\nerr\n`);
    expect(harness.completed).toMatchObject([
      {
        id: "c1",
        argv: ["sh", "-c", "echo out; echo err >&2; cat; exit 3"],
        exitCode: 3,
        status: "failed",
        processId: null,
      },
    ]);
  });

  test("ends a command with its group at the time limit", async () => {
    const harness = openHarness();
    const result = await harness.run("shell", { command: ["sh", "-c", "sleep 100 & echo $!; wait"], timeout_ms: 3000 });
    expect(result).toContain("Timeout: exceeded 3000 ms");
    const left = Number(/Stdout:\n(\d+)/.exec(result)![1]);
    await until(() => !isAlive(left));
  });

  test("cuts each stream at twelve thousand characters", async () => {
    const harness = openHarness();
    const result = await harness.run("shell", {
      command: ["sh", "-c", "head -c 50000 /dev/zero | tr '\\0' é; printf '%12000d' 1 >&2"],
    });
    const [out, err] = result.split("\nStderr:\n");
    expect(out!.endsWith("\n...[truncated]...")).toBe(true);
    expect(err).toHaveLength(12_000);
  });

  test("cuts a stream between characters", async () => {
    const harness = openHarness();
    const result = await harness.run("shell", {
      command: ["sh", "-c", "printf '%11999d' 1; printf '\\360\\237\\230\\200\\360\\237\\230\\200'"],
    });
    expect(result).toMatch(/ 1\n\.\.\.\[truncated\]\.\.\.$/);
    const whole = await harness.run("shell", {
      command: ["sh", "-c", "printf '%11998d' 1; printf '\\360\\237\\230\\200x'"],
    });
    expect(whole).toMatch(/ 1😀\n\.\.\.\[truncated\]\.\.\.$/u);
  });

  test("says what is wrong with a call", async () => {
    const harness = openHarness();
    await expect(harness.prepare("shell", { command: [] })).rejects.toThrow("Error: command is empty");
    await expect(harness.prepare("shell", { command: ["ls", ""] })).rejects.toThrow("command[1]");
    expect(await harness.run("shell", { command: ["/nonexistent/program"] })).toMatch(
      /^Error: \/nonexistent\/program could not be started in .*No such file/,
    );
    expect(harness.completed).toMatchObject([{ exitCode: -1, status: "failed" }]);
  });

  test("is interrupted at once", async () => {
    const harness = openHarness();
    const abort = new AbortController();
    const call = harness.run("shell", { command: ["sh", "-c", "trap '' TERM; sleep 100"] }, { signal: abort.signal });
    await until(() => harness.started.length === 1);
    abort.abort(new Error("interrupted"));
    await expect(call).rejects.toThrow("interrupted");
    expect(harness.completed).toHaveLength(1);
  });
});

describe("shell_command", () => {
  test("runs a command line in the user's shell", async () => {
    const harness = openHarness();
    expect(await harness.run("shell_command", { command: "echo $((1 + 1))" })).toBe(
      `Working directory: ${harness.work}\nExit code: 0\nStdout:\n2\n`,
    );
    expect(harness.started).toMatchObject([{ argv: ["/bin/bash", "-lc", "echo $((1 + 1))"] }]);
    await expect(harness.prepare("shell_command", { command: " " })).rejects.toThrow("Error: command is empty");
  });
});
