import { expect, it, onTestFinished } from "vitest";
import type { Transport } from "../../../src/client/client.ts";
import type { MethodName } from "../../../src/protocol/methods.ts";
import { appServerInMemory, type AppClient, type Json } from "../../support/app-client.ts";
import { message, respond, startFakeModel } from "../../support/fake-model.ts";
import { handmade } from "../../support/mcp/servers.ts";
import { makeStage, type Stage } from "../../support/run.ts";

async function stageWithServer(): Promise<Stage> {
  const model = await startFakeModel(() => respond([message("msg_1", "hello")]));
  const stage = await makeStage({ baseUrl: model.baseUrl, config: handmade("demo", { required: false }) });
  onTestFinished(async () => {
    await model.close();
    await stage.dispose();
  });
  return stage;
}

const options = (stage: Stage): Json => ({ approvalPolicy: "never", model: "gpt-5.5", cwd: stage.workspace });
const idOf = ({ thread }: Json): string => (thread as { id: string }).id;

/** A thread in which a turn has run, and that nobody has open. */
async function keptThread(stage: Stage): Promise<string> {
  const server = appServerInMemory(stage);
  const client = await server.connect();
  const threadId = idOf(await client.call("thread/start", options(stage)));
  await client.call("turn/start", { threadId, input: [{ type: "text", text: "hi" }] });
  await client.next("turn/completed");
  await server.close();
  return threadId;
}

/** Between server and host: MCP servers are told of as ready just when the host is asked for this. */
const readyDuring =
  (window: MethodName, answer: Transport["call"] | null = null) =>
  (transport: Transport): Transport => {
    const { promise: isReady, resolve: ready } = Promise.withResolvers<() => void>();
    return {
      ...transport,
      onEvent(listener) {
        transport.onEvent((event) => {
          if (event.type === "mcp.changed" && event.state === "ready") ready(() => listener(event));
          else listener(event);
        });
      },
      async call(name, params, signal) {
        if (name !== window) return transport.call(name, params, signal);
        (await isReady)();
        return (answer ?? transport.call)(name, params, signal);
      },
    };
  };

/** Replies and what is told of the opening, by their names, in the order in which they came. */
const opening = ({ heard }: AppClient): string[] =>
  heard.flatMap(({ method, params, id, error }): string[] => {
    if (method === "thread/started") return [method];
    if (method === "mcpServer/startupStatus/updated") return [String((params as Json)["status"])];
    // The first is that of the introduction.
    return method === undefined && id !== 1 ? [error === undefined ? "reply" : "error"] : [];
  });

const isReady = ({ status }: Json): boolean => status === "ready";

it.each([
  ["thread/start", "thread/instructions", ["reply", "thread/started", "starting", "ready"]],
  ["thread/fork", "attachment/copy", ["reply", "thread/started", "starting", "ready"]],
  ["thread/resume", "thread/notes", ["reply", "starting", "ready"]],
  ["thread/resume", "thread/instructions", ["reply", "starting", "ready"]],
] as const)(
  "what happens while %s is on its way (%s) is told in order, behind the reply",
  async (method, window, expected) => {
    const stage = await stageWithServer();
    const kept = method === "thread/start" ? {} : { threadId: await keptThread(stage) };
    const server = appServerInMemory(stage, { between: readyDuring(window) });
    onTestFinished(() => server.close());
    const client = await server.connect();
    await client.call(method, { ...options(stage), ...kept });
    const witness = await server.connect();
    await witness.call("thread/loaded/list");
    expect(opening(client)).toEqual(expected);
  },
);

it("what happens in a thread is told to those who follow it though the request that opened it has failed", async () => {
  const stage = await stageWithServer();
  const threadId = await keptThread(stage);
  const fail = (): never => {
    throw new Error("the ledger cannot be read");
  };
  const server = appServerInMemory(stage, { between: readyDuring("thread/instructions", fail) });
  onTestFinished(() => server.close());
  const client = await server.connect();
  await client.request("thread/resume", { ...options(stage), threadId });
  await client.next("mcpServer/startupStatus/updated", isReady);
  expect(opening(client)).toEqual(["error", "starting", "ready"]);
});
