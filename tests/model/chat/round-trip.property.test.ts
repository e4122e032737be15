import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chatMessages } from "../../../src/model/chat/messages.ts";
import { itemsOfMessages } from "../../../src/model/chat/history.ts";
import { plainProfile, type Profile } from "../../../src/model/dialect/profile.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import {
  isToolCall,
  isToolCallOutput,
  type FunctionCallItem,
  type MessageItem,
  type ReasoningItem,
  type ResponseItem,
} from "../../../src/protocol/response-items.ts";
import type { ChatMessage } from "../../../src/protocol/chat/chat-completions.ts";
import { anyThread, threadTools } from "../../support/any-thread.ts";
import { conversation, messagesFor } from "./kit.ts";

const tripped = (thread: readonly ResponseItem[], profile: Profile = plainProfile): ResponseItem[] =>
  itemsOfMessages(chatMessages(conversation(thread), profile), new ToolTable(threadTools, thread));

const messagesOf = (thread: readonly ResponseItem[], role: MessageItem["role"]): MessageItem[] =>
  thread.filter((item): item is MessageItem => item.type === "message" && (item as MessageItem).role === role);

const textOf = ({ content }: MessageItem): string =>
  content
    .map((part) => (part.type === "refusal" ? part.refusal : part.type === "input_image" ? "" : part.text))
    .join("");
const imagesOf = (item: MessageItem): string[] =>
  item.content.flatMap((part) => (part.type === "input_image" ? [part.image_url] : []));

const outputTexts = (item: ResponseItem): string => {
  const { output } = item as { output: unknown };
  if (typeof output === "string") return output;
  return (output as { text?: string }[]).map((part) => part.text ?? "").join("");
};
const outputImages = (item: ResponseItem): string[] => {
  const { output } = item as { output?: unknown };
  return Array.isArray(output) ? output.flatMap((part) => ("image_url" in part ? [part.image_url as string] : [])) : [];
};

/** Whether all of these stand in the text, one behind the other. */
function inOrder(texts: readonly string[], whole: string): boolean {
  let at = 0;
  for (const text of texts) {
    const found = whole.indexOf(text, at);
    if (found < 0) return false;
    at = found + text.length;
  }
  return true;
}

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
};

/** A call without what gets lost. */
function essence(call: ResponseItem): unknown {
  const { id: _id, status: _status, call_id: _callId, ...rest } = call as FunctionCallItem;
  if (rest.type !== "function_call") return rest;
  if (rest.arguments.trim() === "") return { ...rest, arguments: "{}" };
  return isObject(rest.arguments) ? rest : { ...rest, arguments: { invalid_arguments: rest.arguments } };
}
const essenceBack = (call: ResponseItem): unknown => {
  const found = essence(call) as { arguments?: unknown };
  const { arguments: text } = found;
  if (typeof text !== "string" || !text.startsWith('{"invalid_arguments":')) return found;
  return { ...found, arguments: JSON.parse(text) as unknown };
};
/** Tools that nobody offers come back under the name that they have on the wire. */
const known = (call: ResponseItem): boolean =>
  (call as FunctionCallItem).namespace !== "mcp__gone" && (call as FunctionCallItem).namespace !== "mcp__calendar";

/** An id that is too long does not bring back what it says of its call. */
const withoutNote = (message: ChatMessage): ChatMessage =>
  message.role === "tool"
    ? { ...message, content: message.content.replace(/\n*\[This call was repaired[^\]]*\]$/, "") }
    : message;

describe("a thread that the kernel can hold, as chat messages and back", () => {
  test("says the same messages again", () => {
    fc.assert(
      fc.property(anyThread, (thread) => {
        const profile = { ...plainProfile, developerRole: "developer" } as const;
        const back = tripped(thread, profile);
        const again = chatMessages(conversation(back), profile);
        expect(again.map(withoutNote)).toEqual(chatMessages(conversation(thread), profile).map(withoutNote));
      }),
      { numRuns: 400 },
    );
  });

  test("keeps what was said by whom, and images", () => {
    fc.assert(
      fc.property(anyThread, (thread) => {
        const back = tripped(thread, { ...plainProfile, developerRole: "developer" });
        for (const role of ["developer", "system"] as const)
          expect(inOrder(messagesOf(thread, role).map(textOf), messagesOf(back, role).map(textOf).join("\n"))).toBe(
            true,
          );
        for (const role of ["user", "assistant"] as const)
          expect(inOrder(messagesOf(thread, role).map(textOf), messagesOf(back, role).map(textOf).join("\n"))).toBe(
            true,
          );
        const shown = thread.flatMap((item) =>
          item.type === "message" ? imagesOf(item as MessageItem) : outputImages(item),
        );
        expect(messagesOf(back, "user").flatMap(imagesOf).sort()).toEqual(shown.sort());
      }),
      { numRuns: 400 },
    );
  });

  test("keeps calls and their outputs, and pairs them", () => {
    fc.assert(
      fc.property(anyThread, (thread) => {
        const back = tripped(thread);
        const calls = thread.filter(isToolCall);
        const again = back.filter(isToolCall);
        expect(again.filter((_, index) => known(calls[index]!)).map(essenceBack)).toEqual(
          calls.filter(known).map(essence),
        );
        expect(again).toHaveLength(calls.length);
        const answers = (items: readonly ResponseItem[], id: string): ResponseItem[] =>
          items.filter(
            (item) =>
              isToolCallOutput(item) && item.call_id === id && !("name" in item) && item.type !== "tool_search_output",
          );
        for (const [index, call] of calls.entries()) {
          const [answer] = answers(thread, call.call_id);
          if (answer === undefined) continue;
          const found = answers(back, again[index]!.call_id);
          expect(found).toHaveLength(1);
          const said = outputTexts(found[0]!);
          if (outputTexts(answer) !== "") expect(said.startsWith(outputTexts(answer))).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("keeps what was thought where something came of it", () => {
    fc.assert(
      fc.property(anyThread, (thread) => {
        const thoughts = (items: readonly ResponseItem[]): string[] =>
          items
            .filter((item): item is ReasoningItem => item.type === "reasoning")
            .map(({ content, summary }) => (content?.length ? content : summary).map(({ text }) => text).join("\n\n"));
        const fruitful = thread.filter((item, index) => {
          if (item.type !== "reasoning") return false;
          const next = thread.slice(index + 1).find((each) => each.type !== "reasoning");
          return (
            next !== undefined &&
            (isToolCall(next) || (next.type === "message" && (next as MessageItem).role === "assistant"))
          );
        });
        const whole = thoughts(tripped(thread)).join("\n\n");
        for (const item of fruitful)
          for (const text of (item as ReasoningItem).content ?? (item as ReasoningItem).summary)
            expect(whole).toContain(text.text);
      }),
      { numRuns: 400 },
    );
  });
});

describe("a conversation that goes on", () => {
  /** Places at which a request may have been made: behind them the model speaks. */
  const requests = (thread: readonly ResponseItem[]): number[] => {
    const places: number[] = [];
    const open = new Set<string>();
    const isHead = (item: ResponseItem): boolean =>
      mute.has(item.type) ||
      item.type === "compaction" ||
      (item.type === "message" && /developer|system/.test((item as MessageItem).role));
    const mute = new Set([
      "reasoning",
      "web_search_call",
      "image_generation_call",
      "tool_search_call",
      "additional_tools",
    ]);
    const ofModel = (item: ResponseItem | undefined): boolean =>
      item !== undefined &&
      (mute.has(item.type) ||
        isToolCall(item) ||
        (item.type === "message" && (item as MessageItem).role === "assistant"));
    for (const [index, item] of thread.entries()) {
      if (isToolCall(item)) open.add(item.call_id);
      else if (isToolCallOutput(item) && !("name" in item)) open.delete(item.call_id);
      // Nobody asks a model before a user has said something.
      if (thread.slice(0, index + 1).every(isHead)) continue;
      if (open.size === 0 && !ofModel(item)) places.push(index + 1);
    }
    return places;
  };

  test.each([{}, { vision: false }, { developerRole: "user" }, { reasoningField: null }] as Partial<Profile>[])(
    "begins with the same messages, byte for byte: %j",
    (profile) => {
      fc.assert(
        fc.property(anyThread, (thread) => {
          const whole = JSON.stringify(messagesFor(thread, profile));
          for (const place of requests(thread)) {
            const before = JSON.stringify(messagesFor(thread.slice(0, place), profile));
            expect(before === "[]" || whole.startsWith(before.slice(0, -1))).toBe(true);
          }
        }),
        { numRuns: 200 },
      );
    },
  );
});

test("what strict servers ask of messages holds for every thread", () => {
  fc.assert(
    fc.property(anyThread, fc.integer({ min: 0, max: 40 }), (thread, dropped) => {
      // A thread that lost an item is still told in a way that servers take.
      const messages = messagesFor(thread.filter((_, index) => index !== dropped));
      let open: string[] = [];
      const ids = new Set<string>();
      for (const message of messages) {
        if (message.role === "tool") expect(open.shift()).toBe(message.tool_call_id);
        else {
          expect(open).toEqual([]);
          open = (message.tool_calls ?? []).map(({ id }) => id);
          for (const id of open) {
            expect(ids.has(id)).toBe(false);
            expect(id.length).toBeLessThanOrEqual(40);
            ids.add(id);
          }
        }
        for (const { function: made } of message.tool_calls ?? []) {
          expect(made.name).toMatch(/^[\w-]{1,64}$/);
          expect(JSON.parse(made.arguments)).toBeTypeOf("object");
        }
        expect(message.content).not.toBeNull();
        expect(message.content).toBeDefined();
        if (message.content === "" && message.role !== "tool") expect(message.tool_calls?.length).toBeGreaterThan(0);
      }
      expect(open).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
