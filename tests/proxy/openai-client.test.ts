import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ChatRequest } from "../../src/protocol/chat/chat-completions.ts";
import { chat, chatCalls, chatText, finish, refusal, text, thought, usage } from "../support/fake-chat.ts";
import { answer, textBlock, thinkingBlock, toolUse } from "../support/fake-messages.ts";
import { httpError } from "../support/fake-model.ts";
import { bridgeBefore, bridgeTo } from "./on-stage.ts";

const weather = {
  type: "function" as const,
  name: "weather",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};

const clientOf = (url: string, options: object = {}): OpenAI =>
  new OpenAI({ baseURL: url, apiKey: "any", maxRetries: 0, ...options });

test("the official client gets a whole response where it asks for no stream", async () => {
  const { bridge, model } = await bridgeTo([chatText("Hello")]);
  const response = await clientOf(bridge.url).responses.create({
    model: "m",
    input: "Say hello",
    instructions: "Be short",
  });
  expect(response).toMatchObject({
    object: "response",
    status: "completed",
    model: "m",
    output_text: "Hello",
    error: null,
  });
  expect(response.usage).toMatchObject({ input_tokens: 100, output_tokens: 10, total_tokens: 110 });
  expect((model.requests[0]!.body as ChatRequest).messages).toEqual([
    { role: "system", content: "Be short" },
    { role: "user", content: "Say hello" },
  ]);
});

describe.each([
  [
    "chat",
    chat([
      thought("Rain?"),
      text("I "),
      text("look."),
      ...chatCalls({ id: "call_1", name: "weather", args: { city: "Bonn" } }).parts.slice(1, -1),
    ]),
  ],
  ["messages", answer([thinkingBlock("Rain?"), textBlock("I look."), toolUse("1", "weather", { city: "Bonn" })])],
] as const)("on %s", (backend, reply) => {
  test("the official client's helper streams thoughts, text and calls, and parses them", async () => {
    const { bridge } = await bridgeTo([reply], { upstream: { backend } });
    const stream = clientOf(bridge.url).responses.stream({ model: "m", input: "hi", tools: [weather] });
    const seen: { type: string; sequence_number: number }[] = [];
    for await (const event of stream) seen.push(event);
    expect(seen.map(({ sequence_number }) => sequence_number)).toEqual(seen.map((_, index) => index));
    const types = seen.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    const part = (name: string): string[] => [
      "response.output_item.added",
      "response.content_part.added",
      `${name}.delta`,
      `${name}.done`,
      "response.content_part.done",
      "response.output_item.done",
    ];
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      ...part("response.reasoning_text"),
      ...part("response.output_text"),
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const final = await stream.finalResponse();
    expect(final.output_text).toBe("I look.");
    expect(final.output.map(({ type }) => type)).toEqual(["reasoning", "message", "function_call"]);
    expect(final.output[2]).toMatchObject({ name: "weather", parsed_arguments: { city: "Bonn" } });
  });
});

test("a refusal is streamed under its own name", async () => {
  const { bridge } = await bridgeTo([chat([refusal("No, "), refusal("never."), finish(), usage(1, 1)])]);
  const stream = clientOf(bridge.url).responses.stream({ model: "m", input: "hi" });
  const types: string[] = [];
  for await (const { type } of stream) types.push(type);
  expect(types).toContain("response.refusal.delta");
  expect(types).not.toContain("response.output_text.delta");
  const [item] = (await stream.finalResponse()).output;
  expect(item).toMatchObject({ type: "message", content: [{ type: "refusal", refusal: "No, never." }] });
});

test("a conversation goes on from a response that was kept; it can be read and deleted", async () => {
  const { bridge, model } = await bridgeTo([chatText("One"), chatText("Two"), chatText("Three")]);
  const { responses } = clientOf(bridge.url);
  const first = await responses.create({ model: "m", input: "a", instructions: "only for the first" });
  const second = await responses.create({ model: "m", input: "b", previous_response_id: first.id });
  await responses.create({ model: "m", input: "c", previous_response_id: second.id });
  expect(
    (model.requests[2]!.body as ChatRequest).messages.map(({ role, content }) => `${role}: ${String(content)}`),
  ).toEqual(["user: a", "assistant: One", "user: b", "assistant: Two", "user: c"]);
  expect(await responses.retrieve(second.id)).toMatchObject({ id: second.id, output_text: "Two" });
  const items = await responses.inputItems.list(second.id, { order: "asc" });
  expect(items.data.map((item) => item.type)).toEqual(["message", "message", "message"]);
  expect(items.data.every((item) => typeof item.id === "string")).toBe(true);
  const newest = await responses.inputItems.list(second.id, { limit: 1 });
  expect(newest.data[0]).toMatchObject({ role: "user", content: [{ type: "input_text", text: "b" }] });
  await responses.delete(second.id);
  await expect(responses.retrieve(second.id)).rejects.toThrow(OpenAI.NotFoundError);
  await expect(responses.create({ model: "m", input: "d", previous_response_id: second.id })).rejects.toMatchObject({
    status: 404,
    code: "previous_response_not_found",
  });
});

test("a response that is not to be kept is not", async () => {
  const { bridge } = await bridgeTo([chatText("One")]);
  const { responses } = clientOf(bridge.url);
  const { id } = await responses.create({ model: "m", input: "a", store: false });
  await expect(responses.retrieve(id)).rejects.toThrow(OpenAI.NotFoundError);
});

test.each([
  [401, {}, OpenAI.AuthenticationError, "invalid_api_key"],
  [429, { "retry-after": "7" }, OpenAI.RateLimitError, "rate_limit_exceeded"],
  [400, {}, OpenAI.BadRequestError, "invalid_prompt"],
  [500, {}, OpenAI.InternalServerError, "server_error"],
] as const)(
  "a server's status %i is an error of the same kind to the official client",
  async (status, headers, kind, code) => {
    const { bridge } = await bridgeTo([httpError(status, { error: { message: "because" } }, headers)]);
    const failed = clientOf(bridge.url).responses.create({ model: "m", input: "hi" });
    await expect(failed).rejects.toBeInstanceOf(kind);
    await expect(failed).rejects.toMatchObject({ code });
  },
);

test("the official client asks again after a limit, when it may", async () => {
  const { bridge, model } = await bridgeTo([httpError(429, "slow", { "retry-after": "0" }), chatText("Now")]);
  const response = await clientOf(bridge.url, { maxRetries: 1 }).responses.create({ model: "m", input: "hi" });
  expect(response.output_text).toBe("Now");
  expect(model.requests).toHaveLength(2);
});

test("the official client lists the models of the server, and hears where there is no list", async () => {
  const list = { object: "list", data: [{ id: "a", object: "model", created: 1, owned_by: "me" }] };
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    if (asked.length > 1) response.statusCode = 500;
    response.end(JSON.stringify(list));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { bridge } = await bridgeBefore({ upstreams: [{ url }] });
  const client = clientOf(bridge.url);
  expect((await client.models.list()).data).toEqual(list.data);
  expect(asked).toEqual(["/v1/models"]);
  await expect(client.models.list()).rejects.toMatchObject({ status: 502 });
});
