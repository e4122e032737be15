import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { tidy } from "../../../src/journal/rewind/tidy.ts";
import { ShadowGit } from "../../../src/journal/rewind/shadow-git.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { git, rewindable, type Rewindable } from "./support.ts";
import { until } from "../../support/until.ts";

let thread: Rewindable;
afterEach(() => thread.close());

const home = (): string => join(thread.stage.home, ".agent_runtime/rewind");
const shadow = (): string =>
  join(
    home(),
    readdirSync(home()).find((name) => name !== "threads")!,
  );
const log = (): { type: string; thread: string }[] =>
  readFileSync(join(shadow(), "log.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; thread: string });

const start = (cwd: string): Promise<{ threadId: string }> =>
  thread.client.call("thread/start", {
    cwd,
    sandbox: "danger-full-access",
    approvalPolicy: "never",
    keepSnapshots: true,
  });

it("snapshots are for the user alone, and go with their thread", async () => {
  thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
  await thread.turn({ run: "echo two > a.txt" });
  await thread.settled();
  const other = await start(thread.stage.workspace);
  await thread.turnOf(other.threadId, { run: "echo three > a.txt" });
  await thread.client.call("thread/close", { threadId: other.threadId });
  expect(statSync(home()).mode & 0o77).toBe(0);
  expect(log().map(({ type }) => type)).toEqual(["begin", "end", "begin", "end"]);
  await thread.rewind(0, { preview: true });
  await thread.client.call("thread/delete", { threadId: other.threadId });
  expect(new Set(log().map((line) => line.thread))).toEqual(new Set([thread.info.threadId]));
  expect(await thread.rewind(0)).toMatchObject({ conflicts: [{ path: "a.txt" }] });
});

it("packing keeps every snapshot that a thread or an undo needs, and only those", async () => {
  thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
  await thread.turn({ run: "echo two > a.txt" });
  await thread.rewind(0, { scope: "files" });
  const system = nodeSystem();
  const runtime = join(thread.stage.home, ".agent_runtime");
  const repository = ShadowGit.open(system, runtime, thread.stage.workspace);
  await tidy(repository, system, runtime, "a thread that is gone");
  const args = ["--git-dir", join(shadow(), "git")];
  execFileSync("git", [...args, "reflog", "expire", "--expire=now", "--all"]);
  execFileSync("git", [...args, "gc", "--prune=now", "-q"]);
  expect(await thread.undo()).toMatchObject({ done: true });
  expect(readFileSync(thread.path("a.txt"), "utf8")).toBe("two\n");
  expect(await thread.rewind(0)).toMatchObject({ done: true });
});

it("two threads in one folder are told of each other", async () => {
  thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
  const other = await start(thread.stage.workspace);
  let go = (): void => undefined;
  const inside = new Promise<void>((resolve) => (go = resolve));
  thread.client.subscribe(thread.info.threadId, (event) => {
    if (event.type === "item.started" && event.item.type === "commandExecution") go();
  });
  const first = thread.turn({ run: "while [ ! -e b.txt ]; do sleep 0.05; done; echo two > a.txt" });
  await inside;
  await thread.turnOf(other.threadId, { run: "echo b > b.txt" });
  await first;
  await thread.settled();
  const report = await thread.rewind(0, { preview: true });
  expect(report.notes).toEqual([
    `thread ${other.threadId} worked in ${thread.stage.workspace} at the same time: what it changed counts as this thread's`,
  ]);
});

it("a fork knows what the turns did that it has of its source", async () => {
  thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
  await thread.turn({ run: "echo two > a.txt" });
  await thread.settled();
  const fork = await thread.client.call("thread/fork", {
    threadId: thread.info.threadId,
    cwd: thread.stage.workspace,
    sandbox: "danger-full-access",
    approvalPolicy: "never",
    keepSnapshots: true,
  });
  await thread.turnOf(fork.threadId, { run: "echo three > a.txt" });
  await thread.client.call("thread/close", { threadId: fork.threadId });
  expect((await thread.client.call("thread/diff", { threadId: fork.threadId })).diff).toContain("-one\n+three\n");
  expect(await thread.client.call("thread/rewind", { threadId: fork.threadId, to: 0 })).toMatchObject({ done: true });
  expect(readFileSync(thread.path("a.txt"), "utf8")).toBe("one\n");
});

it("read-only walls, an ephemeral thread and the configuration keep no snapshots; a table that is wrong is named", async () => {
  thread = await rewindable({ thread: { sandbox: "read-only", approvalPolicy: "never" } });
  await thread.turn({ run: "cat /dev/null" });
  await thread.settled();
  expect(existsSync(home())).toBe(false);
  const { client, stage } = thread;
  const open = (overrides: string[], ephemeral = false): Promise<{ threadId: string }> =>
    client.call("thread/start", {
      cwd: stage.workspace,
      sandbox: "danger-full-access",
      approvalPolicy: "never",
      keepSnapshots: true,
      ephemeral,
      overrides,
    });
  for (const opened of [await open(["codex_agent.rewind.enabled=false"]), await open([], true)]) {
    await thread.turnOf(opened.threadId, { run: "true" });
    await client.call("thread/close", opened);
  }
  expect(existsSync(home())).toBe(false);
  await expect(open(["codex_agent.rewind.enabled=1"])).rejects.toThrow(
    "`codex_agent.rewind.enabled` must be true or false, found the integer 1",
  );
  await expect(open(["codex_agent.rewind.on=true"])).rejects.toThrow(
    "`codex_agent.rewind.on` is not known; there are: enabled",
  );
});

it("a command that is left running counts as the work of the turn in which it changes something", async () => {
  thread = await rewindable();
  await thread.turn({ leave: "while [ ! -e go ]; do sleep 0.05; done; echo late > late" });
  await thread.turn({
    wait: async () => {
      await until(() => log().length === 3);
      writeFileSync(thread.path("go"), "");
      await until(() => existsSync(thread.path("late")) && readFileSync(thread.path("late"), "utf8") === "late\n");
    },
  });
  await thread.settled();
  const report = await thread.rewind(1, { preview: true });
  expect(report.files.map(({ path }) => path)).toEqual(["go", "late"]);
});

it("a diff tells what one turn did, and what all did together", async () => {
  thread = await rewindable({ stage: { git: true, files: { "a.txt": "one\n", "b.txt": "b\n" } } });
  git(thread.stage.workspace, "config", "core.quotePath", "true");
  await thread.turn({ run: "echo two > a.txt; echo x > new.txt" });
  await thread.turn({ run: "echo three > a.txt; rm b.txt; printf '\\000' > data" });
  const all = await thread.diff();
  expect(all.files).toEqual(
    [
      { path: "a.txt", status: "changed", added: 1, removed: 1 },
      { path: "b.txt", status: "deleted", added: 0, removed: 1 },
      { path: "data", status: "added", added: null, removed: null },
      { path: "new.txt", status: "added", added: 1, removed: 0 },
    ].map((file) => ({ folder: thread.stage.workspace, ...file })),
  );
  expect(all.diff).toContain("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+three\n");
  const second = await thread.diff(2);
  expect(second.diff).toContain("-two\n+three\n");
  expect(second.files.map(({ path }) => path)).toEqual(["a.txt", "b.txt", "data"]);
});
