/** The fake server and the recorded forms are held to the official client: where that reads them, so do we, and alike. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { chat, chatCalls, chatError, chatText, refusal, text, thought } from "../../support/fake-chat.ts";
import { startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { hear } from "./kit.ts";

let fake: FakeModel | null = null;
afterEach(async () => {
  await fake?.close();
  fake = null;
});

async function clientOf(script: Script): Promise<OpenAI> {
  fake = await startFakeModel(script);
  return new OpenAI({ apiKey: "key", baseURL: fake.baseUrl, maxRetries: 0 });
}

const ask = {
  model: "fake",
  stream_options: { include_usage: true },
  messages: [{ role: "user" as const, content: "Hi" }],
};

test("the official client reads a text with its usage", async () => {
  const client = await clientOf([chatText("Hello 👀.")]);
  const answer = await client.chat.completions.stream(ask).finalChatCompletion();
  expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello 👀." } });
  expect(answer.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 });
  expect(fake!.requests[0]!.url).toBe("/v1/chat/completions");
});

test("the official client reads calls side by side, a refusal, and passes over what was thought", async () => {
  const client = await clientOf([
    chatCalls({ id: "a", name: "read", args: { path: "ü" } }, { id: "b", name: "list", args: {} }),
    chat([thought("Hm."), refusal("No."), { raw: "" }]),
  ]);
  const calls: { name: string; arguments: string }[] = [];
  for await (const { choices } of await client.chat.completions.create({ ...ask, stream: true }))
    for (const { index, function: piece } of choices[0]?.delta.tool_calls ?? []) {
      const call = (calls[index] ??= { name: "", arguments: "" });
      call.name += piece?.name ?? "";
      call.arguments += piece?.arguments ?? "";
    }
  expect(calls).toEqual([
    { name: "read", arguments: '{"path":"ü"}' },
    { name: "list", arguments: "{}" },
  ]);
  const refused: string[] = [];
  for await (const { choices } of await client.chat.completions.create({ ...ask, stream: true }))
    refused.push(choices[0]?.delta.refusal ?? "");
  expect(refused.join("")).toBe("No.");
});

test("the official client takes an error in the stream for one", async () => {
  const client = await clientOf([chat([text("Hal"), chatError({ message: "overloaded", code: 503 })])]);
  await expect(client.chat.completions.stream(ask).finalChatCompletion()).rejects.toThrow("overloaded");
});

describe("the official client hears what we hear", () => {
  // Those of the others have no places, or the same for all calls, which it does not tell apart.
  test.each(["openai", "vllm-reasoning", "llama-cpp", "openrouter"])("in the form of %s", async (name) => {
    const bytes = readFileSync(join(import.meta.dirname, `../../fixtures/streams/chat/${name}.sse`));
    const client = await clientOf([{ parts: [{ raw: bytes }] }]);
    let content = "";
    const calls: { id: string; name: string; arguments: string }[] = [];
    let tokens = 0;
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      tokens = chunk.usage?.total_tokens ?? tokens;
      const { delta } = chunk.choices[0] ?? {};
      content += delta?.content ?? "";
      for (const { index, id, function: piece } of delta?.tool_calls ?? []) {
        const call = (calls[index] ??= { id: "", name: "", arguments: "" });
        call.id ||= id ?? "";
        call.name += piece?.name ?? "";
        call.arguments += piece?.arguments ?? "";
      }
    }
    const { items, texts, usage } = hear(bytes);
    expect(texts.join("").trim()).toBe(content.trim());
    expect(
      items.flatMap((item) => {
        const { type, call_id: id, name, arguments: args } = item as Record<string, unknown>;
        return type === "function_call" ? [{ id, name, arguments: args }] : [];
      }),
    ).toEqual(calls);
    expect(usage?.totalTokens).toBe(tokens);
  });
});
