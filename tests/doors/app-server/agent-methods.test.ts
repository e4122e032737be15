import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { whyNot } from "../../../src/doors/app-server/not-supported.ts";
import { agentRequests } from "../../../src/protocol/agent-requests.ts";
import { appServerInMemory, type AppClient } from "../../support/app-client.ts";
import { customCall, message, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, type Stage } from "../../support/run.ts";

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(script: Script, asks = true): Promise<{ client: AppClient; stage: Stage }> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl, git: true, files: { "a.txt": "one\n" } });
  const server = appServerInMemory(stage);
  opened.push(
    () => model.close(),
    stage.dispose,
    () => server.close(),
  );
  const client = await server.connect(null);
  await client.call("initialize", {
    clientInfo: { name: "probe", title: null, version: "1" },
    capabilities: { experimentalApi: false, ...(asks && { extensions: { "codex-agent": {} } }) },
  });
  return { client, stage };
}

const patch = ["*** Begin Patch", "*** Update File: a.txt", "@@", "-one", "+two", "*** End Patch", ""].join("\n");

it("what Codex has no words for is had under agent/: the turns of a thread are taken back", async () => {
  const { client, stage } = await start([
    respond([customCall("c1", "apply_patch", patch)]),
    respond([message("msg_1", "done")]),
  ]);
  const { thread } = await client.call("thread/start", {
    cwd: stage.workspace,
    model: "gpt-5.5",
    sandbox: "danger-full-access",
    approvalPolicy: "never",
    config: { "codex_agent.rewind.enabled": true },
  });
  const { id: threadId } = thread as { id: string };
  await client.call("turn/start", { threadId, input: [{ type: "text", text: "go" }] });
  await client.next("turn/completed");
  expect(readFileSync(join(stage.workspace, "a.txt"), "utf8")).toBe("two\n");
  expect(await client.call("agent/thread/diff", { threadId })).toMatchObject({
    files: [{ path: "a.txt", status: "changed" }],
  });
  expect(await client.call("agent/thread/rewind", { threadId, to: 0 })).toMatchObject({ done: true, kept: 0 });
  expect(readFileSync(join(stage.workspace, "a.txt"), "utf8")).toBe("one\n");
  expect(await client.call("agent/usage/read", { threadId })).toBeTypeOf("object");
});

/** A thread with one turn, whose client has just heard of the turn's end. */
async function withTurn(client: AppClient, stage: Stage): Promise<{ threadId: string; turnId: string }> {
  const { thread } = await client.call("thread/start", {
    cwd: stage.workspace,
    model: "gpt-5.5",
    sandbox: "danger-full-access",
    approvalPolicy: "never",
  });
  const { id: threadId } = thread as { id: string };
  const { turn } = await client.call("turn/start", { threadId, input: [{ type: "text", text: "go" }] });
  await client.next("turn/completed");
  return { threadId, turnId: (turn as { id: string }).id };
}

it("a rewind may follow at once when a turn's end was told", async () => {
  const { client, stage } = await start([respond([message("msg_1", "done")])]);
  const { threadId } = await withTurn(client, stage);
  const report = await client.call("agent/thread/rewind", { threadId, to: 0, scope: "chat" });
  expect(report).toMatchObject({ done: true });
});

it("a rewind to where the thread never was leaves the thread open", async () => {
  const { client, stage } = await start([respond([message("msg_1", "done")]), respond([message("msg_2", "done")])]);
  const { threadId } = await withTurn(client, stage);
  const refused = (message: string): object => ({ error: { message: expect.stringContaining(message) } });
  expect(await client.request("agent/thread/rewind", { threadId, to: 99 })).toMatchObject(refused("turn"));
  expect(await client.request("agent/thread/rewind/undo", { threadId })).toMatchObject(refused("nothing to undo"));
  await client.call("turn/start", { threadId, input: [{ type: "text", text: "again" }] });
  await client.next("turn/completed");
  expect(client.told.map(({ method }) => method)).not.toContain("thread/closed");
});

it("a thread that could not be opened anew after a revert is loaded no more, and can be resumed", async () => {
  const { client, stage } = await start([respond([message("msg_1", "done")])]);
  const { threadId, turnId } = await withTurn(client, stage);
  const file = join(stage.codexHome, "config.toml");
  const config = readFileSync(file, "utf8");
  writeFileSync(file, `${config}\nbroken = [`);
  expect(await client.request("thread/revert", { threadId, beforeTurnId: turnId })).toHaveProperty("error");
  writeFileSync(file, config);
  await client.next("thread/closed");
  expect(await client.call("thread/loaded/list")).toMatchObject({ data: [] });
  expect(await client.call("thread/resume", { threadId })).toMatchObject({ thread: { id: threadId } });
});

it("they are for clients that ask for them", async () => {
  const { client } = await start([], false);
  expect(await client.request("agent/usage/read", {})).toMatchObject({
    error: { code: -32600, message: expect.stringContaining('capabilities.extensions["codex-agent"]') },
  });
});

it("they name what is wrong with a request", async () => {
  const { client } = await start([]);
  expect(await client.request("agent/thread/rewind", { threadId: "x", to: true })).toMatchObject({
    error: {
      code: -32600,
      message: "Invalid request: to: expected an integer or a string, found `true`",
      data: { path: "to" },
    },
  });
  expect(await client.request("agent/thread/diff", { threadId: "01a1fd19-b750-71e2-8002-67ef5314933d" })).toMatchObject(
    {
      error: { code: -32600, data: { code: "thread_not_found" } },
    },
  );
});

const docs = readFileSync(join(import.meta.dirname, "../../../docs/app-server.md"), "utf8");

it("the docs list them, and what of Codex's is not served", () => {
  const missing = Object.keys(agentRequests).filter((name) => !docs.includes(`\`agent/${name}\``));
  expect(missing).toEqual([]);
  for (const [, prefix] of docs.matchAll(/^\| `([a-zA-Z/]+)\/…` \|/gm))
    expect(whyNot(`${prefix}/x`), prefix).not.toBeNull();
  expect([...docs.matchAll(/^\| `([a-zA-Z/]+)\/…` \|/gm)].length).toBeGreaterThan(3);
});
