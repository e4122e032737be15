import Anthropic from "@anthropic-ai/sdk";
import * as fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Assembler, type AssembledEnd } from "../../../src/model/dialect/assembler.ts";
import type { StepEnd } from "../../../src/model/dialect/step.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import { messagesDialect } from "../../../src/model/messages/dialect.ts";
import { SseParser } from "../../../src/model/sse.ts";
import type { TokenUsage } from "../../../src/protocol/usage.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import {
  answer,
  blockDelta,
  blockStop,
  messageStart,
  redactedBlock,
  textBlock,
  thinkingBlock,
  toolUse,
  wholeMessage,
} from "../../support/fake-messages.ts";
import { encode, startFakeModel, type ModelEvent, type Part } from "../../support/fake-model.ts";

const folder = join(import.meta.dirname, "../../fixtures/streams/messages");
const fixture = (name: string): string => readFileSync(join(folder, `${name}.sse`), "utf8");
const bytesOf = (parts: readonly Part[]): string =>
  parts.map((part) => ("event" in part ? encode(part.event) : "")).join("");
const event = (value: ModelEvent): string => encode(value);

const tools = ["read_file", "write_file"].map((name) => ({ type: "function", name, parameters: { type: "object" } }));

interface Heard {
  items: ResponseItem[];
  end: AssembledEnd;
  usage: TokenUsage | null;
  texts: string[];
}

/** What becomes of a stream whose bytes come in pieces of that size. */
function hear(stream: string, size = Number.POSITIVE_INFINITY): Heard {
  const texts: string[] = [];
  let ids = 0;
  const sink = {
    started() {},
    textDelta: (_id: string, _index: number, delta: string) => texts.push(delta),
    reasoningDelta: (_id: string, _index: number, delta: string) => texts.push(`(${delta})`),
    done() {},
    repaired() {},
  };
  const assembler = new Assembler(new ToolTable(tools, []), sink, (prefix) => `${prefix}${++ids}`);
  const reader = messagesDialect.reader(assembler);
  let end: StepEnd | null = null;
  const parser = new SseParser((each) => (end ??= reader.read(each)));
  const bytes = Buffer.from(stream);
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  parser.end();
  const ended = assembler.end(end ?? reader.close());
  return { items: assembler.items, end: ended, usage: assembler.used, texts };
}

/** Items by what they say. */
function said(items: readonly ResponseItem[]): (string | object)[] {
  return items.map((item) => {
    const {
      content,
      encrypted_content: seal,
      name,
      arguments: args,
      call_id: id,
    } = item as unknown as {
      content?: { text: string }[];
      [field: string]: unknown;
    };
    const text = content?.[0]?.text ?? "";
    if (item.type === "message") return text;
    return item.type === "reasoning" ? { thought: text, ...(seal !== undefined && { seal }) } : { id, name, args };
  });
}

/** A call's id and what was given to it. */
const given = (each: object): unknown => {
  const { id, args } = each as { id: string; args: string };
  return [id, JSON.parse(args)];
};

const signature = (value: string): string => sealText({ kind: "signature", value });

describe("a stream of Anthropic's", () => {
  test("of text is a message", () => {
    const { items, end, usage, texts } = hear(fixture("anthropic-text"));
    expect(said(items)).toEqual(["Hello, wörld 👋!"]);
    expect(texts).toEqual(["Hello", ", wörld 👋", "!"]);
    expect(end).toMatchObject({ type: "completed", calls: 0 });
    expect(usage).toMatchObject({ inputTokens: 25, outputTokens: 15, totalTokens: 40 });
  });

  test("of a thought, text and two calls is these in their order, and what the cache took is part of the input", () => {
    const { items, end, usage } = hear(fixture("anthropic-thinking-tools"));
    expect(said(items)).toEqual([
      { thought: "Both files, at once.", seal: signature("EqQBCgIYAhIM1gbcDa9GJwZA2b3h") },
      "I read both.",
      { id: "toolu_01A", name: "read_file", args: '{"path": "a.txt"}' },
      { id: "toolu_01B", name: "read_file", args: '{"path": "b/ü.txt"}' },
    ]);
    expect(end).toMatchObject({ type: "completed", calls: 2 });
    expect(usage).toEqual({
      inputTokens: 4312,
      cachedInputTokens: 4000,
      cacheWriteInputTokens: 300,
      outputTokens: 89,
      reasoningOutputTokens: 21,
      totalTokens: 4401,
    });
  });

  test("keeps thoughts between calls where they were", () => {
    expect(said(hear(fixture("anthropic-interleaved")).items)).toEqual([
      { thought: "First.", seal: signature("EqQBfirst") },
      { id: "toolu_01A", name: "read_file", args: '{"path":"a.txt"}' },
      { thought: "Then.", seal: signature("EqQBsecond") },
      { id: "toolu_01B", name: "read_file", args: '{"path":"b.txt"}' },
    ]);
  });

  test("keeps thoughts that are encrypted, and those of which only the signature is shown", () => {
    expect(said(hear(fixture("anthropic-redacted")).items)).toEqual([
      { thought: "Hm.", seal: signature("EqQBopen") },
      { thought: "", seal: sealText({ kind: "redacted", value: "EmwKAhgBEgy3va3pzix" }) },
      "Done.",
    ]);
    expect(said(hear(fixture("anthropic-omitted")).items)).toEqual([
      { thought: "", seal: signature("EosnCkYICxIM") },
      "Four.",
    ]);
  });

  test("that the provider stopped fails, and is not asked for again", () => {
    expect(hear(fixture("anthropic-refusal")).end).toEqual({
      type: "failed",
      failure: {
        code: "bad_request",
        message: "the model's provider stopped this answer (cyber): This request could enable harm.",
        retryable: false,
        providerCode: "refusal",
      },
    });
  });

  test("that grew too long is incomplete, and its last call is not made", () => {
    const { items, end } = hear(fixture("anthropic-max-tokens"));
    expect(said(items)).toEqual(["I write the file."]);
    expect(end).toEqual({ type: "incomplete", reason: "max_output_tokens" });
  });

  test("that filled the context window says so", () => {
    expect(hear(fixture("anthropic-window")).end).toMatchObject({
      type: "failed",
      failure: { code: "context_window_exceeded", retryable: false },
    });
  });

  test("that breaks off with an error fails with it", () => {
    expect(hear(fixture("anthropic-error")).end).toEqual({
      type: "failed",
      failure: { code: "server_overloaded", message: "Overloaded", retryable: true, providerCode: "overloaded_error" },
    });
  });

  test("passes over what the provider did by itself", () => {
    expect(said(hear(fixture("anthropic-web-search")).items)).toEqual(["I look.", "It is 24."]);
  });

  test("that a stop sequence ended is complete", () => {
    expect(hear(fixture("anthropic-stop-sequence"))).toMatchObject({ end: { type: "completed" } });
  });
});

test("a compatible server may give arguments, thoughts and text whole, and count at the end alone", () => {
  const { items, usage } = hear(fixture("compatible-whole"));
  expect(said(items)).toEqual([
    { thought: "Quick." },
    "Reading.",
    { id: "call_0", name: "read_file", args: '{"path":"a.txt"}' },
  ]);
  expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 9 });
});

test("a compatible server may give arguments whole and once more in pieces: the pieces count", () => {
  const block = toolUse("1", "read_file", { path: "a" });
  const stream = bytesOf([
    messageStart(),
    { event: { type: "content_block_start", index: 0, content_block: block } },
    blockDelta(0, { type: "input_json_delta", partial_json: '{"path":"a"}' }),
    blockStop(0),
    ...answer([]).parts.slice(-2),
  ]);
  expect(said(hear(stream).items)).toEqual([{ id: "toolu_1", name: "read_file", args: '{"path":"a"}' }]);
});

test("who signed a thought is kept, where that is no model of Anthropic's", () => {
  const seals = (model: string): unknown[] =>
    hear(bytesOf(answer([thinkingBlock("Hm.", "s"), redactedBlock("d"), textBlock("So.")], { model }).parts)).items.map(
      (item) => (item as { encrypted_content?: unknown }).encrypted_content,
    );
  expect(seals("claude-opus-4-8")).toEqual([signature("s"), sealText({ kind: "redacted", value: "d" }), undefined]);
  const maker = "minimax-m3";
  expect(seals(maker)).toEqual([
    sealText({ kind: "signature", value: "s", maker }),
    sealText({ kind: "redacted", value: "d", maker }),
    undefined,
  ]);
});

const names = readdirSync(folder).map((file) => file.replace(/\.sse$/, ""));

test.each(names)("%s means the same however its bytes are cut", (name) => {
  const stream = fixture(name);
  const whole = hear(stream);
  for (const size of [1, 2, 3, 7, 61]) expect(hear(stream, size)).toEqual(whole);
});

test.each(names.filter((name) => name.startsWith("anthropic")))(
  "the official client hears the same of %s",
  async (name) => {
    const fake = await startFakeModel([{ parts: [{ raw: fixture(name) }] }]);
    try {
      const client = new Anthropic({ apiKey: "key", baseURL: fake.baseUrl.replace(/\/v1$/, ""), maxRetries: 0 });
      const ask = { model: "claude-test", max_tokens: 100, messages: [{ role: "user" as const, content: "Hello." }] };
      const heard = client.messages.stream(ask).finalMessage();
      const { items, end } = hear(fixture(name));
      if (name === "anthropic-error") {
        expect(end.type).toBe("failed");
        await expect(heard).rejects.toThrow("Overloaded");
        return;
      }
      const { content } = await heard;
      const texts = content.flatMap((block) => (block.type === "text" ? [block.text] : []));
      const calls = content.flatMap((block) => (block.type === "tool_use" ? [[block.id, block.input]] : []));
      const ours = said(items);
      // What was refused or cut is not ours to act on.
      if (end.type !== "completed") return;
      expect(ours.filter((each) => typeof each === "string")).toEqual(texts);
      expect(ours.flatMap((each) => (typeof each === "object" && "id" in each ? [each] : [])).map(given)).toEqual(
        calls,
      );
    } finally {
      await fake.close();
    }
  },
);

test("an answer that is not streamed is read like one that is", () => {
  const blocks = [textBlock("I look."), toolUse("1", "read_file", { path: "a.txt" })];
  const usage = { input: 3, cacheRead: 4, cacheWrite: 5, output: 6 };
  const streamed = hear(bytesOf(answer(blocks, { usage }).parts));
  const whole = hear(`data: ${JSON.stringify(wholeMessage(blocks, { usage }))}\n\n`);
  expect(whole.items).toEqual(streamed.items);
  expect(whole.usage).toEqual(streamed.usage);
  expect(whole.end).toEqual(streamed.end);
});

describe("a stream that ends early", () => {
  const parts = answer([textBlock("Done.")]).parts;

  test("has failed", () => {
    for (let count = 0; count < parts.length - 2; count++)
      expect(hear(bytesOf(parts.slice(0, count))).end, `after ${count} events`).toMatchObject({
        type: "failed",
        failure: { code: "stream_disconnected", retryable: true },
      });
  });

  test("is whole when it had said why the answer ended", () => {
    expect(hear(bytesOf(parts.slice(0, -1)))).toMatchObject({ end: { type: "completed" } });
  });
});

test("events out of place, of unknown kinds and without their fields are passed over", () => {
  const odd = [
    event({ type: "content_block_delta", index: 5, delta: { type: "text_delta", text: "lost" } }),
    event({ type: "content_block_stop", index: 5 }),
    event({ type: "content_block_start" }),
    event({ type: "content_block_delta", index: 0 }),
    event({ type: "content_block_start", index: 1, content_block: { type: "hologram", text: "?" } }),
    event({ type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "?" } }),
    event({ type: "message_start" }),
    event({ type: "message_start", message: { usage: { input_tokens: "many" } } }),
    event({ type: "tomorrow" }),
    "data: null\n\ndata: 7\n\ndata: {broken\n\ndata: []\n\n",
  ].join("");
  const { items, end } = hear(odd + bytesOf(answer([textBlock("Fine.")]).parts));
  expect(said(items)).toEqual(["Fine."]);
  expect(end.type).toBe("completed");
});

test.each([
  ["rate_limit_error", "rate_limited", true],
  ["api_error", "server_error", true],
  ["timeout_error", "server_error", true],
  ["authentication_error", "unauthorized", false],
  ["permission_error", "unauthorized", false],
  ["invalid_request_error", "bad_request", false],
  ["billing_error", "usage_limit", false],
  ["not_found_error", "model_not_found", false],
  ["something_new", "stream_disconnected", true],
])("the error %s is %s to us", (type, code, retryable) => {
  const stream = bytesOf([messageStart()]) + event({ type: "error", error: { type, message: "Said so." } });
  const { end } = hear(stream);
  expect(end).toMatchObject({ type: "failed", failure: { code, retryable, providerCode: type } });
  expect(end.type === "failed" && end.failure.message).toContain("Said so.");
});

test("a prompt that is too long is known by its words", () => {
  const message = "prompt is too long: 210000 tokens > 200000 maximum";
  const { end } = hear(event({ type: "error", error: { type: "invalid_request_error", message } }));
  expect(end).toMatchObject({
    type: "failed",
    failure: { code: "context_window_exceeded", message, counted: { inputTokens: 210_000 } },
  });
});

describe("pieces that are all alike", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.constantFrom('"', "\\", "\n", '","x":"y', '"}}', "\u2028", "a piece", "<a piece>", ""),
  );
  const block = fc.record({ kind: fc.constantFrom("text", "thinking"), pieces: fc.array(piece, { maxLength: 6 }) });
  /** Each event has something of its own where `distinct`, so that none is like another. */
  const streamOf = (blocks: readonly { kind: string; pieces: readonly string[] }[], distinct: boolean): string => {
    let count = 0;
    const own = (): object => (distinct ? { own: ++count } : {});
    const each = blocks.flatMap(({ kind, pieces }, index) => [
      { type: "content_block_start", index, content_block: { type: kind, [kind]: "" } },
      ...pieces.map((said) => ({
        type: "content_block_delta",
        ...own(),
        index,
        delta: { type: `${kind}_delta`, [kind]: said },
      })),
      { type: "content_block_stop", index },
    ]);
    const end = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } };
    const rest = [...each, end, { type: "message_stop" }] as ModelEvent[];
    return bytesOf([messageStart()]) + rest.map(event).join("");
  };

  test("are read as if each were read by itself", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (blocks) => {
        expect(hear(streamOf(blocks, false))).toEqual(hear(streamOf(blocks, true)));
      }),
      { numRuns: 500 },
    );
  });

  test("of a block that has ended are passed over", () => {
    const late = {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: "late" },
    };
    const said = streamOf([{ kind: "text", pieces: ["one ", "two ", "three"] }], false);
    const [before = "", after = ""] = said.split(/(?=event: message_delta)/, 2);
    expect(hear(`${before}${event(late)}${after}`).texts.join("")).toBe("one two three");
  });
});
