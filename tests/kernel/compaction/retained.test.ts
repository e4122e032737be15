import fc from "fast-check";
import { expect, test } from "vitest";
import { summaryMessage } from "../../../src/kernel/compaction/prompts.ts";
import { pruneOldest } from "../../../src/kernel/compaction/prune.ts";
import { isUserPrompt, retainedPrompts } from "../../../src/kernel/compaction/retained.ts";
import type { MessageMark } from "../../../src/kernel/journal-port.ts";
import { historyTokens } from "../../../src/kernel/token-estimate.ts";
import type { InputPart, MessageItem, ResponseItem } from "../../../src/protocol/response-items.ts";
import { call, expectValid, say } from "../kit.ts";

const user = (id: string, ...texts: string[]): MessageItem => ({
  type: "message",
  id,
  role: "user",
  content: texts.map((text) => ({ type: "input_text", text })),
});
const mark = (...kinds: string[]): MessageMark => ({ turnId: "t", kinds, createdAtMs: 1, sequence: 1 });
const texts = (items: readonly { item: ResponseItem }[]): string[][] =>
  items.map(({ item }) => (item as MessageItem).content.map((part) => ("text" in part ? part.text : part.type)));
const none = new Map<string, MessageMark>();

const filler = (letter: string, length: number): string => `${letter}${"abcdefghij ".repeat(length)}`.slice(0, length);

test("the newest words are kept, the one that overflows is cut in its middle, older ones go: as Codex does", () => {
  // The numbers are those of a run of Codex 0.169: 60,008, 39,999 and 30,000 characters and one.
  const history = [
    user("old", "x"),
    user("a", filler("A", 60_008)),
    user("b", filler("B", 39_999)),
    user("c", filler("C", 30_000)),
    user("d", "D"),
  ];
  const { items, cut } = retainedPrompts(history, none, 20_000);
  expect(texts(items).map((parts) => parts.map((part) => part.length))).toEqual([
    [4998, 24, 4998],
    [39_999],
    [30_000],
    [1],
  ]);
  expect(texts(items)[0]?.[1]).toBe("…12503 tokens truncated…");
  expect(cut).toBe(true);
  expect(items.map(({ item }) => item.id)).toEqual(["a", "b", "c", "d"]);
});

test("images go, with the markers around them; what was written beside them stays", () => {
  const content: InputPart[] = [
    { type: "input_text", text: '<image name=[Image #1] path="a.png">' },
    { type: "input_image", image_url: "data:image/png;base64,AAAA" },
    { type: "input_text", text: "</image>" },
    { type: "input_text", text: "look at this" },
  ];
  const item: MessageItem = { type: "message", id: "m", role: "user", content };
  const marks = new Map([["m", mark("user.image_open", "user.image", "user.image_close", "user.text")]]);
  for (const known of [marks, none]) {
    const { items, images, cut } = retainedPrompts([item], known, 100);
    expect(texts(items)).toEqual([["look at this"]]);
    expect([images, cut]).toEqual([1, false]);
  }
  const pictures: MessageItem = { ...item, content: content.slice(0, 3) };
  expect(
    retainedPrompts([pictures], new Map([["m", mark("user.image_open", "user.image", "user.image_close")]]), 100),
  ).toEqual({
    items: [],
    cut: false,
    images: 1,
  });
});

test.each([
  ["what a person wrote", user("m", "hello"), mark("user.text"), true],
  ["an image alone", user("m", "x"), mark("user.image"), true],
  ["a summary by its mark, whatever its words", user("m", "some words"), mark("compaction.summary"), false],
  ["context", user("m", "<environment_context>…"), mark("environments.environment_context"), false],
  ["a notice of a stop", user("m", "<turn_aborted>\n…"), mark("generic.turn_aborted"), false],
  ["a person's words that look like a tag, when the file says so", user("m", "<b>bold</b>"), mark("user.text"), true],
  ["without a mark: words", user("m", "hello"), undefined, true],
  ["without a mark: context", user("m", "<environment_context>\n  <cwd>/</cwd>"), undefined, false],
  ["without a mark: AGENTS.md", user("m", "# AGENTS.md instructions for /work"), undefined, false],
  ["without a mark: a skill", user("m", "<skill>\n<name>x</name>"), undefined, false],
  [
    "without a mark: a summary of ours",
    user("m", summaryMessage("x", { last: 3, cut: false, images: 0 })),
    undefined,
    false,
  ],
  ["an answer", say("hello"), undefined, false],
])("%s", (_name, item, known, expected) => {
  expect(isUserPrompt(item, known)).toBe(expected);
});

test("a summary says what it covers", () => {
  expect(summaryMessage("S", { last: 57, cut: false, images: 0 })).toMatch(
    /#1 to #57.*What the user said is kept above\..*read_history.*\n\nS$/s,
  );
  expect(summaryMessage("S", { last: 57, cut: true, images: 2 })).toMatch(
    /The latest of what the user said is kept above, without its 2 images\./,
  );
});

test("whatever is kept fits the budget, in order, each message whole or the first one cut", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc
          .string({ unit: "grapheme", minLength: 1, maxLength: 120 })
          .filter((text) => text.trim() !== "" && !/^[<#]/.test(text)),
        { maxLength: 12 },
      ),
      fc.integer({ min: 1, max: 80 }),
      (said, budget) => {
        const history = said.flatMap((text, index) => [user(`m${index}`, text), say(`answer ${index}`)]);
        const { items, cut } = retainedPrompts(history, none, budget);
        const kept = texts(items);
        const ids = items.map(({ item }) => Number(String(item.id).slice(1)));
        expect(ids).toEqual(said.map((_, index) => index).slice(said.length - ids.length));
        kept.forEach((parts, index) => {
          if (index > 0 || parts.length === 1) expect(parts).toEqual([said[ids[index]!]]);
          else expect(cut).toBe(true);
        });
        const bytes = kept.reduce(
          (sum, parts) => sum + Buffer.byteLength(parts.length === 3 ? `${parts[0]}${parts[2]}` : parts[0]!),
          0,
        );
        expect(bytes).toBeLessThanOrEqual(budget * 4);
        expect(cut).toBe(kept.some((parts) => parts.length === 3) || ids.length < said.length);
      },
    ),
    { numRuns: 300 },
  );
});

test("pruning leaves calls and outputs whole, thoughts with what they led to, and users' words for last", () => {
  const output = (id: string): ResponseItem => ({ type: "function_call_output", call_id: id, output: "x".repeat(80) });
  const reasoning = (id: string): ResponseItem => ({ type: "reasoning", id, summary: [], encrypted_content: "s" });
  const item = fc.constantFrom<(id: string) => ResponseItem[]>(
    (id) => [user(id, "words")],
    (id) => [say("answer", id)],
    (id) => [reasoning(`r${id}`), call(id, "t"), output(id)],
    (id) => [reasoning(`r${id}`), call(id, "t"), call(`${id}b`, "t"), output(id), output(`${id}b`)],
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), (makers) => {
      let history = makers.flatMap((make, index) => make(`i${index}`));
      const prompts = history.filter((each) => isUserPrompt(each, undefined));
      const quota = historyTokens(history) / 8;
      for (let rounds = 0; ; rounds++) {
        expect(rounds).toBeLessThan(20);
        const pruned = pruneOldest(history, (each) => isUserPrompt(each, undefined), quota);
        if (pruned === null) break;
        expectValid(pruned.history);
        // A thought without what it led to is refused by providers.
        pruned.history.forEach((each, index) => {
          if (each.type === "reasoning" && history.some(({ type }) => type === "function_call"))
            expect(pruned.history[index + 1]?.type).not.toBe("message");
        });
        expect(pruned.outputs).toBe(
          history.filter(({ type }) => type === "function_call_output").length -
            pruned.history.filter(({ type }) => type === "function_call_output").length,
        );
        history = pruned.history;
      }
      expect(history).toEqual(prompts);
    }),
    { numRuns: 200 },
  );
});

test("a script that is left out goes with everything that it has said: no output stays without its call", () => {
  const output = (id: string): ResponseItem => ({ type: "custom_tool_call_output", id, call_id: "c", output: id });
  const script: ResponseItem = { type: "custom_tool_call", id: "ctc", call_id: "c", name: "exec", input: "notify(1)" };
  const history = [user("u", "go"), script, output("note"), user("v", "and?"), output("end")];
  const pruned = pruneOldest(history, (each) => isUserPrompt(each, undefined), 1);
  expect(pruned).toEqual({ history: [history[0], history[3]], outputs: 2 });
});
