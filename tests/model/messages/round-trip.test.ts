/** What a thread keeps on its way into messages and back, and what it loses. */
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  isToolCall,
  isToolCallOutput,
  type FunctionCallItem,
  type MessageItem,
  type ResponseItem,
} from "../../../src/protocol/response-items.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import { itemsOfMessages, lostInMessages } from "../../../src/model/messages/history.ts";
import { itemsOfMessages as publicItems, itemsOfMessagesAnswer } from "../../../src/proxy/index.ts";
import { anyThread, threadTools } from "../../support/any-thread.ts";
import { textBlock, thinkingBlock, toolUse, wholeMessage } from "../../support/fake-messages.ts";
import { conversation, requestOf } from "./helpers.ts";

const start: ResponseItem = { type: "message", role: "user", content: [{ type: "input_text", text: "Begin." }] };

function tripped(thread: readonly ResponseItem[]): ResponseItem[] {
  const input = [start, ...thread];
  const { messages } = requestOf(conversation(input, { tools: threadTools }), { cacheBreakpoints: false });
  return itemsOfMessages(messages, new ToolTable(threadTools, thread));
}

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** A call without what gets lost: its id, and how its arguments were written. */
function essence(item: ResponseItem): unknown {
  const { id: _id, status: _status, call_id: _callId, ...rest } = item as FunctionCallItem;
  if (rest.type !== "function_call") return rest;
  const { arguments: text } = rest;
  return { ...rest, arguments: text.trim() === "" ? {} : isObject(text) ? JSON.parse(text) : text };
}

/** Tools that nobody offers come back under the name that they have on the wire. */
const offered = (call: ResponseItem): boolean =>
  !["mcp__gone", "mcp__calendar"].includes((call as FunctionCallItem).namespace ?? "");

const textsOf = (thread: readonly ResponseItem[], role: string): string[] =>
  thread
    .filter((item): item is MessageItem => item.type === "message" && (item as MessageItem).role === role)
    .flatMap(({ content }) => content)
    .map((part) => (part.type === "input_image" ? part.image_url : part.type === "refusal" ? part.refusal : part.text))
    .filter((said) => said.trim() !== "");

test("calls come back as they were, with the outputs that answered them", () => {
  fc.assert(
    fc.property(anyThread, (thread) => {
      const back = tripped(thread);
      const calls = thread.filter(isToolCall);
      const again = back.filter(isToolCall);
      expect(again.filter((_, index) => offered(calls[index]!)).map(essence)).toEqual(
        calls.filter(offered).map(essence),
      );
      expect(again).toHaveLength(calls.length);
      expect(back.filter(isToolCallOutput).map((output) => output.call_id)).toEqual(again.map((call) => call.call_id));
      for (const [index, call] of calls.entries()) {
        const answer = thread.find(
          (item) => isToolCallOutput(item) && item.call_id === call.call_id && !("name" in item),
        ) as { output?: unknown };
        const found = back.find((item) => isToolCallOutput(item) && item.call_id === again[index]!.call_id);
        if (typeof answer.output !== "string") continue;
        const said = (found as { output: unknown }).output;
        const text = typeof said === "string" ? said : (said as { text: string }[])[0]!.text;
        expect(text).toBe(answer.output.trim() === "" ? "[no output]" : answer.output);
      }
    }),
    { numRuns: 300 },
  );
});

test("what was said comes back, and who said it", () => {
  fc.assert(
    fc.property(anyThread, (thread) => {
      const back = tripped(thread);
      const assistant = new Set(textsOf(thread, "assistant"));
      expect(textsOf(back, "assistant").filter((said) => assistant.has(said))).toEqual(textsOf(thread, "assistant"));
      const heard = textsOf(back, "user");
      for (const said of textsOf(thread, "user")) expect(heard).toContain(said);
      for (const said of [...textsOf(thread, "developer"), ...textsOf(thread, "system")])
        expect(heard.some((text) => text.startsWith("<developer_message>") && text.includes(said))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("signed thoughts come back to the letter", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ minLength: 1 }), (thought, value) => {
      const reasoning: ResponseItem = {
        type: "reasoning",
        summary: [],
        content: thought === "" ? [] : [{ type: "reasoning_text", text: thought }],
        encrypted_content: sealText({ kind: "signature", value }),
      };
      const said: ResponseItem = {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "So." }],
      };
      expect(tripped([reasoning, said])[1]).toEqual(reasoning);
    }),
  );
});

test("what gets lost is what the documentation says, word for word", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/messages-api.md"), "utf8");
  const listed = page.slice(page.indexOf("## What is lost")).match(/^- .*$/gm);
  expect(listed).toEqual(lostInMessages.map((each) => `- ${each}`));
});

test("programs get the items of messages and of answers, by their tools", () => {
  const patch = toolUse("1", "apply_patch", { input: "*** Begin Patch" });
  const message = wholeMessage([thinkingBlock("Hm.", "signed"), textBlock("I patch."), patch]);
  const items = itemsOfMessagesAnswer(message, threadTools);
  expect(items).toMatchObject([
    { type: "reasoning" },
    { type: "message" },
    { type: "custom_tool_call", call_id: "toolu_1" },
  ]);
  expect(publicItems([{ role: "assistant", content: message["content"] as never }], threadTools)).toMatchObject(
    items.map(({ type }) => ({ type })),
  );
  expect(itemsOfMessagesAnswer(message)[2]).toMatchObject({ type: "function_call", name: "apply_patch" });
  expect(() => itemsOfMessagesAnswer({ type: "error", error: { type: "api_error", message: "Down." } })).toThrow(
    "Down.",
  );
});
