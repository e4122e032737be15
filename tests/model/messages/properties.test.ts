/** What holds of every thread that the kernel can hold. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { isToolCall, isToolCallOutput } from "../../../src/protocol/response-items.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { anyThread as unsignedThread, threadTools } from "../../support/any-thread.ts";
import { blocksOf } from "../../support/messages-cache.ts";
import { messagesFaults, type Generation } from "../../support/messages-rules.ts";
import { conversation, requestOf } from "./helpers.ts";

/** Some of what was thought is signed or redacted, the rest comes from other models. */
const anyThread = unsignedThread.map((thread) =>
  thread.map((item, index): ResponseItem => {
    if (item.type !== "reasoning" || item["encrypted_content" as keyof ResponseItem] !== "sealed-rs_1") return item;
    const kind = index % 3 === 0 ? "redacted" : "signature";
    return { ...item, encrypted_content: sealText({ kind, value: `sealed ${index}` }) } as ResponseItem;
  }),
);

const models: Record<Generation, string> = {
  budget: "claude-sonnet-4-5-20250929",
  adaptive: "claude-opus-4-8",
  always: "claude-opus-5-5",
};
const choices = ["auto", "none", "required", { type: "function", name: "exec_command" }];

const anyAsk = fc.record({
  thread: anyThread,
  generation: fc.constantFrom<Generation>("budget", "adaptive", "always"),
  toolChoice: fc.constantFrom<unknown>(...choices),
  tools: fc.constantFrom<readonly unknown[]>(threadTools, threadTools.slice(0, 1), []),
  reasoningEffort: fc.constantFrom(null, "none", "minimal", "low", "medium", "high", "xhigh", "max"),
  maxOutputTokens: fc.constantFrom(null, 500, 2_000, 100_000),
  temperature: fc.constantFrom(null, 0, 0.7, 2),
  topP: fc.constantFrom(null, 0.5),
  stop: fc.constantFrom(null, "STOP", ["\n\n", "END"]),
  parallelToolCalls: fc.constantFrom(null, true, false),
  vision: fc.boolean(),
  format: fc.constantFrom(null, { type: "json_object" as const }),
});

test("the API has nothing to refuse about any request", () => {
  fc.assert(
    fc.property(anyAsk, ({ thread, generation, vision, ...asked }) => {
      const named = asked.tools.length === 0 && typeof asked.toolChoice === "object";
      // A model that always thinks cannot be made to call: the API says so itself.
      const toolChoice = named || generation === "always" ? "auto" : asked.toolChoice;
      const request = requestOf(
        conversation(thread, { ...asked, toolChoice, model: models[generation], instructions: "Help." }),
        { vision },
      );
      expect(messagesFaults(request, generation)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

/** Threads of another's making: calls and outputs go missing, change places, stand twice. */
const damaged = fc
  .tuple(anyThread, fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 2 })), { maxLength: 4 }))
  .map(([thread, harms]) => {
    const items = [...thread];
    for (const [one, other, kind] of harms) {
      const at = items.length === 0 ? 0 : one % items.length;
      const [taken] = items.splice(at, 1);
      if (taken === undefined || kind === 0) continue;
      items.splice(items.length === 0 ? 0 : other % items.length, 0, taken);
      if (kind === 2) items.splice(at, 0, taken.type === "message" ? taken : { ...taken });
    }
    return items;
  });

test("nor about one whose history is damaged", () => {
  fc.assert(
    fc.property(damaged, (thread) => {
      expect(messagesFaults(requestOf(conversation(thread, { tools: threadTools })), "adaptive")).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test("a conversation that goes on begins with the same blocks, but for the marks of the cache", () => {
  fc.assert(
    fc.property(anyThread, anyThread, (thread, more) => {
      const first = { type: "message", role: "user", content: [{ type: "input_text", text: "Hi." }] } as const;
      // Not more often than there are ids for.
      const renamed = more.map((item) =>
        isToolCall(item) || isToolCallOutput(item) ? { ...item, call_id: `later_${item.call_id}` } : item,
      ) as ResponseItem[];
      const begun: ResponseItem[] = [first, ...thread];
      // What is asked ends with a user's word or with results.
      const end: ResponseItem = { ...first, content: [{ type: "input_text", text: "Now." }] };
      const asked = (input: ResponseItem[]): string[] =>
        blocksOf(requestOf(conversation(input, { tools: [threadTools[0]], instructions: "Help." })))
          .filter(({ text }) => !text.startsWith("tool "))
          .map(({ text }) => text);
      const before = asked([...begun, end]);
      expect(asked([...begun, end, ...renamed]).slice(0, before.length)).toEqual(before);
    }),
    { numRuns: 300 },
  );
});

test("what a model signed goes back to it as it came, before what it said with it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ minLength: 1 }), (thought, signature) => {
      const input: ResponseItem[] = [
        { type: "message", role: "user", content: [{ type: "input_text", text: "Hi." }] },
        {
          type: "reasoning",
          summary: [],
          content: thought === "" ? [] : [{ type: "reasoning_text", text: thought }],
          encrypted_content: sealText({ kind: "signature", value: signature }),
        },
        { type: "reasoning", summary: [], encrypted_content: sealText({ kind: "redacted", value: signature }) },
        { type: "function_call", name: "exec_command", call_id: "call_1", arguments: "{}" },
        { type: "function_call_output", call_id: "call_1", output: "done" },
      ];
      expect(requestOf(conversation(input, { tools: threadTools })).messages[1]?.content.slice(0, 2)).toEqual([
        { type: "thinking", thinking: thought, signature },
        { type: "redacted_thinking", data: signature },
      ]);
    }),
  );
});
