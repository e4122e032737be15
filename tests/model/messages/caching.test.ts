import { describe, expect, test } from "vitest";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { blocksOf, PromptCache, type CacheUse } from "../../support/messages-cache.ts";
import { call, conversation, developer, output, requestOf, user } from "./helpers.ts";

const tool = { type: "function", name: "run", description: "Runs.", parameters: { type: "object" } };
const ask = (input: readonly ResponseItem[]): ReturnType<typeof requestOf> =>
  requestOf(conversation(input, { tools: [tool], instructions: "You are an agent." }));

/** A step of the model: a signed thought, text, calls, and their results. */
function step(number: number, calls: number): ResponseItem[] {
  const ids = Array.from({ length: calls }, (_, index) => `call_${number}_${index}`);
  return [
    {
      type: "reasoning",
      summary: [],
      content: [{ type: "reasoning_text", text: `Thought ${number}.` }],
      encrypted_content: sealText({ kind: "signature", value: `signature ${number}` }),
    },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: `Step ${number}.` }] },
    ...ids.map((id) => call(id, "run", { number })),
    ...ids.map((id) => output(id, `Result of ${id}.`)),
  ];
}

const sizeOf = (input: readonly ResponseItem[]): number =>
  blocksOf(ask(input)).reduce((sum, { text }) => sum + text.length, 0);

/** What each request of a thread took of the cache, and how large it was. */
function run(inputs: readonly (readonly ResponseItem[])[]): (CacheUse & { size: number })[] {
  const cache = new PromptCache();
  return inputs.map((input) => ({ ...cache.ask(ask(input)), size: sizeOf(input) }));
}

describe("of a loop of tool calls, each request", () => {
  const start = [developer("Be careful."), user("Environment."), user("Do it.")];
  // Some steps are wider than a mark looks back.
  const widths = Array.from({ length: 50 }, (_, index) => (index % 10 === 4 ? 30 : 1 + (index % 3)));
  const inputs = widths.reduce<ResponseItem[][]>(
    (all, width, index) => [...all, [...all.at(-1)!, ...step(index, width)]],
    [start],
  );
  const uses = run(inputs);

  test("reads all that the one before was made of", () => {
    for (const [index, use] of uses.entries()) expect(use.read, `request ${index}`).toBe(uses[index - 1]?.size ?? 0);
  });

  test("writes what its last step added, and leaves nothing unmarked", () => {
    for (const { read, written, fresh, size } of uses) {
      expect(fresh).toBe(0);
      expect(written).toBe(size - read);
    }
  });

  test("has at most four marks", () => {
    for (const input of inputs)
      expect(blocksOf(ask(input)).filter(({ marked }) => marked)).toHaveLength(4 - Number(input === start));
  });
});

test("a new prompt reads the turns before it", () => {
  const turn = [user("One."), ...step(1, 2), { type: "message", role: "assistant", content: [] } as ResponseItem];
  const [, last, next] = run([turn.slice(0, 1), turn, [...turn, user("Two.")]]);
  expect(next).toMatchObject({ read: last!.size, fresh: 0 });
});

test("what is said while tools run does not cost what stood before it", () => {
  const turn = [user("One."), ...step(1, 2)];
  const [, first, second] = run([turn.slice(0, 1), turn, [...turn, user("Faster."), developer("A notice.")]]);
  expect(second).toMatchObject({ read: first!.size, fresh: 0 });
});

test("another thread reads the tools and the system of the first", () => {
  const [, other] = run([[user("One.")], [user("Another.")]]);
  const { messages: _messages, ...head } = ask([user("One.")]);
  const shared = blocksOf({ ...head, messages: [] }).reduce((sum, { text }) => sum + text.length, 0);
  expect(other!.read).toBe(shared);
});

test("a profile that has no marks has none in its requests", () => {
  const request = requestOf(conversation([user("One.")], { instructions: "Help." }), { cacheBreakpoints: false });
  expect(JSON.stringify(request)).not.toContain("cache_control");
});
