import { describe, expect, it } from "vitest";
import { readEvent } from "../../../src/sdk/app-server/events/read-event.ts";
import { diffCounts, textIn } from "../../../src/sdk/app-server/events/text.ts";
import { serverNotifications } from "../../../src/protocol/codex-0.169/app-server/server-notifications.ts";

const ids = { threadId: "t", turnId: "u" };
const read = (method: string, params: object = {}) => {
  const { raw, timestamp, type, ...rest } = readEvent({ method, params: { ...ids, ...params }, emittedAtMs: 5 });
  expect([type, timestamp, raw!.method]).toEqual([method, 5, method]);
  expect(rest).toMatchObject({ sessionId: "t", turnId: "u" });
  const { sessionId, turnId, ...more } = rest;
  return [sessionId, turnId].length === 2 ? more : {};
};

describe("AS-119: notifications as events", () => {
  it.each([
    ["item/agentMessage/delta", "assistant"],
    ["item/plan/delta", "planning"],
    ["item/reasoning/textDelta", "planning"],
    ["item/reasoning/summaryTextDelta", "planning"],
    ["item/commandExecution/outputDelta", "tool"],
    ["item/fileChange/outputDelta", "tool"],
  ])("%s is a piece of text in the phase %s", (method, phase) => {
    expect(read(method, { delta: " x", itemId: "i" })).toEqual({
      phase,
      itemId: "i",
      textDelta: " x",
      messageText: " x",
    });
  });

  it.each<[string, object, object]>([
    [
      "item/mcpToolCall/progress",
      { message: "half", itemId: "i" },
      { phase: "tool", itemId: "i", messageText: "half" },
    ],
    [
      "item/reasoning/summaryPartAdded",
      { summaryIndex: 2, itemId: "i" },
      { phase: "planning", itemId: "i", summaryIndex: 2, messageText: "summary part #2" },
    ],
    [
      "item/commandExecution/terminalInteraction",
      { stdin: "y\n", itemId: "i" },
      { phase: "tool", itemId: "i", messageText: "y\n" },
    ],
    [
      "item/fileChange/patchUpdated",
      { itemId: "i", changes: [{ path: "a" }] },
      {
        phase: "tool",
        itemId: "i",
        item: { type: "fileChange", id: "i", changes: [{ path: "a" }], status: "inProgress" },
      },
    ],
    ["turn/started", { turn: { id: "u", status: "inProgress" } }, { phase: "system" }],
    ["turn/completed", { turn: { id: "u", status: "completed", error: null } }, { phase: "completed" }],
    [
      "turn/completed",
      {
        turn: { id: "u", status: "failed", error: { message: "no", codexErrorInfo: "other", additionalDetails: null } },
      },
      {
        phase: "completed",
        messageText: "no",
        error: { message: "no", codexErrorInfo: "other", additionalDetails: null, willRetry: false },
      },
    ],
    [
      "turn/diff/updated",
      { diff: "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n" },
      { phase: "system", diff: "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n", messageText: "+1 -1" },
    ],
    [
      "turn/plan/updated",
      {
        explanation: "why",
        plan: [
          { step: "a", status: "completed" },
          { step: "b", status: "inProgress" },
        ],
      },
      {
        phase: "planning",
        plan: [
          { step: "a", status: "completed" },
          { step: "b", status: "inProgress" },
        ],
        messageText: "why (2 steps: 1 inProgress, 0 pending, 1 completed)",
      },
    ],
    [
      "turn/plan/updated",
      { explanation: null, plan: [{ step: "a", status: "pending" }] },
      {
        phase: "planning",
        plan: [{ step: "a", status: "pending" }],
        messageText: "1 step: 0 inProgress, 1 pending, 0 completed",
      },
    ],
    [
      "thread/tokenUsage/updated",
      { tokenUsage: { total: { totalTokens: 9 }, last: { total_tokens: 4 } } },
      {
        phase: "system",
        tokenUsage: { total: { totalTokens: 9 }, last: { total_tokens: 4 } },
        messageText: "last=4, total=9",
      },
    ],
    ["thread/name/updated", { threadName: "n" }, { phase: "system", threadName: "n", messageText: "thread name: n" }],
    ["thread/name/updated", {}, { phase: "system", threadName: null, messageText: "thread name cleared" }],
    ["thread/compacted", {}, { phase: "system", messageText: "thread compacted" }],
    [
      "error",
      { error: { message: "m", codexErrorInfo: "other", additionalDetails: "d" }, willRetry: true },
      {
        phase: "error",
        messageText: "m",
        error: { message: "m", codexErrorInfo: "other", additionalDetails: "d", willRetry: true },
      },
    ],
    ["warning", { message: " beware " }, { phase: "system", messageText: "beware" }],
    ["configWarning", { summary: "odd key", details: null }, { phase: "system", messageText: "odd key" }],
    ["codex/event/thing", { msg: { text: "deep" } }, { phase: "system", messageText: "deep" }],
    ["serverRequest/resolved", { requestId: 0 }, { phase: "system", requestId: 0 }],
    ["thread/status/changed", { status: { type: "idle" } }, { phase: "system" }],
    ["some/thing/new", { text: "x" }, { phase: "system" }],
  ])("%s %j", (method, params, expected) => {
    expect(read(method, params)).toEqual(expected);
  });

  it("has items in the phase of their kind", () => {
    const phases = {
      agentMessage: "assistant",
      reasoning: "planning",
      plan: "planning",
      commandExecution: "tool",
      webSearch: "tool",
      mcpToolCall: "tool",
      userMessage: "system",
      contextCompaction: "system",
    };
    for (const [type, phase] of Object.entries(phases)) {
      const item = { type, id: "i", text: "said" };
      expect(read("item/started", { item })).toEqual({ phase, itemId: "i", item });
      expect(read("item/completed", { item })).toEqual({
        phase,
        itemId: "i",
        item,
        ...(type === "agentMessage" && { messageText: "said" }),
      });
    }
  });

  it("can be read whatever they hold", () => {
    for (const method of Object.keys(serverNotifications))
      for (const params of [
        undefined,
        null,
        3,
        [],
        {},
        { turn: 1, item: [], error: [], plan: {}, delta: 4, tokenUsage: 1 },
      ])
        expect(readEvent({ method, params }).type).toBe(method);
  });

  it("takes the time of arrival where the server does not say", () => {
    expect(readEvent({ method: "warning" }, 7).timestamp).toBe(7);
  });

  it("counts the lines of a diff, not those of its headers", () => {
    expect(diffCounts("--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n--- b\n+++ c\n+d\n")).toBe("+2 -1");
    expect(diffCounts("+a\n-b\n+++ x\n--- y")).toBe("+1 -1");
    expect(diffCounts("")).toBe("+0 -0");
  });

  it("finds a text wherever it is, and stops at some depth", () => {
    expect(textIn({ a: { b: { content: [{ text: " x " }, { text: "" }, { text: "y" }] } } })).toBe("x\ny");
    expect(textIn({ error: { message: "e" }, text: "t", message: " " })).toBe("t");
    const nested = (depth: number): object => (depth === 0 ? { text: "x" } : { in: nested(depth - 1) });
    expect(textIn(nested(2))).toBe("x");
    expect(textIn(nested(50))).toBeNull();
  });
});
