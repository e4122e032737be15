import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chatSealOf } from "../../../src/model/chat/seal.ts";
import type { MessageItem, ReasoningItem, ResponseItem } from "../../../src/protocol/response-items.ts";
import { assistant, call, hear, messagesFor, output, user, type Heard } from "./kit.ts";

const folder = join(import.meta.dirname, "../../fixtures/streams/chat");
const streams = readdirSync(folder)
  .filter((name) => name.endsWith(".sse"))
  .map((name) => name.replace(".sse", ""));
const bytesOf = (name: string): Buffer => readFileSync(join(folder, `${name}.sse`));

/** What every one of these servers was asked for, and answers. */
const thought = "The tests first: list them, then look at the picture.";
const ids: Readonly<Record<string, readonly [string, string]>> = {
  openai: ["call_VqY2a1", "call_Lm90Zx"],
  "vllm-reasoning": ["chatcmpl-tool-2b1f7d", "chatcmpl-tool-90ac31"],
  ollama: ["call_1k9d0s2f", "call_7h3m5q8w"],
  "llama-cpp": ["nT4hGzXw1Q", "pR8kUyVe5M"],
  "lm-studio": ["365174485", "781120934"],
  gemini: ["jm4owj31", "0cpx7tqe"],
  openrouter: ["toolu_01A09q90qw90lq91", "toolu_01B8xV2mPz31hcQe"],
};
/** Tokens from the cache, written to it, and thought. */
const details: Readonly<Record<string, readonly [number, number, number]>> = {
  openai: [64, 0, 12],
  "vllm-reasoning": [64, 0, 0],
  ollama: [0, 0, 0],
  "llama-cpp": [64, 0, 0],
  "lm-studio": [0, 0, 12],
  gemini: [0, 0, 0],
  openrouter: [64, 8, 12],
};

const reasoningOf = (items: readonly ResponseItem[]): string =>
  items
    .filter((item): item is ReasoningItem => item.type === "reasoning")
    .flatMap(({ content }) => content ?? [])
    .map(({ text }) => text)
    .join("");

const callsOf = (items: readonly ResponseItem[]): unknown[] =>
  items.filter((item) => item.type === "function_call").map(({ id: _id, ...item }) => item);

describe("a stream in the form of", () => {
  test("as many servers as the table has", () => {
    expect(streams.toSorted()).toEqual(Object.keys(ids).toSorted());
  });

  test.each(streams)("%s says what was thought, said and called", (name) => {
    const { items, end, usage, texts } = hear(bytesOf(name));
    expect(end).toMatchObject({ type: "completed", calls: 2, searches: [] });
    expect(reasoningOf(items)).toBe(name === "openai" ? "" : thought);
    const messages = items.filter((item): item is MessageItem => item.type === "message");
    expect(messages.map(({ content }) => content)).toEqual([
      [{ type: "output_text", text: "Let me look.", annotations: [] }],
    ]);
    expect(texts.join("")).toBe("Let me look.");
    const [first, second] = ids[name]!;
    expect(callsOf(items)).toEqual([
      expect.objectContaining({ name: "exec_command", call_id: first, status: "completed" }),
      expect.objectContaining({ name: "view_image", call_id: second }),
    ]);
    expect(
      items.flatMap((item) => ("arguments" in item ? [JSON.parse(item.arguments as string) as unknown] : [])),
    ).toEqual([{ cmd: "ls tests" }, { path: "a.png" }]);
    const [cached, written, reasoned] = details[name]!;
    expect(usage).toEqual({
      inputTokens: 120,
      cachedInputTokens: cached,
      cacheWriteInputTokens: written,
      outputTokens: 34,
      reasoningOutputTokens: reasoned,
      totalTokens: 154,
    });
  });

  test.each(streams)("%s comes to the same items however its bytes are cut", (name) => {
    const bytes = bytesOf(name);
    const whole = essence(hear(bytes));
    expect(essence(hear(bytes, Array<number>(bytes.length).fill(1)))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 40 }), (cuts) => {
        expect(essence(hear(bytes, cuts))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test.each(streams)("%s can be cut off anywhere without a call being made of half of one", (name) => {
    const bytes = bytesOf(name);
    const finish = bytes.lastIndexOf('"finish_reason":"');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.lastIndexOf("\n", finish) }), (length) => {
        const { end, items } = hear(bytes.subarray(0, length));
        expect(end).toMatchObject({ type: "failed", failure: { code: "stream_disconnected", retryable: true } });
        expect(callsOf(items)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

/** All but how the text was cut into pieces. */
const essence = ({ texts, thoughts, ...heard }: Heard): unknown => ({
  ...heard,
  text: texts.join(""),
  thought: thoughts.join(""),
});

describe("what a server signs goes back to it with the calls", () => {
  const goOn = (items: readonly ResponseItem[]): readonly ResponseItem[] => [
    user("Look."),
    ...items,
    ...items.flatMap((item) => ("call_id" in item ? [output(item.call_id as string, "done")] : [])),
  ];

  test("Gemini's signature of a call stands at that call", () => {
    const { items } = hear(bytesOf("gemini"));
    const [, step] = messagesFor(goOn(items));
    expect(step!.tool_calls).toEqual([
      expect.objectContaining({
        id: "jm4owj31",
        extra_content: { google: { thought_signature: "EjQKMgEMOdbHJChLX75QUCJj" } },
      }),
      expect.not.objectContaining({ extra_content: expect.anything() }),
    ]);
  });

  test("OpenRouter's details come back whole", () => {
    const { items } = hear(bytesOf("openrouter"));
    const [, step] = messagesFor(goOn(items));
    expect(step!["reasoning_details"]).toEqual([
      {
        type: "reasoning.text",
        text: thought,
        signature: "ErUBCkYIARgCIkDk5o",
        format: "anthropic-claude-v1",
        index: 0,
      },
    ]);
    expect(step!["reasoning"]).toBe(thought);
  });

  test("nothing is kept where there is no call, and nothing is sent where reasoning is not", () => {
    const { items } = hear(bytesOf("openrouter"));
    const [, step] = messagesFor(goOn(items), { reasoningField: null });
    expect(step).not.toHaveProperty("reasoning_details");
    const signed = { type: "reasoning.text", text: "Hm.", signature: "s", index: 0 };
    const chunk = {
      choices: [{ index: 0, delta: { content: "Hi", reasoning_details: [signed] }, finish_reason: "stop" }],
    };
    const plain = hear(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    expect(plain.items).toMatchObject([{ type: "reasoning" }, { type: "message" }]);
    expect(plain.items.map((item) => chatSealOf(item as ReasoningItem))).toEqual([null, null]);
  });

  test("what another provider sealed is not sent", () => {
    const sealed: ResponseItem = { type: "reasoning", summary: [], encrypted_content: "gAAAAABx" };
    const [, step] = messagesFor([user("Look."), sealed, call("a"), output("a", "done"), assistant("Done.")]);
    expect(JSON.stringify(step)).not.toContain("gAAAA");
    expect(step).not.toHaveProperty("reasoning_details");
  });
});
