import { afterEach, expect, it } from "vitest";
import { openAppServer } from "../../../src/doors/app-server/index.ts";
import { createClient } from "../../../src/sdk/index.ts";
import { call, message, respond, startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage } from "../../support/run.ts";
import { until } from "../../support/until.ts";

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(
  script: Script,
): Promise<{ client: ReturnType<typeof createClient>; model: FakeModel; close(): Promise<void> }> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = openAppServer({ cwd: stage.workspace, env: stage.env });
  const client = createClient({
    transport: { type: "memory", accept: (wire) => server.accept(wire) },
    defaultThreadParams: {
      cwd: stage.workspace,
      model: "gpt-5.5",
      sandbox: "danger-full-access",
      approvalPolicy: "never",
    },
  });
  opened.push(
    () => model.close(),
    stage.dispose,
    () => server.close(),
    () => client.close(),
  );
  return { client, model, close: () => server.close() };
}

it("the client of the SDK talks to a server in its own process", async () => {
  const { client } = await start([
    respond([call("c1", "exec_command", { cmd: "echo one" })]),
    respond([message("msg_1", "done")]),
  ]);
  const commands: string[] = [];
  const response = await client.responsesCreate({ prompt: "go", includeEvents: true });
  for (const event of response.events ?? []) {
    const { item } = event;
    if (event.type === "item/completed" && item?.type === "commandExecution")
      commands.push(item.aggregatedOutput ?? "");
  }
  expect(response.text).toBe("done");
  expect(commands).toEqual(["one\n"]);
  expect(client.serverInfo?.codexHome).toMatch(/codex-home$/);
});

it("messages are handed over as they are: nothing is made of them on the way", async () => {
  const { client } = await start([respond([message("msg_1", "done")])]);
  const input = [{ type: "text" as const, text: "go", text_elements: [] }];
  const started = await client.request("thread/start", {});
  const { turn } = await client.request("turn/start", { threadId: started.thread.id, input });
  expect(turn.status).toBe("inProgress");
  // What JSON cannot say would not have come through it.
  expect(Object.hasOwn(started.thread, "turns")).toBe(true);
});

it("a server that is closed ends what runs, and its clients hear of it", async () => {
  const { client, model, close } = await start([{ parts: [{ hang: true }] }]);
  const work = client.responsesCreate({ prompt: "go" });
  await model.seen(1);
  await close();
  expect(await work).toMatchObject({ interrupted: true });
  await expect(client.request("thread/start", {})).rejects.toThrow(/closed/);
});

/** A client by hand, which cannot be sent messages of one method. */
async function unreachableBy(unsent: string, script: Script) {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = openAppServer({ cwd: stage.workspace, env: stage.env });
  opened.push(
    () => model.close(),
    stage.dispose,
    () => server.close(),
  );
  const heard: Record<string, unknown>[] = [];
  const receiver = server.accept({
    send({ message: sent }) {
      if ("method" in sent && sent.method === unsent) throw new RangeError("it cannot be written");
      heard.push(sent as Record<string, unknown>);
    },
    close: () => undefined,
  });
  const answers = (id: number) => heard.filter((each) => each["id"] === id && !("method" in each));
  let asked = 0;
  const ask = async (method: string, params: unknown): Promise<Record<string, { id: string }>> => {
    const id = ++asked;
    receiver.receive({ id, method, params });
    return (await until(() => answers(id)[0]?.["result"])) as Record<string, { id: string }>;
  };
  const capabilities = { experimentalApi: true };
  await ask("initialize", { clientInfo: { name: "probe", title: null, version: "1" }, capabilities });
  return {
    model,
    heard,
    /** A turn to its end, and how often each request was answered. */
    async turn(params: Record<string, unknown> = {}): Promise<number[]> {
      const { thread } = await ask("thread/start", { cwd: stage.workspace, model: "gpt-5.5", ...params });
      await ask("turn/start", { threadId: thread!.id, input: [{ type: "text", text: "go", text_elements: [] }] });
      await until(() => heard.some(({ method }) => method === "turn/completed"));
      return [1, 2, 3].map((id) => answers(id).length);
    },
  };
}

it("a request is answered once, also where what is told behind the answer cannot be sent", async () => {
  const { turn } = await unreachableBy("thread/started", [respond([message("msg_1", "done")])]);
  expect(await turn()).toEqual([1, 1, 1]);
});

it("a turn goes on where what it asks cannot be sent to anybody", async () => {
  const { turn, model, heard } = await unreachableBy("item/tool/call", [
    respond([call("c1", "lookup", {})]),
    respond([message("msg_1", "done")]),
  ]);
  await turn({
    dynamicTools: [{ type: "function", name: "lookup", description: "x", inputSchema: { type: "object" } }],
  });
  expect(JSON.stringify(model.requests.at(-1)!.body)).toContain("dynamic tool request failed");
  const warned = heard.filter(({ method }) => method === "warning").map(({ params }) => params);
  expect(warned).toMatchObject([{ message: "it cannot be written" }]);
});
