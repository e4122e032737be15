import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { LiveThread } from "../../support/live-thread.ts";
import { end, group, hookedThread, outputs, print, run, runs, shell, textOf, told, type Hooks } from "./kit.ts";
import { until } from "../../support/until.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

async function start(...given: Parameters<typeof hookedThread>): Promise<LiveThread> {
  return (live = await hookedThread(...given));
}

/** A time to sleep that no other process on this machine sleeps, and that no test waits for. */
const long = (seconds: number): string => `${seconds}.${process.pid}s`;

/** Processes whose command line holds the word. */
const running = (word: string): number[] =>
  readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const fits = readFileSync(`/proc/${name}/cmdline`, "latin1").includes(word) && !/\) Z /.test(stat);
      return fits ? [Number(name)] : [];
    } catch {
      return [];
    }
  });

const guard = (...hooks: Record<string, unknown>[]): Hooks => ({ PreToolUse: group(...hooks) });

test("a hook that hangs is killed with all that it has started, and the call is made", async () => {
  const time = long(301);
  const thread = await start(guard(shell(`sleep ${time} & sleep ${time}; echo never`, { timeout: 1 })), [
    run(1, "echo hi"),
    end,
  ]);
  await thread.say("go");
  expect(runs(thread)).toMatchObject([
    { status: "failed", entries: [{ kind: "error", text: "hook timed out after 1s" }] },
  ]);
  expect(outputs(thread)[0]).toContain("hi\n");
  await until(() => running(time).length === 0);
});

test("a hook that floods its output costs no more than its own time, and is no answer", async () => {
  const flood = "head -c 100000000 /dev/zero | tr '\\0' '{'";
  const thread = await start({ SessionStart: group(shell(flood), shell("head -c 9000000 /dev/zero | tr '\\0' x")) }, [
    end,
  ]);
  const before = process.memoryUsage().rss;
  await thread.say("go");
  const [json, text] = runs(thread);
  expect(json).toMatchObject({ status: "failed", entries: [{ kind: "error" }] });
  expect(text?.status).toBe("completed");
  expect(text?.entries[0]?.text.length).toBeLessThan(12_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
});

test("hooks that die, say nothing, say half of something or kill their own group change nothing", async () => {
  const thread = await start(
    guard(
      shell("kill -9 $$"),
      shell("true"),
      shell(`printf '{"decision":"blo'`),
      shell("kill -9 0"),
      shell("/nonexistent/program"),
      shell("exec <&- >&- 2>&-; exit 0"),
    ),
    [run(1, "echo hi"), end],
  );
  await thread.say("go");
  expect(runs(thread).map(({ status }) => status)).toEqual([
    "failed",
    "completed",
    "failed",
    "failed",
    "failed",
    "completed",
  ]);
  expect(runs(thread)[4]?.entries).toEqual([{ kind: "error", text: "hook exited with code 127" }]);
  expect(outputs(thread)[0]).toContain("hi\n");
});

test("what a hook leaves in the background holds nothing up, and is left alone", async () => {
  const time = long(302);
  const thread = await start({ SessionStart: group(shell(`sleep ${time} & echo AT-ONCE`)) }, [end]);
  await thread.say("go");
  const left = running(time);
  for (const pid of left) process.kill(pid, "SIGKILL");
  expect(told(thread)).toContain("AT-ONCE");
  expect(runs(thread)[0]?.durationMs).toBeLessThan(60_000);
  expect(left).toHaveLength(1);
});

test("an interrupted turn ends the hook that it waits for, and then runs the hook for that", async () => {
  const time = long(303);
  const thread = await start(
    { ...guard(shell(`sleep ${time}; echo late > late`)), Interrupt: group(shell("cat > interrupted")) },
    [run(1, "echo hi"), end],
  );
  const said = thread.say("go");
  await thread.next("hook.started");
  await until(() => running(time).length > 0);
  await thread.client.call("turn/interrupt", { threadId: thread.info.threadId });
  expect((await said).type).toBe("turn.interrupted");
  await until(() => running(time).length === 0);
  const input = JSON.parse(textOf(join(thread.stage.workspace, "interrupted"))) as Record<string, unknown>;
  expect(input).toMatchObject({ hook_event_name: "Interrupt", session_id: thread.info.threadId });
  expect(textOf(join(thread.stage.workspace, "late"))).toBe("");
});

test("a hook knows the user's environment, and not the key that pays for the model", async () => {
  const thread = await start({ SessionStart: group(shell("env > environment; pwd > folder")) }, [end], {
    stage: { env: { OWN_WORD: "mine" } },
  });
  await thread.say("go");
  const environment = textOf(join(thread.stage.workspace, "environment"));
  expect(environment).toContain("OWN_WORD=mine\n");
  expect(environment).not.toMatch(/FAKE_KEY|sk-fake|CODEX_THREAD_ID|CODEX_CI/);
  expect(textOf(join(thread.stage.workspace, "folder"))).toBe(`${thread.stage.workspace}\n`);
});

test("a long context is saved, and the model gets its beginning, its end and the file", async () => {
  const thread = await start(
    {
      SessionStart: group(shell("seq 1 5000")),
      UserPromptSubmit: group(
        shell("seq 1 3000", { additionalContextLimit: 100 }),
        shell("seq 1 4000", { additionalContextLimit: 0 }),
      ),
    },
    [end],
  );
  await thread.say("go");
  const [first = "", second = "", third = ""] = told(thread).filter((text) => /\n17\n/.test(text));
  const saved = /^Full hook output saved to: (.+)$/m;
  expect(first).toMatch(
    /^Warning: truncated output \(original token count: 5973\)\nTotal output lines: 5000\n\n1\n2\n/,
  );
  expect(first.length).toBeGreaterThan(9_000);
  expect(first.length).toBeLessThan(10_500);
  expect(second.length).toBeLessThan(600);
  expect(third).toBe(`${Array.from({ length: 4000 }, (_, index) => index + 1).join("\n")}`);
  const path = saved.exec(first)?.[1] ?? "";
  expect(path.startsWith(join(thread.stage.tmp, "hook_outputs", thread.info.threadId))).toBe(true);
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(5000);
});

test("hooks that nobody waits for are ended with the thread", async () => {
  const time = long(304);
  const thread = await start({ SessionStart: group(shell(`sleep ${time}; echo late > late`, { async: true })) }, [end]);
  await thread.say("go");
  expect(thread.events.filter(({ type }) => type.startsWith("hook."))).toEqual([]);
  await until(() => running(time).length > 0);
  await thread.client.call("thread/close", { threadId: thread.info.threadId });
  await until(() => running(time).length === 0);
});

test("what a hook has to say that nobody waited for reaches the user, and the model with its next request", async () => {
  const late = {
    systemMessage: "WORD",
    decision: "block",
    reason: "R",
    hookSpecificOutput: { hookEventName: "PostToolUse", additionalContext: "LATE" },
  };
  const thread = await start({ PostToolUse: [{ hooks: [shell(print(late), { async: true })] }] }, [
    run(1, "true"),
    async () => {
      await until(() => thread.events.some((event) => event.type === "warning" && event.message === "WORD"));
      return run(2, "true");
    },
    end,
  ]);
  await thread.say("go");
  expect(told(thread)).toContain("LATE");
  expect(thread.events).toContainEqual({ type: "warning", threadId: thread.info.threadId, message: "WORD" });
  expect(outputs(thread)[0]).not.toBe("R");
});

test("a thread that is not kept has no transcript to name", async () => {
  const thread = await start(
    { SessionStart: group(shell("cat > told")), SessionEnd: group(shell("cat > ended")) },
    [end],
    {
      thread: { ephemeral: true },
    },
  );
  await thread.say("go");
  await thread.client.call("thread/close", { threadId: thread.info.threadId });
  for (const file of ["told", "ended"]) {
    expect(JSON.parse(textOf(join(thread.stage.workspace, file)))).toMatchObject({ transcript_path: null });
  }
});

test("runs are told as Codex tells them, all starts first and ends in the listed order", async () => {
  const thread = await start(
    guard(shell("sleep 0.3; echo '{}'", { statusMessage: "checking" }), shell("echo no >&2; exit 2")),
    [run(1, "echo hi"), end],
  );
  await thread.say("go");
  const hooks = thread.events.flatMap((event) =>
    event.type === "hook.started" || event.type === "hook.completed" ? [event] : [],
  );
  expect(hooks.map(({ type, run: { displayOrder } }) => `${type} ${displayOrder}`)).toEqual([
    "hook.started 0",
    "hook.started 1",
    "hook.completed 0",
    "hook.completed 1",
  ]);
  const path = join(thread.stage.codexHome, "hooks.json");
  expect(hooks[0]?.run).toMatchObject({
    id: `pre-tool-use:0:${path}:call_1`,
    eventName: "preToolUse",
    handlerType: "command",
    executionMode: "sync",
    scope: "turn",
    sourcePath: path,
    source: "user",
    displayOrder: 0,
    status: "running",
    statusMessage: "checking",
    completedAt: null,
    durationMs: null,
    entries: [],
  });
  expect(hooks[3]?.run).toMatchObject({ status: "blocked", entries: [{ kind: "feedback", text: "no" }] });
  expect(outputs(thread)).toEqual(["Command blocked by PreToolUse hook: no. Command: echo hi"]);
});
