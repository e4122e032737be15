import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { appServerInMemory, type AppClient, type Json } from "../../support/app-client.ts";
import { call, message, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, type Stage } from "../../support/run.ts";

/** What docs/differences.md says of stored threads. */

const hello: Script = () => respond([message("msg_1", "hello")]);
const unknown = "0190aaaa-0000-7000-8000-000000000000";
const full = { approvalPolicy: "never", model: "gpt-5.5", sandbox: "danger-full-access" };
const say = (text: string): Json[] => [{ type: "text", text }];

async function stageWith(script: Script): Promise<Stage> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  onTestFinished(async () => {
    await model.close();
    await stage.dispose();
  });
  return stage;
}

async function clientOf(stage: Stage): Promise<AppClient> {
  const server = appServerInMemory(stage);
  onTestFinished(() => server.close());
  return server.connect();
}

async function thread(client: AppClient, stage: Stage, params: Json = {}): Promise<string> {
  const { thread: opened } = await client.call("thread/start", { ...full, cwd: stage.workspace, ...params });
  return (opened as { id: string }).id;
}

async function turn(client: AppClient, threadId: string, text: string): Promise<void> {
  await client.call("turn/start", { threadId, input: say(text) });
  await client.next("turn/completed");
}

it("a thread in which nothing was said has no file that could be put away", async () => {
  const stage = await stageWith(hello);
  const client = await clientOf(stage);
  const threadId = await thread(client, stage);
  const none = { error: { code: -32600, message: `no rollout found for thread id ${threadId}` } };
  expect(await client.request("thread/archive", { threadId })).toMatchObject(none);
  expect(await client.request("thread/delete", { threadId })).toMatchObject(none);
  await turn(client, threadId, "hi");
  expect(await client.request("thread/archive", { threadId })).toMatchObject({ result: {} });
});

it("lists of items, too, say of an unknown thread that it is not there", async () => {
  const stage = await stageWith(hello);
  const client = await clientOf(stage);
  for (const method of ["thread/items/list", "thread/searchOccurrences"]) {
    const reply = await client.request(method, { threadId: unknown, searchTerm: "x" });
    expect(reply).toMatchObject({ error: { code: -32600, message: `thread not loaded: ${unknown}` } });
  }
});

it("the next server knows what is tied to a thread, and not what waits in its queue", async () => {
  const stage = await stageWith(() => respond([call("c1", "exec_command", { cmd: "sleep 100" })]));
  const server = appServerInMemory(stage);
  const first = await server.connect();
  const threadId = await thread(first, stage);
  await first.call("turn/start", { threadId, input: say("sleep") });
  await first.next("item/started", ({ item }) => (item as Json)["type"] === "commandExecution");
  await first.call("thread/queue/add", { threadId, input: say("later"), clientUserMessageId: "m1" });
  await first.call("thread/attachment/add", { threadId, attachmentType: "pr", identityKey: "k", payload: 1 });
  await server.close();

  const second = await clientOf(stage);
  await second.call("thread/resume", { ...full, threadId, excludeTurns: true });
  expect(await second.call("thread/queue/list", { threadId })).toMatchObject({ data: [] });
  const { data } = await second.call("thread/attachment/list", { threadId });
  expect(data).toMatchObject([{ attachmentType: "pr", identityKey: "k", payload: 1 }]);
  expect(existsSync(join(stage.codexHome, "queue_1.sqlite"))).toBe(false);
});

it("a folder is not trusted because a thread may write there", async () => {
  const stage = await stageWith(hello);
  const client = await clientOf(stage);
  const before = readFileSync(join(stage.codexHome, "config.toml"), "utf8");
  await turn(client, await thread(client, stage, { sandbox: "workspace-write" }), "hi");
  expect(readFileSync(join(stage.codexHome, "config.toml"), "utf8")).toBe(before);
  const { sandbox } = await client.call("thread/start", { cwd: stage.workspace });
  expect(sandbox).toMatchObject({ type: "readOnly" });
});

it("a sandbox that may only read has no network, whatever is asked for", async () => {
  const stage = await stageWith(hello);
  const client = await clientOf(stage);
  const threadId = await thread(client, stage);
  const sandboxPolicy = { type: "readOnly", networkAccess: true };
  await client.call("thread/settings/update", { threadId, sandboxPolicy });
  const { params } = await client.next("thread/settings/updated");
  expect(params["threadSettings"]).toMatchObject({ sandboxPolicy: { type: "readOnly", networkAccess: false } });
});

it("settings that come while a turn runs are told when the next one begins", async () => {
  const stage = await stageWith(({ body }) =>
    JSON.stringify((body as Json)["input"]).includes("call_c1")
      ? respond([message("msg_1", "done")])
      : respond([call("c1", "exec_command", { cmd: "until test -e go; do sleep 0.02; done", yield_time_ms: 30_000 })]),
  );
  const client = await clientOf(stage);
  const threadId = await thread(client, stage);
  await client.call("turn/start", { threadId, input: say("wait") });
  await client.next("item/started", ({ item }) => (item as Json)["type"] === "commandExecution");
  await client.call("thread/settings/update", { threadId, effort: "high" });
  writeFileSync(join(stage.workspace, "go"), "");
  await client.next("turn/completed");
  expect(client.told.filter(({ method }) => method === "thread/settings/updated")).toEqual([]);
  await turn(client, threadId, "next");
  const told = client.told.filter(({ method }) => method === "thread/settings/updated");
  expect(told).toMatchObject([{ params: { threadSettings: { effort: "high" } } }]);
});

it("a thread that is begun is never of the old kind", async () => {
  const stage = await stageWith(hello);
  const client = await clientOf(stage);
  const params = { ...full, cwd: stage.workspace, historyMode: "legacy" };
  expect(await client.call("thread/start", params)).toMatchObject({ thread: { historyMode: "paginated" } });
});
