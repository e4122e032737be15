import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lostInChat } from "../../../src/model/chat/history.ts";
import { itemsOfChat, itemsOfChatCompletion } from "../../../src/proxy/index.ts";
import type { ChatMessage } from "../../../src/protocol/chat/chat-completions.ts";
import { threadTools } from "../../support/any-thread.ts";
import { messagesFor } from "./kit.ts";

const messages: ChatMessage[] = [
  { role: "system", content: "Be kind." },
  {
    role: "user",
    content: [
      { type: "text", text: "See" },
      { type: "image_url", image_url: { url: "data:,x", detail: "low" } },
    ],
  },
  {
    role: "assistant",
    content: "I look.",
    reasoning: "Hm.",
    tool_calls: [
      {
        id: "a",
        type: "function",
        function: { name: "exec_command", arguments: '{"cmd":"ls"}' },
        extra_content: { s: 1 },
      },
      { id: "b", type: "function", function: { name: "apply_patch", arguments: '{"input":"*** Begin Patch"}' } },
      { id: "c", type: "function", function: { name: "mcp__files__list", arguments: "{}" } },
      { id: "d", type: "function", function: { name: "tool_search", arguments: '{"query":"x"}' } },
    ],
  },
  { role: "tool", tool_call_id: "a", content: "listed" },
  { role: "tool", tool_call_id: "b", content: "patched" },
  { role: "tool", tool_call_id: "c", content: "" },
  { role: "tool", tool_call_id: "d", content: '{"tools":[{"name":"view_image","description":""},{"name":"gone"}]}' },
  { role: "assistant", content: "Done." },
];

test("messages become the items of their tools", () => {
  expect(itemsOfChat(messages, threadTools)).toMatchObject([
    { type: "message", role: "system", content: [{ type: "input_text", text: "Be kind." }] },
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "See" },
        { type: "input_image", image_url: "data:,x", detail: "low" },
      ],
    },
    { type: "reasoning", content: [{ type: "reasoning_text", text: "Hm." }] },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
    { type: "function_call", call_id: "a", name: "exec_command", arguments: '{"cmd":"ls"}' },
    { type: "custom_tool_call", call_id: "b", name: "apply_patch", input: "*** Begin Patch" },
    { type: "function_call", call_id: "c", name: "list", namespace: "mcp__files", arguments: "{}" },
    { type: "tool_search_call", call_id: "d", arguments: { query: "x" } },
    { type: "function_call_output", call_id: "a", output: "listed" },
    { type: "custom_tool_call_output", call_id: "b", output: "patched" },
    { type: "function_call_output", call_id: "c", output: "" },
    {
      type: "tool_search_output",
      call_id: "d",
      tools: [{ type: "function", name: "view_image", defer_loading: true }],
    },
    { type: "message", role: "assistant" },
  ]);
});

test("messages that became items become the same messages", () => {
  const again = messagesFor(itemsOfChat(messages, threadTools));
  expect(again.slice(0, 5)).toEqual(messages.slice(0, 5));
});

test("without tools every call is of a function", () => {
  const types = itemsOfChat(messages).map(({ type }) => type);
  expect(types.filter((type) => type.endsWith("_call"))).toEqual(Array(4).fill("function_call"));
});

test("an answer that was not streamed becomes its items", () => {
  const message = {
    role: "assistant",
    content: "<think>Hm.</think>Hi",
    tool_calls: [{ id: "b", type: "function", function: { name: "exec", arguments: '{"input":"x"}' } }],
  };
  expect(
    itemsOfChatCompletion({ choices: [{ index: 0, message, finish_reason: "tool_calls" }] }, threadTools),
  ).toMatchObject([
    { type: "reasoning", content: [{ text: "Hm." }] },
    { type: "message", content: [{ text: "Hi" }] },
    { type: "custom_tool_call", call_id: "b", name: "exec", input: "x" },
  ]);
  expect(() => itemsOfChatCompletion({ error: { message: "no such model", code: 404 } })).toThrow("no such model");
  expect(() => itemsOfChatCompletion("<html>")).toThrow("no chat-completions stream");
});

test("what gets lost is what the documentation says, word for word", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/chat-completions.md"), "utf8");
  const listed = page.slice(page.indexOf("## What is lost")).match(/^- .*$/gm);
  expect(listed).toEqual(lostInChat.map((each) => `- ${each}`));
});
