import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { RewindReport } from "../../../src/protocol/rewind.ts";
import { call, message, respond, startFakeModel, type FakeModel, type Reply } from "../../support/fake-model.ts";
import { makeStage, ours, run, type Stage } from "../../support/run.ts";
import { picture } from "./support.ts";
import { until } from "../../support/until.ts";

let stage: Stage;
let model: FakeModel;
let queue: Reply[] = [];
afterEach(async () => {
  await model.close();
  await stage.dispose();
});

async function setStage(): Promise<void> {
  queue = [];
  model = await startFakeModel(() => queue.shift() ?? respond([message("m", "done")]));
  stage = await makeStage({ baseUrl: model.baseUrl });
}

const willRun = (cmd: string): unknown =>
  queue.push(respond([call(`c${queue.length}`, "exec_command", { cmd, login: false, yield_time_ms: 30_000 })]));

const exec = ["exec", "--json", "--skip-git-repo-check", "--mode", "full"];

async function agent(...args: string[]): Promise<RewindReport> {
  const { stdout, stderr } = await run(ours(), stage, [...args, "--json"]);
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return JSON.parse(stdout) as RewindReport;
}

/** Runs ours until the condition holds, and kills it with nothing but SIGKILL. */
async function killWhen(condition: () => boolean, args: readonly string[]): Promise<void> {
  const child = spawn(ours().path, args, { cwd: stage.workspace, env: stage.env, stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await Promise.race([until(condition), ended]);
  child.kill("SIGKILL");
  await ended;
}

const manyFiles = (count: number, text: string): void => {
  for (let at = 0; at < count; at++) {
    const folder = join(stage.workspace, `d${at % 20}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${at}`), `${text} ${at}\n`);
  }
};

it("a turn that was killed is taken back only when that is asked for: its changes may be the user's", async () => {
  await setStage();
  writeFileSync(join(stage.workspace, "a.txt"), "one\n");
  const before = picture(stage.workspace);
  willRun("echo two > a.txt; echo x > made; touch there; sleep 100");
  await killWhen(() => existsSync(join(stage.workspace, "there")), [...exec, "go"]);
  const changed = picture(stage.workspace);
  const refused = await agent("rewind", "last", "--to", "0");
  expect(refused.conflicts.map(({ path, why }) => `${path}: ${why}`)).toEqual(
    ["a.txt", "made", "there"].map((path) => `${path}: its turn was cut off: the change may be yours`),
  );
  expect(picture(stage.workspace)).toEqual(changed);
  expect(await agent("rewind", "last", "--to", "0", "--overwrite")).toMatchObject({ done: true });
  expect(picture(stage.workspace)).toEqual(before);
  expect(await agent("rewind", "last", "--undo")).toMatchObject({ done: true });
  expect(picture(stage.workspace)).toEqual(changed);
}, 120_000);

it("a look that was killed leaves nothing in the way of the next", async () => {
  await setStage();
  manyFiles(3000, "one");
  const shadow = (): string[] => {
    const home = join(stage.home, ".agent_runtime/rewind");
    return existsSync(home) ? readdirSync(home).flatMap((name) => readdirSync(join(home, name))) : [];
  };
  // Once in the middle of the first look, and once when some of it is there.
  for (const sign of [/^index\./, /^index$/]) {
    willRun("echo two > d1/f1");
    await killWhen(() => shadow().some((name) => sign.test(name)), [...exec, "go"]);
    queue = [];
  }
  writeFileSync(join(stage.workspace, "d1/f1"), "one 1\n");
  const before = picture(stage.workspace);
  willRun("for d in d*; do echo two > $d/new; rm $d/f?0; done; echo two > d1/f1");
  const id = (await run(ours(), stage, [...exec, "go"])).events.find(({ type }) => type === "thread.started");
  expect(await agent("rewind", String(id?.["thread_id"]), "--to", "0")).toMatchObject({ done: true, conflicts: [] });
  expect(picture(stage.workspace)).toEqual(before);
}, 120_000);

it("a rewind that was killed is finished by the same command, or undone", async () => {
  await setStage();
  manyFiles(800, "one");
  const before = picture(stage.workspace);
  willRun('for f in d*/*; do echo two >> "$f"; done; mkdir new; echo x > new/f');
  const started = (await run(ours(), stage, [...exec, "go"])).events.find(({ type }) => type === "thread.started");
  const id = String(started?.["thread_id"]);
  const changed = picture(stage.workspace);
  const first = join(stage.workspace, "d0/f0");
  const isBack = (): boolean => readFileSync(first, "utf8") === "one 0\n";
  for (const finish of ["--undo", "again"]) {
    await killWhen(isBack, ["rewind", id, "--to", "0"]);
    const half = picture(stage.workspace);
    // However far it has come, nothing is half written.
    for (const [path, state] of Object.entries(half)) {
      if (!path.endsWith(".tmp")) expect([before[path], changed[path]]).toContain(state);
    }
    if (finish === "--undo") {
      expect(await agent("rewind", id, "--undo")).toMatchObject({ done: true, failed: [] });
      expect(withoutLeftOvers(picture(stage.workspace))).toEqual(changed);
    }
  }
  const other = await run(ours(), stage, ["rewind", id, "--to", "0", "--files"]);
  const again = await agent("rewind", id, "--to", "0");
  // On a fast machine it may have been through before it was killed.
  if (other.stderr.includes("was cut off")) expect(again).toMatchObject({ done: true, failed: [] });
  expect(withoutLeftOvers(picture(stage.workspace))).toEqual(before);
  expect(await agent("rewind", id, "--undo")).toMatchObject({ done: true });
  expect(withoutLeftOvers(picture(stage.workspace))).toEqual(changed);
}, 120_000);

const withoutLeftOvers = (found: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).filter(([path]) => !/\/\.codex-agent-\d+-\d+\.tmp$/.test(path)));

it("a file that is changed within the same tick and keeps its size is seen", async () => {
  await setStage();
  const path = join(stage.workspace, "a.txt");
  writeFileSync(path, "one\n");
  const { atime, mtime } = statSync(path);
  willRun("echo two > a.txt; touch -d @0 a.txt");
  willRun("echo six > a.txt; touch -d @0 a.txt");
  const ran = await run(ours(), stage, [...exec, "go"]);
  utimesSync(path, atime, mtime);
  const id = String(ran.events.find(({ type }) => type === "thread.started")?.["thread_id"]);
  expect(await agent("rewind", id, "--to", "0")).toMatchObject({ done: true, conflicts: [] });
  expect(readFileSync(path, "utf8")).toBe("one\n");
}, 120_000);
