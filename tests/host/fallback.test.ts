import { afterEach, expect, test } from "vitest";
import {
  call,
  type FakeModel,
  httpError,
  message,
  reasoning,
  respond,
  type Part,
  type Script,
  startFakeModel,
} from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";
import { makeStage, ours, run, type Stage } from "../support/run.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A thread whose provider is `fake`, with one called `second` behind it. */
async function chain(first: Script, second: Script, more = ""): Promise<{ thread: LiveThread; second: FakeModel }> {
  const other = await startFakeModel(second);
  closing.push(() => other.close());
  const thread = await startLiveThread(first, {
    stage: { config: config(other, more), provider: "request_max_retries = 0\nstream_max_retries = 1" },
    thread: { sandbox: "danger-full-access" },
  });
  closing.push(() => thread.close());
  return { thread, second: other };
}

const config = (other: FakeModel, more = ""): string =>
  [
    'model = "gpt-5.2"',
    'codex_agent.fallback_models = ["second/tiny", "gpt-5.1"]',
    more,
    "[model_providers.second]",
    'name = "second"',
    `base_url = "${other.baseUrl}"`,
    'wire_api = "responses"',
    "request_max_retries = 0",
    "stream_max_retries = 0",
  ].join("\n");

const busy: Script = () => httpError(503, { error: { message: "no room" } });
const inputOf = ({ body }: { body: unknown }): Record<string, unknown>[] =>
  (body as { input: Record<string, unknown>[] }).input;

test("a turn whose model is out goes on with the next, tool calls and all, and every line says which one answered", async () => {
  const { thread, second } = await chain(
    [respond([reasoning("rs_1", "hm"), call("1", "exec_command", { cmd: "echo one" })]), httpError(503, "no room")],
    [respond([call("2", "exec_command", { cmd: "echo two" })]), respond([message("msg_2", "done")])],
  );
  expect(await thread.say("go")).toMatchObject({ type: "turn.completed", lastMessage: "done" });
  expect(thread.events.filter(({ type }) => type === "model.fell_back")).toMatchObject([
    { from: "fake/gpt-5.2", to: "second/tiny", model: "tiny", cause: expect.stringContaining("no room") },
  ]);
  const [asked, again] = second.requests;
  expect((asked!.body as { model: string }).model).toBe("tiny");
  // What only the first can read is left out, and what its call brought is there.
  expect(inputOf(asked!).map(({ type }) => type)).not.toContain("reasoning");
  expect(inputOf(asked!).at(-1)).toMatchObject({ type: "function_call_output", call_id: "call_1" });
  expect(inputOf(again!).at(-1)).toMatchObject({ type: "function_call_output", call_id: "call_2" });
  const { threadId } = thread.info;
  const report = await thread.client.call("usage/read", { threadId });
  expect(report.requests?.map(({ model }) => model)).toEqual(["gpt-5.2", "tiny", "tiny"]);
});

test("the next turn passes over a model that was out a moment ago", async () => {
  const { thread, second } = await chain(
    [httpError(503, "no room"), respond([message("msg_3", "back")])],
    [respond([message("msg_1", "one")]), respond([message("msg_2", "two")])],
  );
  await thread.say("a");
  await thread.say("b");
  expect(second.requests).toHaveLength(2);
  expect(thread.model.requests).toHaveLength(1);
});

test("a stand-in may be behind another API", async () => {
  const other = await startFakeModel(() => ({ parts: chatChunks("hi from afar").map((raw): Part => ({ raw })) }));
  closing.push(() => other.close());
  const thread = await startLiveThread(
    [respond([reasoning("rs_1", "hm"), call("1", "exec_command", { cmd: "echo one" })]), httpError(503, "no room")],
    {
      stage: {
        config: [
          'codex_agent.fallback_models = ["far/tiny"]',
          "[codex_agent.providers.far]",
          'name = "far"',
          `base_url = "${other.baseUrl}"`,
          'wire_api = "chat"',
        ].join("\n"),
        provider: "request_max_retries = 0",
      },
      thread: { sandbox: "danger-full-access" },
    },
  );
  closing.push(() => thread.close());
  expect(await thread.say("go")).toMatchObject({ type: "turn.completed", lastMessage: "hi from afar" });
  const [asked] = other.requests;
  expect(asked!.url).toBe("/v1/chat/completions");
  const { model, messages } = asked!.body as { model: string; messages: Record<string, unknown>[] };
  expect(model).toBe("tiny");
  expect(messages.at(-1)).toMatchObject({ role: "tool", tool_call_id: "call_1" });
});

const chatChunks = (text: string): string[] => [
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta: { role: "assistant", content: text } }] })}\n\n`,
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`,
  "data: [DONE]\n\n",
];

test("where no model of the chain can be had the turn ends with what the first said", async () => {
  const { thread } = await chain(busy, busy);
  const end = await thread.say("go");
  expect(end).toMatchObject({ type: "turn.failed", error: { message: expect.stringContaining("no room") } });
});

test("a provider that nobody defined is part of a model's name, and one that is wrongly defined is refused", async () => {
  const names = (list: string): string => `codex_agent.fallback_models = [${list}]`;
  const provider = "request_max_retries = 0";
  const thread = await startLiveThread([httpError(503, "x"), respond([message("msg_1", "hi")])], {
    stage: { config: names('"vendor/some-model"'), provider },
  });
  closing.push(() => thread.close());
  await thread.say("go");
  expect((thread.model.requests[1]!.body as { model: string }).model).toBe("vendor/some-model");
  await expect(startLiveThread([], { stage: { config: names('" "') } })).rejects.toThrow("fallback_models");
});

test("a limit is counted down, and an interrupt ends the wait at once", async () => {
  const thread = await startLiveThread([httpError(429, "slow", { "retry-after": "200" })]);
  closing.push(() => thread.close());
  const end = thread.say("go");
  const { leftMs, atMs } = await thread.next("retry.countdown");
  expect(leftMs).toBe(200_000);
  expect(thread.events.find(({ type }) => type === "retry.scheduled")).toMatchObject({ atMs, delayMs: 200_000 });
  await thread.client.call("turn/interrupt", { threadId: thread.info.threadId });
  expect(await end).toMatchObject({ type: "turn.interrupted" });
});

test("a limit that is lifted in hours, or later than was configured, ends the turn with the time", async () => {
  const limit: Script = () => httpError(429, "slow", { "retry-after": "20" });
  const thread = await startLiveThread(limit, { stage: { config: "codex_agent.longest_wait_seconds = 10" } });
  closing.push(() => thread.close());
  const message = expect.stringMatching(/429 Too Many Requests\. It is lifted at \d{4}-\d\d-\d\dT/);
  expect(await thread.say("go")).toMatchObject({ type: "turn.failed", error: { code: "rate_limited", message } });
  expect(thread.model.requests).toHaveLength(1);
});

test("exec says who goes on, in words and in JSON", async () => {
  const other = await startFakeModel(() => respond([message("msg_1", "hi")]));
  const model = await startFakeModel(busy);
  closing.push(
    () => other.close(),
    () => model.close(),
  );
  const stage: Stage = await makeStage({
    baseUrl: model.baseUrl,
    config: config(other),
    provider: "request_max_retries = 0",
  });
  closing.push(() => stage.dispose());
  const words = "fake/gpt-5.2 cannot be used (unexpected status 503 Service Unavailable: no room";
  const json = await run(ours(), stage, ["exec", "--json", "--skip-git-repo-check", "go"]);
  expect(json.code).toBe(0);
  expect(json.events).toContainEqual({
    type: "item.completed",
    item: { id: expect.any(String), type: "error", message: expect.stringContaining(words) },
  });
  const plain = await run(ours(), stage, ["exec", "--skip-git-repo-check", "go"]);
  expect(plain.stderr).toContain(words);
  expect(plain.stderr).toContain("second/tiny goes on");
  expect(plain.stdout.trim()).toBe("hi");
});
