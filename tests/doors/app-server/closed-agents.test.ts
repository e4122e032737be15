import { expect, onTestFinished, test } from "vitest";
import { appServerInMemory } from "../../support/app-client.ts";
import { call, message, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage } from "../../support/run.ts";

const space = { namespace: "multi_agent_v1" };
const agentIn = (body: unknown): string => /agent_id\W+([0-9a-f-]{36})/.exec(JSON.stringify(body))?.[1] ?? "";

/** Makes an agent, waits for it and closes it. */
function closing(): Script {
  let step = 0;
  return ({ headers, body }) => {
    if (headers["x-openai-subagent"] !== undefined) return respond([message("mc", "seen")]);
    const target = agentIn(body);
    const calls = [
      call("1", "spawn_agent", { message: "look" }, space),
      call("2", "wait_agent", { targets: [target] }, space),
      call("3", "close_agent", { target }, space),
    ];
    const next = calls[step++];
    return respond([next ?? message("m", "done")]);
  };
}

test("an agent that its parent closed is loaded no more, and its thread can be resumed and archived", async () => {
  const model = await startFakeModel(closing());
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = appServerInMemory(stage);
  onTestFinished(async () => {
    await server.close();
    await model.close();
    await stage.dispose();
  });
  const client = await server.connect();
  const options = { cwd: stage.workspace, model: "unknown-model", sandbox: "read-only", approvalPolicy: "never" };
  const { thread } = await client.call("thread/start", options);
  const { id: threadId } = thread as { id: string };
  await client.call("turn/start", { threadId, input: [{ type: "text", text: "go" }] });
  await client.next("turn/completed", (params) => params["threadId"] === threadId);
  const agent = agentIn(model.requests.at(-1)!.body);
  expect(agent).not.toBe("");
  expect(await client.call("thread/loaded/list")).toMatchObject({ data: [threadId] });
  const closed = client.told.filter(({ method }) => method === "thread/closed").map(({ params }) => params["threadId"]);
  expect(closed).toEqual([agent]);
  const resumed = await client.call("thread/resume", { threadId: agent, excludeTurns: true });
  expect(resumed).toMatchObject({ thread: { id: agent } });
  expect(await client.call("thread/archive", { threadId: agent })).toEqual({});
});
