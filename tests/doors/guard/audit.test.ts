import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { AuditReport } from "../../../src/protocol/audit.ts";
import { call, type ModelItem, message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Stage } from "../../support/run.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Each turn makes the calls, and answers once it has their outputs. */
async function stageOf(items: readonly ModelItem[], config = "", child: readonly ModelItem[] = []): Promise<Stage> {
  const fake = await startFakeModel((request) => {
    const { input } = request.body as { input: { type: string }[] };
    const mine = request.headers["x-openai-subagent"] === undefined ? items : child;
    const done = input.at(-1)?.type.endsWith("_output") || mine.length === 0;
    return respond(done ? [message(`m${request.index}`, "done")] : mine);
  });
  const stage = await makeStage({ baseUrl: fake.baseUrl, config: `model = "gpt-5.5"\n${config}`, git: true });
  open.push(fake.close, stage.dispose);
  return stage;
}

const text = async (stage: Stage, ...argv: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(ours(), stage, ["audit", ...argv]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
};
const json = async (stage: Stage, ...argv: string[]): Promise<AuditReport> =>
  JSON.parse(await text(stage, "--json", ...argv)) as AuditReport;

test("a thread is told line by line, and nothing in it steers a terminal", async () => {
  const stage = await stageOf([call("1", "exec_command", { cmd: "printf '\u001b[31mred' > made; exit 2" })]);
  expect((await run(ours(), stage, ["exec", "-s", "workspace-write", "go"])).code).toBe(0);
  const told = await text(stage, "--thread", "last");
  expect(told).toMatch(/^thread [0-9a-f-]{36} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}exec {2}\//);
  expect(told).toMatch(/commands run in the walls of (bubblewrap|helper)/);
  expect(told).toMatch(
    / {2}allow {2}\[sandbox:workspace-write\] {2}exec_command {2}printf '\S+\[31mred' > made; exit 2 {2}-> exit 2\n/,
  );
  expect(told).toContain(`writes: ${join(stage.workspace, "made")}`);
  expect(told).not.toContain("\u001b");
});

test("what nobody was there to be asked about is told as denied", async () => {
  const stage = await stageOf([call("1", "exec_command", { cmd: "touch made" })], '[codex_agent]\nmode = "ask"\n');
  await run(ours(), stage, ["exec", "go"]);
  const [entry] = (await json(stage)).threads[0]!.entries.filter(({ kind }) => kind === "call");
  expect(entry).toMatchObject({ decision: "deny", rule: "mode:ask", outcome: "refused", exitCode: null });
  expect(entry?.reason).toContain("nobody is there to be asked");
});

test("threads of the real Codex are told as far as they tell", async () => {
  const stage = await stageOf([call("1", "exec_command", { cmd: "echo hi; exit 3" })]);
  expect((await run(oracle(), stage, ["exec", "-s", "workspace-write", "go"])).code).toBe(0);
  const { threads } = await json(stage);
  expect(threads).toHaveLength(1);
  expect(threads[0]).toMatchObject({ source: "exec", warnings: [] });
  expect(threads[0]?.entries).toMatchObject([
    {
      kind: "call",
      tool: "exec_command",
      what: "echo hi; exit 3",
      decision: "allow",
      by: "default",
      rule: "sandbox:workspace-write",
      outcome: "exit 3",
      exitCode: 3,
    },
  ]);
});

test("budget stops and rewinds are told", async () => {
  const stage = await stageOf([call("1", "exec_command", { cmd: "echo x > made" })]);
  const exec = ["exec", "-s", "workspace-write"];
  await run(ours(), stage, [...exec, "one"]);
  const stopped = await run(ours(), stage, [
    ...exec,
    "resume",
    "--last",
    "-c",
    "codex_agent.budget.thread_tokens=1",
    "two",
  ]);
  expect(stopped.code).toBe(1);
  const [thread] = (await json(stage)).threads;
  expect(thread?.entries.at(-1)).toMatchObject({ kind: "turn", outcome: "failed" });
  expect(thread?.entries.at(-1)?.reason).toContain("budget thread_tokens");
  const rewound = await run(ours(), stage, ["rewind", thread!.id, "--to", "1", "--chat"]);
  expect(rewound.code, rewound.stderr).toBe(0);
  const after = (await json(stage, "--thread", thread!.id)).threads[0]!.entries;
  expect(after.at(-1)).toMatchObject({ kind: "rewind", what: "rewind to 1 turn (chat)", outcome: "done" });
  // What was taken out of the conversation has happened all the same.
  expect(after.filter(({ kind }) => kind === "turn")).toHaveLength(1);
});

test("sub-agents stand behind their parent, and go with it when it is asked for", async () => {
  const spawn = call("1", "spawn_agent", { message: "work" }, { namespace: "multi_agent_v1" });
  const stage = await stageOf([spawn], "[features]\nmulti_agent = true\n", [
    call("1", "exec_command", { cmd: "true" }),
  ]);
  await run(ours(), stage, ["exec", "-m", "unknown-model", "go"]);
  const { threads } = await json(stage);
  expect(threads).toHaveLength(2);
  const [parent, agent] = threads;
  expect(agent).toMatchObject({ source: "agent", parentThreadId: parent!.id });
  expect((await json(stage, "--thread", parent!.id)).threads.map(({ id }) => id)).toEqual(threads.map(({ id }) => id));
  expect(await text(stage)).toContain(`agent ${agent!.agent} of ${parent!.id}`);
});

test("secrets stay where they are", async () => {
  const secret = "sk-proj-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy";
  const stage = await stageOf([
    call("1", "exec_command", { cmd: `curl -H 'Authorization: Bearer ${secret}' localhost` }),
  ]);
  await run(ours(), stage, ["exec", "go"]);
  expect(await text(stage)).not.toContain(secret);
  expect(await text(stage, "--json")).not.toContain(secret);
});

test("a home without threads, and a thread that is not there, are answered", async () => {
  const stage = await stageOf([]);
  expect(await text(stage)).toBe("There are no threads yet.\n");
  const { code, stderr } = await run(ours(), stage, ["audit", "--thread", "nobody"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "Error: No active session found matching 'nobody'.\n" });
});

test("a file that is no thread costs only itself", async () => {
  const stage = await stageOf([call("1", "exec_command", { cmd: "true" })]);
  await run(ours(), stage, ["exec", "go"]);
  const [thread] = (await json(stage)).threads;
  const other = thread!.path.replace(thread!.id, "01a1ffd2-bc84-7285-8828-779bd74de656");
  writeFileSync(other, "no thread at all\n");
  const { threads } = await json(stage);
  expect(threads.flatMap(({ warnings }) => warnings)).toEqual([
    `1 line of ${other} cannot be read, and may have told more.`,
  ]);
  expect(threads.flatMap(({ entries }) => entries).filter(({ kind }) => kind === "call")).toHaveLength(1);
});
