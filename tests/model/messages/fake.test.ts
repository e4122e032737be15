/** The fake Messages server is held to the official client: what that cannot read, no test may rely on. */
import Anthropic from "@anthropic-ai/sdk";
import { afterEach, expect, test } from "vitest";
import {
  answer,
  errorEvent,
  messagesError,
  messageStart,
  redactedBlock,
  textBlock,
  thinkingBlock,
  toolUse,
  wholeAnswer,
  type AnswerBlock,
} from "../../support/fake-messages.ts";
import { startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";

let fake: FakeModel | null = null;
afterEach(async () => {
  await fake?.close();
  fake = null;
});

async function clientOf(script: Script): Promise<Anthropic> {
  fake = await startFakeModel(script);
  return new Anthropic({ apiKey: "key", baseURL: fake.baseUrl.replace(/\/v1$/, ""), maxRetries: 0 });
}

const ask = { model: "claude-test", max_tokens: 100, messages: [{ role: "user" as const, content: "Hello." }] };
const blocks: AnswerBlock[] = [
  thinkingBlock("Let me look.", "signed"),
  redactedBlock("hidden"),
  textBlock("I look 👀 at both."),
  toolUse("1", "read", { path: "a/ü.txt", lines: [1, 2] }),
  toolUse("2", "list", {}),
];
const usage = { input: 7, cacheRead: 50, cacheWrite: 20, output: 33, thinking: 5 };

test("the official client reads a streamed answer with every kind of block", async () => {
  const client = await clientOf([answer(blocks, { id: "msg_7", usage })]);
  const message = await client.messages.stream(ask).finalMessage();
  expect(message.content).toEqual(blocks);
  expect(message).toMatchObject({ id: "msg_7", stop_reason: "tool_use", role: "assistant" });
  expect(message.usage).toMatchObject({
    input_tokens: 7,
    cache_read_input_tokens: 50,
    cache_creation_input_tokens: 20,
    output_tokens: 33,
  });
});

test("the official client reads an answer that is not streamed", async () => {
  const client = await clientOf([wholeAnswer(blocks, { usage })]);
  const message = await client.messages.create(ask);
  expect(message.content).toEqual(blocks);
  expect(message.stop_reason).toBe("tool_use");
});

test("the official client takes an error event and a refused request as the errors that they are", async () => {
  const client = await clientOf([
    { parts: [messageStart(), errorEvent("overloaded_error", "Overloaded")] },
    messagesError(429, "rate_limit_error", "Too fast", { "retry-after": "7" }),
  ]);
  await expect(client.messages.stream(ask).finalMessage()).rejects.toThrow("Overloaded");
  await expect(client.messages.create(ask)).rejects.toMatchObject({
    status: 429,
    error: { error: { type: "rate_limit_error" } },
  });
});
