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

it("a request is answered once, also where what is told behind the answer cannot be sent", async () => {
  const model = await startFakeModel([respond([message("msg_1", "done")])]);
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
      if ("method" in sent && sent.method === "thread/started") throw new RangeError("it nests too deep");
      heard.push(sent as Record<string, unknown>);
    },
    close: () => undefined,
  });
  const answers = (id: number) => heard.filter((each) => each["id"] === id && !("method" in each));
  const ask = (id: number, method: string, params: unknown) => {
    receiver.receive({ id, method, params });
    return until(() => answers(id)[0]?.["result"]) as Promise<Record<string, { id: string }>>;
  };
  await ask(1, "initialize", { clientInfo: { name: "probe", title: null, version: "1" }, capabilities: null });
  const { thread } = await ask(2, "thread/start", { cwd: stage.workspace, model: "gpt-5.5" });
  await ask(3, "turn/start", { threadId: thread!.id, input: [{ type: "text", text: "go", text_elements: [] }] });
  await until(() => heard.some(({ method }) => method === "turn/completed"));
  expect([1, 2, 3].map((id) => answers(id).length)).toEqual([1, 1, 1]);
});
