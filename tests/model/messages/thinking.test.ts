import { describe, expect, test } from "vitest";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { Conversation } from "../../../src/model/dialect/conversation.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { traitsOf } from "../../../src/model/messages/traits.ts";
import { assistant, call, conversation, output, requestOf, user } from "./helpers.ts";

const tools = [{ type: "function", name: "run", parameters: { type: "object" } }];
function thoughts(
  model: string,
  effort: string | null,
  more: Partial<Conversation> = {},
  input = [user("Hi.")],
): unknown {
  const request = requestOf(conversation(input, { model, tools, reasoningEffort: effort, ...more }));
  const { thinking = null, output_config: config } = request;
  return config === undefined ? thinking : { thinking, ...config };
}
const shown = { type: "adaptive", display: "summarized" };
const bound = { ...shown, block_binding: { prefix_mismatch_behavior: "drop_block" } };

describe("an effort is", () => {
  test("a number of tokens to models that think within one, and to servers of others", () => {
    for (const model of ["claude-sonnet-4-5-20250929", "claude-3-7-sonnet-20250219", "claude-opus-4-1", "glm-5"]) {
      expect(thoughts(model, "low")).toEqual({ type: "enabled", budget_tokens: 4000 });
      expect(thoughts(model, "max")).toEqual({ type: "enabled", budget_tokens: 24_000 });
      expect(thoughts(model, null)).toBeNull();
      expect(thoughts(model, "none")).toBeNull();
    }
  });

  test("below what may be said at all, and nothing where that leaves no room", () => {
    const model = "claude-sonnet-4-5";
    expect(thoughts(model, "high", { maxOutputTokens: 2_000 })).toEqual({ type: "enabled", budget_tokens: 1500 });
    expect(thoughts(model, "high", { maxOutputTokens: 1_000 })).toBeNull();
  });

  test("a word to models that think as they like", () => {
    expect(thoughts("claude-opus-4-6", "minimal")).toEqual({ thinking: { type: "adaptive" }, effort: "low" });
    expect(thoughts("claude-opus-4-6", "xhigh")).toEqual({ thinking: { type: "adaptive" }, effort: "high" });
    expect(thoughts("claude-opus-4-8", "xhigh")).toEqual({ thinking: shown, effort: "xhigh" });
    expect(thoughts("anthropic/claude-sonnet-5", "ultra")).toEqual({ thinking: shown, effort: "max" });
    expect(thoughts("claude-opus-5-5", "medium")).toEqual({ thinking: bound, effort: "medium" });
  });

  test("nothing to models that do not think, and where a profile says so", () => {
    expect(thoughts("claude-3-5-haiku-latest", "high")).toBeNull();
    const asked = conversation([user("Hi.")], { model: "claude-opus-4-8", reasoningEffort: "high" });
    expect(requestOf(asked, { effort: null })).not.toHaveProperty("thinking");
  });
});

describe("where no effort is said", () => {
  test("models that think anyway are asked to show it", () => {
    expect(thoughts("claude-opus-4-8", null)).toBeNull();
    expect(thoughts("claude-opus-5", null)).toEqual(shown);
    expect(thoughts("claude-fable-5-1", null)).toEqual(bound);
  });
});

test("`none` keeps models from thinking that can be kept from it, and has others think the least", () => {
  expect(thoughts("claude-opus-4-8", "none")).toBeNull();
  expect(thoughts("claude-opus-5", "none")).toEqual({ type: "disabled" });
  expect(thoughts("claude-haiku-5-5", "none")).toMatchObject({ type: "disabled" });
  expect(thoughts("claude-sonnet-5-5", "none")).toMatchObject({ type: "between_tools" });
  expect(thoughts("claude-opus-5-5", "none")).toEqual({ thinking: bound, effort: "low" });
});

test("who must call a tool does not think, as far as the model can be told", () => {
  const toolChoice = "required";
  expect(thoughts("claude-sonnet-4-5", "high", { toolChoice })).toBeNull();
  expect(thoughts("claude-opus-4-6", "high", { toolChoice })).toEqual({ thinking: null, effort: "high" });
  expect(thoughts("claude-opus-5", "max", { toolChoice })).toEqual({ thinking: { type: "disabled" }, effort: "high" });
});

test("who thinks is given no temperature", () => {
  const asked = (reasoningEffort: string | null): object =>
    requestOf(conversation([user("Hi.")], { model: "claude-sonnet-4-5", temperature: 0.2, reasoningEffort }));
  expect(asked("high")).not.toHaveProperty("temperature");
  expect(asked(null)).toHaveProperty("temperature", 0.2);
});

describe("a turn that began without thinking", () => {
  const calls = [call("a", "run"), output("a", "done"), call("b", "run"), output("b", "done")];
  const signed: ResponseItem = {
    type: "reasoning",
    summary: [],
    content: [{ type: "reasoning_text", text: "Hm." }],
    encrypted_content: sealText({ kind: "signature", value: "s" }),
  };
  const budget = { type: "enabled", budget_tokens: 16_000 };
  const model = "claude-sonnet-4-5";

  test("goes on without", () => {
    expect(thoughts(model, "high", {}, [user("Do."), ...calls])).toBeNull();
    expect(thoughts(model, "high", {}, [user("Do."), signed, ...calls])).toEqual(budget);
  });

  test("is over with the next prompt", () => {
    const input = [user("Do."), ...calls, assistant("Done."), user("More.")];
    expect(thoughts(model, "high", {}, input)).toEqual(budget);
  });
});

test.each([
  ["claude-2.1", null],
  ["claude-3-opus-20240229", null],
  ["claude-3-5-sonnet-20241022", null],
  ["claude-3.7-sonnet", "budget"],
  ["claude-opus-4-20250514", "budget"],
  ["claude-haiku-4-5-20251001", "budget"],
  ["anthropic/claude-sonnet-4.6", "adaptive"],
  ["us.anthropic.claude-opus-4-6-v1:0", "adaptive"],
  ["claude-mythos-preview", "adaptive"],
  ["claude-sonnet-latest", "adaptive"],
])("the model %s thinks: %s", (model, thinking) => {
  expect(traitsOf(model).thinking).toBe(thinking);
});
