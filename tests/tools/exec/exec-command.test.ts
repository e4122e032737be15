import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gather, isAlive, openHarness, sessionOf, textOf } from "./harness.ts";
import { busyUntil } from "../../support/busy.ts";
import { until } from "../../support/until.ts";

describe("a command that ends", () => {
  test("is answered with its code and text, and completes its item", async () => {
    const harness = openHarness();
    const result = await harness.run("exec_command", { cmd: "echo hi; exit 3" }, { callId: "c1" });
    expect(result).toMatch(
      /^Chunk ID: [0-9a-f]{6}\nWall time: \d+\.\d{4} seconds\nProcess exited with code 3\nOriginal token count: 1\nOutput:\nhi\n$/,
    );
    expect(harness.started).toMatchObject([
      {
        id: "c1",
        argv: ["/bin/bash", "-lc", "echo hi; exit 3"],
        cwd: harness.work,
        status: "inProgress",
        exitCode: null,
      },
    ]);
    expect(harness.completed).toMatchObject([{ id: "c1", status: "failed", exitCode: 3, aggregatedOutput: "hi\n" }]);
    expect(harness.deltas.get("c1")).toBe("hi\n");
    expect(harness.exec.liveSessions()).toEqual([]);
  });

  test("by a signal has 128 and its number as code", async () => {
    const harness = openHarness();
    expect(await harness.run("exec_command", { cmd: "kill -9 $$" })).toContain("exited with code 137");
  });

  test("keeps output and errors in the order in which they were written, through /dev/stderr too", async () => {
    const harness = openHarness();
    const cmd = "for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done; echo x >/dev/stderr; echo y >/dev/stdout";
    expect(textOf(await harness.run("exec_command", { cmd }))).toBe("o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\nx\ny\n");
  });

  test("finds its input empty", async () => {
    const harness = openHarness();
    expect(textOf(await harness.run("exec_command", { cmd: "cat; echo end" }))).toBe("end\n");
  });

  test("has its own process group and session", async () => {
    const harness = openHarness();
    const [pid, group, session] = textOf(await harness.run("exec_command", { cmd: "ps -o pid=,pgid=,sid= -p $$" }))
      .trim()
      .split(/ +/);
    expect([group, session]).toEqual([pid, pid]);
  });

  test("runs where it was asked to, relative to the working directory of the turn", async () => {
    const harness = openHarness();
    await harness.run("exec_command", { cmd: "mkdir sub" });
    expect(textOf(await harness.run("exec_command", { cmd: "pwd", workdir: "sub" }))).toBe(`${harness.work}/sub\n`);
    expect(textOf(await harness.run("exec_command", { cmd: "pwd", workdir: "" }))).toBe(`${harness.work}\n`);
  });

  test("with an empty command line does nothing, well", async () => {
    const harness = openHarness();
    expect(await harness.run("exec_command", { cmd: "" })).toMatch(
      /exited with code 0\nOriginal token count: 0\nOutput:\n$/,
    );
  });

  test("shows invalid bytes as replacement characters and keeps control bytes", async () => {
    const harness = openHarness();
    expect(textOf(await harness.run("exec_command", { cmd: String.raw`printf '\377\376a\000\001\303'` }))).toBe(
      "��a\0\u0001�",
    );
  });
});

describe("a command that cannot be started", () => {
  test("is told as Codex tells it, with a failed item", async () => {
    const harness = openHarness();
    const result = await harness.run("exec_command", { cmd: "pwd", workdir: "/nonexistent" });
    expect(result).toBe(
      String.raw`exec_command failed: CreateProcess { message: "Rejected(\"Failed to create unified exec process: No such file or directory (os error 2)\")" }`,
    );
    expect(harness.completed).toMatchObject([
      {
        exitCode: -1,
        status: "failed",
        aggregatedOutput: "Failed to create unified exec process: No such file or directory (os error 2)",
      },
    ]);
    expect(await harness.run("exec_command", { cmd: "pwd", workdir: "/etc/passwd" })).toContain(
      "Not a directory (os error 20)",
    );
    expect(await harness.run("exec_command", { cmd: "pwd", workdir: "/nonexistent", tty: true })).toContain(
      "(os error 2)",
    );
    expect(await harness.run("exec_command", { cmd: "echo \0" })).toContain("nul byte");
    expect(await harness.run("exec_command", { cmd: `: ${"x".repeat(200_000)}` })).toContain(
      "Argument list too long (os error 7)",
    );
    expect(harness.exec.liveSessions()).toEqual([]);
  });
});

describe("a command that goes on", () => {
  test("gives a session, completes its item by itself, and tells of its end once", async () => {
    const harness = openHarness();
    const go = join(harness.work, "go");
    const first = await harness.run("exec_command", {
      cmd: `echo a; until [ -e ${go} ]; do sleep 0.01; done; echo b; exit 4`,
      yield_time_ms: 250,
    });
    expect(first).toMatch(/Process running with session ID \d{5}\nOriginal token count: [01]\nOutput:\n/);
    expect(await gather(harness, first, 2)).toBe("a\n");
    const id = sessionOf(first);
    expect(harness.exec.liveSessions()).toMatchObject([{ id }]);
    writeFileSync(go, "");
    await until(() => harness.completed.length === 1);
    expect(harness.completed).toMatchObject([{ aggregatedOutput: "a\nb\n", exitCode: 4, processId: String(id) }]);
    expect(await harness.run("write_stdin", { session_id: id })).toMatch(
      /exited with code 4\nOriginal token count: 1\nOutput:\nb\n$/,
    );
    expect(await harness.run("write_stdin", { session_id: id })).toBe(`write_stdin failed: Unknown process id ${id}`);
  });

  test("is told with all that it had written by then, though we were busy and look up late", async () => {
    const harness = openHarness();
    const said = join(harness.work, "said");
    const first = harness.run("exec_command", { cmd: `echo a; touch ${said}; exec sleep 100`, yield_time_ms: 1500 });
    await until(() => harness.exec.liveSessions()[0]?.pid);
    await busyUntil(() => existsSync(said), 1500);
    expect(textOf(await first)).toBe("a\n");
  });

  test("does not hold up others of the same response", async () => {
    const harness = openHarness();
    const meet = (own: string, other: string): string =>
      `touch ${own}; until [ -e ${other} ]; do sleep 0.01; done; echo met`;
    const results = await Promise.all([
      harness.run("exec_command", { cmd: meet("a", "b") }),
      harness.run("exec_command", { cmd: meet("b", "a") }),
    ]);
    expect(results.map(textOf)).toEqual(["met\n", "met\n"]);
  });

  test("counts as ended when its main process ends, and what it left running is ended with it", async () => {
    const harness = openHarness();
    const result = await harness.run("exec_command", { cmd: "sleep 100 & echo $!; exit 3" });
    expect(result).toContain("exited with code 3");
    const left = Number(textOf(result));
    expect(left).toBeGreaterThan(1);
    await until(() => !isAlive(left));
  });

  test("is waited for after it has closed its output", async () => {
    const harness = openHarness();
    expect(await harness.run("exec_command", { cmd: "exec >&- 2>&-; sleep 0.2; exit 4" })).toContain(
      "exited with code 4",
    );
  });

  test("is one of at most 64: the one left alone for longest is ended", async () => {
    const harness = openHarness();
    const ids: number[] = [];
    for (let round = 0; round < 5; round++) {
      const wave = Array.from({ length: 13 }, () =>
        harness.run("exec_command", { cmd: "exec sleep 100", login: false, yield_time_ms: 250 }),
      );
      ids.push(...(await Promise.all(wave)).map(sessionOf));
    }
    expect(harness.exec.liveSessions()).toHaveLength(64);
    expect(harness.completed).toMatchObject([{ exitCode: -1, status: "failed" }]);
    const ended = Number(harness.completed[0]!.processId);
    expect(ids.slice(0, 13)).toContain(ended);
    expect(await harness.run("write_stdin", { session_id: ended })).toContain("Unknown process id");
  });
});

describe("an interrupted turn", () => {
  test("ends the command at once, even one that ignores SIGTERM, with its group", async () => {
    const harness = openHarness();
    const abort = new AbortController();
    const pids = join(harness.work, "pids");
    const cmd = `trap '' TERM; (trap '' TERM; exec sleep 100) & echo $$ $! > ${pids}.new; mv ${pids}.new ${pids}; wait; wait`;
    const running = harness.run("exec_command", { cmd, login: false }, { signal: abort.signal });
    const read = (): number[] => readFileSync(pids, "utf8").trim().split(" ").map(Number);
    await until(() => {
      try {
        return read().length === 2;
      } catch {
        return false;
      }
    });
    const since = performance.now();
    abort.abort(new Error("interrupted"));
    await expect(running).rejects.toThrow("interrupted");
    expect(performance.now() - since).toBeLessThan(50_000);
    expect(harness.completed).toMatchObject([{ status: "failed", exitCode: -1 }]);
    expect(harness.exec.liveSessions()).toEqual([]);
    await until(() => read().every((pid) => !isAlive(pid)));
  });

  test("starts nothing any more", async () => {
    const harness = openHarness();
    const call = harness.run(
      "exec_command",
      { cmd: "touch made" },
      { signal: AbortSignal.abort(new Error("interrupted")) },
    );
    await expect(call).rejects.toThrow("interrupted");
    expect(harness.started).toEqual([]);
  });

  test("leaves commands of earlier calls alone", async () => {
    const harness = openHarness();
    const id = sessionOf(await harness.run("exec_command", { cmd: "exec sleep 100", yield_time_ms: 250 }));
    const abort = new AbortController();
    const poll = harness.run("write_stdin", { session_id: id }, { signal: abort.signal });
    abort.abort(new Error("interrupted"));
    await expect(poll).rejects.toThrow("interrupted");
    expect(harness.exec.liveSessions()).toMatchObject([{ id }]);
  });
});

test("closing ends what runs, leaves its item open, and kills what ignores SIGTERM", async () => {
  const harness = openHarness();
  await harness.run("exec_command", { cmd: "trap '' TERM; while :; do sleep 0.05; done", yield_time_ms: 250 });
  await harness.run("exec_command", { cmd: "exec sleep 100", tty: true, yield_time_ms: 250 });
  const pids = harness.exec.liveSessions().map(({ pid }) => pid);
  expect(pids).toHaveLength(2);
  await harness.exec.close();
  await until(() => pids.every((pid) => !isAlive(pid)));
  expect(harness.completed).toEqual([]);
});

describe("what a call would do", () => {
  test("is stated before it is done", async () => {
    const harness = openHarness();
    const asked = {
      cmd: "rm x",
      sandbox_permissions: "require_escalated",
      justification: "May I?",
      workdir: "sub",
      login: false,
    };
    const call = await harness.prepare("exec_command", asked);
    expect(call.effect).toBe("once");
    expect(call.action).toEqual({
      kind: "command",
      argv: ["/bin/bash", "-c", "rm x"],
      cwd: join(harness.work, "sub"),
      escalate: true,
      justification: "May I?",
      prefixRule: null,
    });
    expect(call.refusal({ type: "deny", reason: "escalation", message: "the policy says no" })).toBe(
      "the policy says no",
    );
    expect(call.refusal({ type: "deny", reason: "user", message: 'say "no"' })).toBe(
      String.raw`exec_command failed: CreateProcess { message: "Rejected(\"say \\\"no\\\"\")" }`,
    );
    expect(harness.started).toEqual([]);
  });

  test("may be done again where nothing can be written", async () => {
    const harness = openHarness();
    const permissions = {
      sandbox: "read-only",
      networkAccess: false,
      writableRoots: [],
      excludeTmpdir: false,
      excludeSlashTmp: false,
      approvalPolicy: "never",
    } as const;
    expect((await harness.prepare("exec_command", { cmd: "ls" }, { permissions })).effect).toBe("repeatable");
  });

  test.each([
    [{}, "missing field `cmd`"],
    [{ cmd: 5 }, "expected a string"],
    [{ cmd: "x", max_output_tokens: -1 }, "invalid value: integer `-1`, expected usize"],
    [{ cmd: "x", max_output_tokens: 1.5 }, "invalid type: floating point `1.5`, expected usize"],
    [{ cmd: "x", yield_time_ms: -5 }, "invalid value: integer `-5`, expected u64"],
    [{ cmd: "x", sandbox_permissions: "bogus" }, "unknown variant `bogus`"],
    ["{bad", "failed to parse function arguments: "],
  ])("is refused when %j was asked", async (input, message) => {
    await expect(openHarness().prepare("exec_command", input)).rejects.toThrow(message);
  });

  test("is a patch when the command line is one", async () => {
    const harness = openHarness({
      intercept: (cmd, { cwd }) =>
        cmd !== "apply_patch"
          ? null
          : {
              effect: "once",
              action: { kind: "write", paths: [cwd] },
              refusal: () => "no",
              run: async () => ({ output: "patched", ok: true }),
            },
    });
    expect((await harness.prepare("exec_command", { cmd: "apply_patch", workdir: "sub" })).action).toEqual({
      kind: "write",
      paths: [join(harness.work, "sub")],
    });
    expect(await harness.run("exec_command", { cmd: "apply_patch" })).toMatch(
      /^Wall time: \d\.\d{4} seconds\nOutput:\npatched$/,
    );
    expect(harness.started).toEqual([]);
  });
});
