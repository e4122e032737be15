import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { appServerInMemory, type AppClient, type AppServerUnderTest, type Told } from "../../../support/app-client.ts";
import {
  added,
  call,
  completed,
  created,
  done,
  message,
  respond,
  startFakeModel,
  textDelta,
  type FakeModel,
  type Script,
} from "../../../support/fake-model.ts";
import { makeStage, type Stage } from "../../../support/run.ts";

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Scene {
  stage: Stage;
  server: AppServerUnderTest;
  model: FakeModel;
  /** Opens a thread; gives its id. */
  open(client: AppClient, params?: Record<string, unknown>): Promise<string>;
}

async function scene(script: Script): Promise<Scene> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = appServerInMemory(stage);
  ends.push(
    stage.dispose,
    () => model.close(),
    () => server.close(),
  );
  return {
    stage,
    server,
    model,
    async open(client, params = {}) {
      const options = { cwd: stage.workspace, model: "gpt-5.5", ...params };
      return ((await client.call("thread/start", options))["thread"] as { id: string }).id;
    },
  };
}

const say = [{ type: "text", text: "go" }];
const end = respond([message("msg_end", "end")]);
const asking = { approvalPolicy: "on-request", sandbox: "read-only" };
const escalated = call("1", "exec_command", {
  cmd: "echo yes",
  sandbox_permissions: "require_escalated",
  justification: "may it?",
});
const approval = "item/commandExecution/requestApproval";

/** What was told of a thread's turns, as it was told. */
const turnsOf = (told: readonly Told[]): string[] =>
  told
    .filter(({ method }) => /^(item|turn|serverRequest)\//.test(method))
    .map((each) => JSON.stringify({ ...each, emittedAtMs: 0 }));

/** A reply whose end waits for `go`. */
function slowly(pieces: readonly string[]): { script: Script; go: () => void } {
  let go = (): void => undefined;
  const waited = new Promise<void>((resolve) => (go = resolve));
  const item = message("msg_1", pieces.join(""));
  const script = (): ReturnType<Extract<Script, (...args: never[]) => unknown>> => ({
    parts: [
      created(),
      added(message("msg_1", "")),
      textDelta("msg_1", pieces[0]!),
      { gate: () => waited },
      ...pieces.slice(1).map((piece) => textDelta("msg_1", piece)),
      done(item),
      completed(),
    ],
  });
  return { script, go: () => go() };
}

describe("several clients on one thread", () => {
  it("hear the same in the same order, from where they came in", async () => {
    const { script, go } = slowly(["one ", "two ", "three"]);
    const { server, open } = await scene(script);
    const first = await server.connect();
    const threadId = await open(first);
    await first.call("turn/start", { threadId, input: say });
    await first.next("item/agentMessage/delta");
    const others = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
    for (const client of others) await client.call("thread/resume", { threadId, excludeTurns: true });
    const from = first.told.length;
    go();
    await Promise.all([first, ...others].map((client) => client.next("turn/completed")));
    const heard = turnsOf(first.told.slice(from));
    expect(heard.length).toBeGreaterThan(3);
    for (const client of others) expect(turnsOf(client.told)).toEqual(heard);
  });

  it("come to a running turn and see at once what it has said so far", async () => {
    const { script, go } = slowly(["so far ", "and on"]);
    const { server, open } = await scene(script);
    const first = await server.connect();
    const threadId = await open(first);
    await first.call("turn/start", { threadId, input: say });
    await first.next("item/agentMessage/delta");
    const late = await server.connect();
    const { thread } = await late.call("thread/resume", { threadId });
    const { status, turns } = thread as { status: unknown; turns: { status: string; items: { text?: string }[] }[] };
    expect(status).toEqual({ type: "active", activeFlags: [] });
    expect(turns.at(-1)).toMatchObject({ status: "inProgress" });
    expect(turns.at(-1)!.items.at(-1)).toMatchObject({ type: "agentMessage", text: "so far " });
    go();
    const { params } = await late.next("item/completed");
    expect(params["item"]).toMatchObject({ text: "so far and on" });
  });

  it("are not told what they have opted out of, and the others are", async () => {
    const { script, go } = slowly(["one ", "two"]);
    const { server, open } = await scene(script);
    const first = await server.connect();
    const quiet = await server.connect({ optOutNotificationMethods: ["item/agentMessage/delta", "thread/started"] });
    const threadId = await open(first);
    await first.call("turn/start", { threadId, input: say });
    await first.next("item/agentMessage/delta");
    await quiet.call("thread/resume", { threadId, excludeTurns: true });
    go();
    await Promise.all([first, quiet].map((client) => client.next("turn/completed")));
    expect(first.told.some(({ method }) => method === "item/agentMessage/delta")).toBe(true);
    const methods = quiet.told.map(({ method }) => method);
    expect(methods).not.toContain("item/agentMessage/delta");
    expect(methods).not.toContain("thread/started");
  });

  it("are asked alike; the first answer counts and later ones are passed over", async () => {
    const { server, open } = await scene([respond([escalated]), end]);
    const [first, second] = await Promise.all([server.connect(), server.connect()]);
    const threadId = await open(first, asking);
    await first.call("turn/start", { threadId, input: say });
    const asked = await first.next(approval);
    await second.call("thread/resume", { threadId, excludeTurns: true });
    const again = await second.next(approval);
    expect(again).toEqual(asked);
    second.answer(again, { decision: "accept" });
    first.answer(asked, { decision: "decline" });
    await Promise.all([first, second].map((client) => client.next("serverRequest/resolved")));
    const { params } = await first.next(
      "item/completed",
      ({ item }) => (item as { type: string }).type === "commandExecution",
    );
    expect(params["item"]).toMatchObject({ status: "completed", aggregatedOutput: "yes\n" });
    await first.next("turn/completed");
  });

  it("that die in the middle of an approval leave the question to whoever comes next", async () => {
    const { server, open } = await scene([respond([escalated]), end]);
    const first = await server.connect();
    const threadId = await open(first, asking);
    await first.call("turn/start", { threadId, input: say });
    const asked = await first.next(approval);
    await first.close();
    const second = await server.connect();
    const { thread } = await second.call("thread/resume", { threadId, excludeTurns: true });
    expect(thread).toMatchObject({ status: { type: "active", activeFlags: ["waitingOnApproval"] } });
    const again = await second.next(approval);
    expect(again).toEqual(asked);
    second.answer(again, { decision: "accept" });
    const { params } = await second.next("turn/completed");
    expect(params["turn"]).toMatchObject({ status: "completed" });
  });

  it("may steer and interrupt each other's turns", async () => {
    const { stage, server, open } = await scene([
      respond([call("1", "exec_command", { cmd: "until [ -e flag ]; do sleep 0.05; done", yield_time_ms: 30_000 })]),
      { parts: [created(), added(message("msg_2", "")), textDelta("msg_2", "x"), { hang: true }] },
    ]);
    const [first, second] = await Promise.all([server.connect(), server.connect()]);
    const threadId = await open(first, { sandbox: "danger-full-access", approvalPolicy: "never" });
    await first.call("turn/start", { threadId, input: say });
    await first.next("item/started", ({ item }) => (item as { type: string }).type === "commandExecution");
    const { thread } = await second.call("thread/resume", { threadId });
    const turnId = (thread as { turns: { id: string }[] }).turns.at(-1)!.id;
    await second.call("turn/steer", { threadId, expectedTurnId: turnId, input: [{ type: "text", text: "mine" }] });
    await writeFile(join(stage.workspace, "flag"), "");
    const isMine = ({ item }: Record<string, unknown>): boolean => JSON.stringify(item).includes("mine");
    await first.next("item/completed", isMine);
    await first.next("item/agentMessage/delta");
    await second.call("turn/interrupt", { threadId, turnId });
    const { params } = await first.next("turn/completed");
    expect(params["turn"]).toMatchObject({ id: turnId, status: "interrupted" });
  });

  it("a hundred of them hear every word", async () => {
    const pieces = Array.from({ length: 300 }, (_, index) => `${index} `);
    const { script, go } = slowly(pieces);
    const { server, open } = await scene(script);
    const first = await server.connect();
    const threadId = await open(first);
    const others = await Promise.all(Array.from({ length: 99 }, () => server.connect()));
    await first.call("turn/start", { threadId, input: say });
    await first.next("item/agentMessage/delta");
    for (const client of others) await client.call("thread/resume", { threadId, excludeTurns: true });
    const from = first.told.length;
    go();
    await Promise.all([first, ...others].map((client) => client.next("turn/completed")));
    const heard = turnsOf(first.told.slice(from));
    const words = (told: readonly Told[]): string =>
      told.flatMap(({ method, params }) => (method === "item/agentMessage/delta" ? [params["delta"]] : [])).join("");
    expect(words(first.told)).toBe(pieces.join(""));
    for (const client of others) expect(turnsOf(client.told)).toEqual(heard);
  });
});

describe("the thread of a sub-agent", () => {
  it("is told of under its own id to whoever follows its parent, and can be followed by itself", async () => {
    const spawn = call("1", "spawn_agent", { message: "look" }, { namespace: "multi_agent_v1" });
    let asked = 0;
    const { server, open } = await scene((request) => {
      if (request.headers["x-openai-subagent"] !== undefined) return respond([message("msg_child", "seen")]);
      return asked++ === 0 ? respond([spawn]) : end;
    });
    const client = await server.connect();
    const threadId = await open(client);
    await client.call("turn/start", { threadId, input: say });
    const inChild = (params: Record<string, unknown>): boolean => params["threadId"] !== threadId;
    const { params } = await client.next("turn/completed", inChild);
    const child = String(params["threadId"]);
    expect(params["turn"]).toMatchObject({ status: "completed", items: [{ type: "agentMessage", text: "seen" }] });
    const started = client.told.find(({ method, params: about }) => method === "turn/started" && inChild(about));
    const root = client.told.find(({ method, params: about }) => method === "turn/started" && !inChild(about));
    expect((started!.params["turn"] as { rootTurnId: string }).rootTurnId).toBe(
      (root!.params["turn"] as { id: string }).id,
    );
    const { data } = await client.call("thread/loaded/list", {});
    expect(data).toContain(child);
    const other = await server.connect();
    const { thread } = await other.call("thread/resume", { threadId: child, excludeTurns: true });
    expect(thread).toMatchObject({ id: child, parentThreadId: threadId, status: { type: "idle" } });
  });
});
