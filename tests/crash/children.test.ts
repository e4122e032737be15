import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readProcessTable } from "../../src/system/processes/process-table.ts";
import { call, message, respond, startFakeModel, type FakeModel, type Reply } from "../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Stage } from "../support/run.ts";
import { endProcess, processesOf } from "./crash-run.ts";
import { rolloutOf, runAndKill, textOf } from "./killing.ts";
import { journalLines } from "./promises.ts";
import { untilPasses } from "../support/until.ts";

let model: FakeModel;
let stage: Stage;
let threads: string[] = [];
let replies: Reply[] = [];

beforeEach(async () => {
  replies = [];
  threads = [];
  model = await startFakeModel(() => replies.shift() ?? respond([message("msg_end", "end")]));
  stage = await makeStage({ baseUrl: model.baseUrl });
});

afterEach(async () => {
  for (const pid of threads.flatMap(processesOf)) endProcess(pid);
  await model.close();
  await stage.dispose();
});

const exec = (...rest: string[]): string[] => [
  "exec",
  "--json",
  "--skip-git-repo-check",
  "-m",
  "gpt-5.5",
  "-s",
  "danger-full-access",
  ...rest,
];

const locks = (): string[] =>
  readdirSync(join(stage.codexHome, "thread-writer-locks")).filter((name) => name !== ".coordination.lock");

/** Kills the agent once the command has written `count` lines, and gives the thread's id. */
async function killWhile(cmd: string, count: number, extra: Record<string, unknown> = {}): Promise<string> {
  replies.push(respond([call("1", "exec_command", { cmd, login: false, ...extra })]));
  const { killed, events } = await runAndKill(ours(), stage, exec("work"), {
    at: "trace",
    count,
    text: '"child_started"',
  });
  const id = String(events[0]?.["thread_id"]);
  threads.push(id);
  expect(killed).toBe(true);
  return id;
}

const commandsOf = (pids: readonly number[]): string[] =>
  pids.map((pid) => textOf(`/proc/${pid}/cmdline`).split("\0").slice(0, 2).join(" ")).sort();

async function untilNone(look: () => readonly number[]): Promise<void> {
  await untilPasses(() => expect(look()).toEqual([]));
}

const sleeping = (id: string): string[] => commandsOf(processesOf(id)).filter((name) => name.startsWith("sleep"));

const tree = "(sleep 301 & sleep 302 & wait) & sleep 303 | cat & echo up >> tokens; sleep 304";

it("are named in the journal, and ended when their thread is resumed", async () => {
  const id = await killWhile(tree, 1);
  // The last of them may be about to start.
  await untilPasses(() => expect(sleeping(id)).toHaveLength(4));
  const [line] = journalLines(textOf(rolloutOf(stage))).filter(({ payload }) => payload.type === "child_started");
  const leader = readProcessTable().find(({ pid }) => pid === line?.payload["pid"]);
  expect(leader).toMatchObject({ session: leader?.pid, group: leader?.pid, startTicks: line?.payload["start"] });
  expect(line?.payload).toMatchObject({ boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8) });
  expect(line).not.toHaveProperty("ordinal");
  const resumed = await run(ours(), stage, exec("resume", id, "on"));
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toContain("left a command running");
  await untilNone(() => processesOf(id));
  // Told once: nothing is left for the next one.
  expect((await run(ours(), stage, exec("resume", id, "on"))).stdout).not.toContain("left a command running");
});

it("are ended by the start of another thread, which is told nothing, and the lock file goes", async () => {
  const id = await killWhile(tree, 1);
  expect(locks()).toEqual([`${id}.lock`]);
  const other = await run(ours(), stage, exec("another"));
  expect(other.events.map(({ type }) => type)).toEqual([
    "thread.started",
    "turn.started",
    "item.completed",
    "turn.completed",
  ]);
  await untilNone(() => processesOf(id));
  expect(locks()).toEqual([]);
});

it("are ended when they run on a terminal, in groups of their own and deaf to SIGTERM", async () => {
  const script = "set -m; trap '' TERM HUP; (trap '' TERM HUP; sleep 301) & echo up >> tokens; wait; sleep 302";
  const id = await killWhile(script, 1, { tty: true });
  expect(processesOf(id).length).toBeGreaterThan(1);
  await run(ours(), stage, exec("another"));
  await untilNone(() => processesOf(id));
});

it("are ended by us after the real Codex went on with their thread", async () => {
  const id = await killWhile(tree, 1);
  expect((await run(oracle(), stage, exec("resume", id, "on"))).code).toBe(0);
  // It knows nothing of them, and takes away the lock file that told of them.
  expect(processesOf(id).length).toBeGreaterThan(0);
  expect(locks()).toEqual([]);
  expect((await run(ours(), stage, exec("resume", id, "on"))).code).toBe(0);
  await untilNone(() => processesOf(id));
});

it("are out of reach when they made themselves a session of their own, as a daemon does", async () => {
  const id = await killWhile("setsid sh -c 'echo up >> tokens; sleep 301' & sleep 302", 1);
  const isDaemon = (pid: number): boolean => ["sh -c", "sleep 301"].includes(commandsOf([pid])[0] ?? "");
  expect((await run(ours(), stage, exec("resume", id, "on"))).code).toBe(0);
  await untilNone(() => processesOf(id).filter((pid) => !isDaemon(pid)));
  expect(processesOf(id).filter(isDaemon).length).toBeGreaterThan(0);
});

it("of a thread that is at work are left alone by other starts", async () => {
  replies.push(respond([call("1", "exec_command", { cmd: `${tree} & wait`, login: false, yield_time_ms: 250 })]));
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  replies.push({ parts: [{ gate: () => held }, ...respond([message("msg_held", "held")]).parts] });
  const working = run(ours(), stage, exec("work"));
  await model.seen(2);
  const id = String(journalLines(textOf(rolloutOf(stage)))[0]?.payload["id"]);
  threads.push(id);
  await untilPasses(() => expect(sleeping(id)).toHaveLength(4));
  const before = processesOf(id).sort();
  expect((await run(ours(), stage, exec("another"))).code).toBe(0);
  expect((await run(ours(), stage, exec("fork", id, "a fork"))).code).toBe(0);
  expect(processesOf(id).sort()).toEqual(before);
  expect(locks()).toEqual([`${id}.lock`]);
  release();
  expect((await working).code).toBe(0);
  await untilNone(() => processesOf(id));
});
