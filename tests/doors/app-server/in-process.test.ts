import { afterEach, expect, it } from "vitest";
import { openAppServer } from "../../../src/doors/app-server/index.ts";
import { createClient } from "../../../src/sdk/index.ts";
import { call, message, respond, startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage } from "../../support/run.ts";

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
