import fc from "fast-check";
import { expect, test } from "vitest";
import type { MessagesMessage } from "../../../src/protocol/messages/messages-api.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import { UntranslatableError } from "../../../src/model/dialect/untranslatable.ts";
import { itemsOfAnswer, itemsOfMessages } from "../../../src/model/messages/history.ts";
import { anyThread, threadTools } from "../../support/any-thread.ts";
import { redactedBlock, textBlock, thinkingBlock, toolUse, wholeMessage } from "../../support/fake-messages.ts";
import { conversation, requestOf } from "./helpers.ts";

const table = new ToolTable(threadTools, []);

/** Anthropic's models are told nothing of unsigned thoughts; other servers are. */
const messagesOf = (input: readonly ResponseItem[], model = "glm-5"): MessagesMessage[] =>
  requestOf(conversation(input, { model, tools: threadTools }), { cacheBreakpoints: false }).messages;

test("every thread comes back from its messages as one that says the same", () => {
  fc.assert(
    fc.property(anyThread, fc.constantFrom("glm-5", "claude-opus-4-8"), (thread, model) => {
      const messages = messagesOf([{ type: "message", role: "user", content: [] }, ...thread], model);
      const items = itemsOfMessages(messages, new ToolTable(threadTools, thread));
      expect(messagesOf(items, model)).toEqual(messages);
    }),
    { numRuns: 300 },
  );
});

test("a message of every kind of block is items, and custom tools are known by the table", () => {
  const messages: MessagesMessage[] = [
    {
      role: "user",
      content: [
        { type: "text", text: "See" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBO" } },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "signed" },
        { type: "redacted_thinking", data: "hidden" },
        { type: "text", text: "I patch." },
        { type: "tool_use", id: "toolu_1", name: "apply_patch", input: { input: "*** Begin Patch" } },
        { type: "tool_use", id: "toolu_2", name: "mcp__files__list", input: { all: true } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "toolu_1", content: "done" },
        { type: "tool_result", tool_use_id: "toolu_2", content: [{ type: "text", text: "a" }] },
        { type: "text", text: "Go on." },
      ],
    },
  ];
  expect(itemsOfMessages(messages, table)).toEqual([
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "See" },
        { type: "input_image", image_url: "data:image/png;base64,iVBO" },
      ],
    },
    {
      type: "reasoning",
      summary: [],
      content: [{ type: "reasoning_text", text: "Hm." }],
      encrypted_content: sealText({ kind: "signature", value: "signed" }),
    },
    { type: "reasoning", summary: [], encrypted_content: sealText({ kind: "redacted", value: "hidden" }) },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "I patch." }] },
    { type: "custom_tool_call", name: "apply_patch", call_id: "toolu_1", input: "*** Begin Patch" },
    {
      type: "function_call",
      name: "list",
      namespace: "mcp__files",
      call_id: "toolu_2",
      arguments: '{"all":true}',
    },
    { type: "custom_tool_call_output", call_id: "toolu_1", output: "done" },
    { type: "function_call_output", call_id: "toolu_2", output: [{ type: "input_text", text: "a" }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: "Go on." }] },
  ]);
});

test("text in place of blocks, and instructions in the middle, are messages", () => {
  const items = itemsOfMessages(
    [
      { role: "user", content: "Hi." },
      { role: "system", content: "Be brief." },
      { role: "assistant", content: "Hi." },
    ],
    table,
  );
  expect(items.map((item) => (item as { role?: string }).role)).toEqual(["user", "developer", "assistant"]);
});

test("a block that no item can say is refused with its name", () => {
  const document = { type: "document", source: {} } as never;
  expect(() => itemsOfMessages([{ role: "user", content: [document] }], table)).toThrow(UntranslatableError);
  expect(() => itemsOfMessages([{ role: "assistant", content: [document] }], table)).toThrow("`document`");
});

test("an answer that was not streamed is items with ids", () => {
  const message = wholeMessage([
    thinkingBlock("Hm.", "signed"),
    redactedBlock("hidden"),
    textBlock("Reading."),
    toolUse("1", "mcp__files__list", {}),
  ]);
  let ids = 0;
  const { items, end } = itemsOfAnswer(message, table, (prefix) => `${prefix}${++ids}`);
  expect(end).toMatchObject({ type: "completed", calls: 1 });
  expect(items.map(({ type, id }) => [type, id])).toEqual([
    ["reasoning", "rs_1"],
    ["reasoning", "rs_2"],
    ["message", "msg_3"],
    ["function_call", "fc_4"],
  ]);
  expect(items[3]).toMatchObject({ name: "list", namespace: "mcp__files", arguments: "{}", call_id: "toolu_1" });
});

test.each([
  ["an error", { type: "error", error: { type: "api_error", message: "No." } }],
  ["nothing", undefined],
])("%s in place of an answer has failed", (_what, message) => {
  expect(itemsOfAnswer(message, table, (prefix) => prefix).end.type).toBe("failed");
});
