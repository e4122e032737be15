import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { appServerInMemory, type AppClient, type Json } from "../../../support/app-client.ts";
import { completed, created, itemParts, message, startFakeModel } from "../../../support/fake-model.ts";
import { makeStage } from "../../../support/run.ts";
import { until } from "../../../support/until.ts";

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const say = (text: string): Json[] => [{ type: "text", text }];
const textsOf = (told: readonly { method: string; params: Json }[]): string[] =>
  told.flatMap(({ method, params }) => {
    const { type, content } = (params["item"] ?? {}) as { type?: string; content?: { text?: string }[] };
    return method === "item/completed" && type === "userMessage" ? [content?.[0]?.text ?? ""] : [];
  });

/** A thread whose first turn runs until it is let go, and a picture. */
async function start() {
  const gate = Promise.withResolvers<void>();
  const model = await startFakeModel(() => ({
    parts: [created(), { gate: () => gate.promise }, ...itemParts(message("m", "done")), completed()],
  }));
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = appServerInMemory(stage);
  onTestFinished(async () => {
    gate.resolve();
    await server.close();
    await model.close();
    await stage.dispose();
  });
  const client = await server.connect();
  const options = { cwd: stage.workspace, model: "gpt-5.5", sandbox: "read-only", approvalPolicy: "never" };
  const { thread } = await client.call("thread/start", options);
  const threadId = (thread as { id: string }).id;
  const picture = join(stage.workspace, "shot.png");
  const draw = (): void => writeFileSync(picture, Buffer.from(png, "base64"));
  draw();
  await client.call("turn/start", { threadId, input: say("go") });
  await client.next("turn/started");
  return { client, threadId, picture, draw, letGo: gate.resolve };
}

let added = 0;
async function add(client: AppClient, threadId: string, input: Json[]): Promise<string> {
  const reply = await client.call("thread/queue/add", { threadId, input, clientUserMessageId: `u${++added}` });
  return (reply["queuedSubmission"] as { id: string }).id;
}

const waiting = async (client: AppClient, threadId: string): Promise<unknown> =>
  ((await client.call("thread/queue/list", { threadId }))["data"] as { id: string }[]).map(({ id }) => id);

test("words whose picture is gone stay in the queue, the user is warned once, and those behind them are sent", async () => {
  const { client, threadId, picture, letGo } = await start();
  const shown = await add(client, threadId, [...say("look"), { type: "localImage", path: picture }]);
  await add(client, threadId, say("second"));
  await add(client, threadId, say("third"));
  rmSync(picture);
  letGo();
  await until(() => textsOf(client.told).includes("third"));
  expect(textsOf(client.told)).toEqual(["go", "second", "third"]);
  expect(await waiting(client, threadId)).toEqual([shown]);
  const warnings = client.told.filter(({ method }) => method === "warning").map(({ params }) => params["message"]);
  expect(warnings).toEqual([expect.stringContaining(`image file not found: ${picture}`)]);
});

test("words that stayed are sent when they are changed, or when they are begun with by name", async () => {
  const { client, threadId, picture, draw, letGo } = await start();
  const input = [...say("look"), { type: "localImage", path: picture }];
  const one = await add(client, threadId, input);
  const two = await add(client, threadId, input);
  rmSync(picture);
  letGo();
  await until(() => client.told.filter(({ method }) => method === "warning").length === 2);
  const refused = await client.request("thread/queue/start", { threadId, queuedSubmissionId: two });
  expect(refused).toMatchObject({ error: { message: expect.stringContaining("image file not found") } });
  expect(await waiting(client, threadId)).toEqual([one, two]);
  await client.call("thread/queue/update", { threadId, queuedSubmissionId: one, input: say("never mind") });
  await until(() => textsOf(client.told).includes("never mind"));
  await until(() => client.told.filter(({ method }) => method === "turn/completed").length === 2);
  draw();
  await client.call("thread/queue/start", { threadId, queuedSubmissionId: two });
  await until(() => textsOf(client.told).includes("look"));
  expect(await waiting(client, threadId)).toEqual([]);
});
