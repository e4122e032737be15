import fc from "fast-check";
import { expect, test } from "vitest";
import { findModel } from "../../../src/model/catalog.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { originOf, withOrigin } from "../../../src/model/fallback/origin.ts";
import { requestFor, type Place } from "../../../src/model/fallback/translate.ts";
import type { ReasoningItem, ResponseItem } from "../../../src/protocol/response-items.ts";
import type { ToolSpec } from "../../../src/protocol/tool-spec.ts";
import { anyThread } from "../../support/any-thread.ts";
import { requestOf, thought } from "./chain-kit.ts";

const place = (name: string, more: Partial<Place> = {}): Place => {
  const [provider = "", model = ""] = name.split("/");
  return { name, provider, model: findModel(model), wire: "responses", ...more };
};
const first = place("a/gpt-6.1-sol");
const other = place("b/small");
const shown = (input: readonly ResponseItem[], to: Place): readonly ResponseItem[] =>
  requestFor(to, first, requestOf("t", input)).input;

const open: ReasoningItem = {
  type: "reasoning",
  id: "rs_open",
  summary: [],
  content: [{ type: "reasoning_text", text: "hm" }],
  encrypted_content: null,
};

test("sealed reasoning goes to its maker alone, and comes back as it was", () => {
  const own = thought("rs_1", "sealed");
  const theirs = withOrigin(own, other.name);
  expect(theirs).not.toEqual(own);
  expect(originOf(theirs as ReasoningItem)).toEqual({ maker: other.name, item: own });
  expect(shown([own, theirs], first)).toEqual([own]);
  expect(shown([own, theirs], other)).toEqual([own]);
  expect(shown([own, theirs], place("c/third"))).toEqual([]);
  expect(originOf(withOrigin(open, "x/y:z") as ReasoningItem)).toEqual({ maker: "x/y:z", item: open });
});

test("what was thought in the open is shown where the API has a place for it", () => {
  const { encrypted_content: _none, ...bare } = open;
  expect(shown([open], place("b/small", { wire: "chat" }))).toEqual([bare]);
  expect(shown([open], other)).toEqual([]);
});

test("Anthropic's seals go to models behind the Messages API alone", () => {
  const sealed = thought("rs_1", sealText({ kind: "redacted", value: "v" }));
  expect(withOrigin(sealed, other.name)).toBe(sealed);
  expect(shown([sealed], place("b/claude", { wire: "messages" }))).toEqual([sealed]);
  expect(shown([sealed], other)).toEqual([]);
  expect(shown([sealed], first)).toEqual([]);
});

test("a model without eyes is told where there was an image", () => {
  const image = { type: "input_image", image_url: "data:image/png;base64,AA==" } as const;
  const blind = place("b/blind", { model: { ...findModel("blind"), imageDetail: null } });
  const items: ResponseItem[] = [
    { type: "message", role: "user", content: [{ type: "input_text", text: "look" }, image] },
    { type: "function_call_output", call_id: "c", output: [image] },
  ];
  expect(shown(items, other)).toEqual(items);
  expect(JSON.stringify(shown(items, blind))).not.toContain("base64");
  expect(shown(items, blind).map(({ type }) => type)).toEqual(["message", "function_call_output"]);
});

test("tools, effort and form are those that the other model knows", () => {
  const tools: ToolSpec[] = [
    { type: "web_search" },
    { type: "tool_search", execution: "client", description: "", parameters: {} },
    { type: "function", name: "run", description: "", strict: false, parameters: {} },
  ];
  const asked = {
    ...requestOf("t"),
    tools,
    lite: true,
    verbosity: "low",
    reasoning: { effort: "max", summary: "auto" },
  };
  const types = (to: Place): string[] => requestFor(to, first, asked).tools.map(({ type }) => type);
  expect(types(other)).toEqual(["function"]);
  expect(types(place("b/small", { wire: "chat" }))).toEqual(["web_search", "tool_search", "function"]);
  expect(types(place("a/gpt-6.1-sol-mini", { model: { ...first.model, name: "x" } }))).toHaveLength(3);
  const sent = requestFor(other, first, asked);
  expect(sent).toMatchObject({ model: "small", reasoning: { summary: "auto" }, verbosity: null });
  expect(sent).not.toHaveProperty("lite");
  expect(sent.reasoning).not.toHaveProperty("effort");
  expect(requestFor(first, first, asked)).toEqual(asked);
});

test("any thread keeps everything but reasoning, and searches of another's web", () => {
  fc.assert(
    fc.property(anyThread, (items) => {
      for (const to of [first, other, place("b/small", { wire: "chat" }), place("b/small", { wire: "messages" })]) {
        const left = to === other ? ["reasoning", "web_search_call"] : ["reasoning"];
        const kept = shown(items, to).filter(({ type }) => type !== "reasoning");
        expect(kept).toEqual(items.filter(({ type }) => !left.includes(type)));
      }
    }),
  );
});
