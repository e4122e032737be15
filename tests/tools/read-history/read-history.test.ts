import fc from "fast-check";
import { expect, test } from "vitest";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { readHistoryTool } from "../../../src/tools/read-history/read-history.ts";
import type { PastEntry } from "../../../src/tools/read-history/entries.ts";
import { callTool, recordedContext } from "../call.ts";

const message = (role: "user" | "assistant" | "developer", text: string): ResponseItem => ({
  type: "message",
  role,
  content: [role === "assistant" ? { type: "output_text", text } : { type: "input_text", text }],
});
const past: PastEntry[] = [
  { sequence: 1, item: message("developer", "<permissions>"), kinds: ["permissions.instructions"] },
  { sequence: 2, item: message("user", "<environment_context>"), kinds: ["environments.environment_context"] },
  { sequence: 3, item: message("user", "Find the needle."), kinds: ["user.text"] },
  { sequence: 4, item: { type: "reasoning", summary: [{ type: "summary_text", text: "Where?" }] }, kinds: [] },
  { sequence: 5, item: { type: "reasoning", summary: [], encrypted_content: "sealed" }, kinds: [] },
  {
    sequence: 6,
    item: { type: "function_call", name: "grep_files", arguments: '{"pattern":"needle"}', call_id: "a" },
    kinds: [],
  },
  { sequence: 7, item: { type: "custom_tool_call", name: "apply_patch", input: "*** Begin", call_id: "b" }, kinds: [] },
  { sequence: 9, item: { type: "custom_tool_call_output", call_id: "b", output: "Done." }, kinds: [] },
  {
    sequence: 8,
    item: {
      type: "function_call_output",
      call_id: "a",
      output: [
        { type: "input_text", text: "hay.txt" },
        { type: "input_image", image_url: "data:image/png;base64,AAAA" },
      ],
    },
    kinds: [],
  },
  { sequence: 12, item: message("assistant", "It is in hay.txt."), kinds: [] },
];

const read = async (args: object, entries = past, outputTokens = 10_000): Promise<string> => {
  const { context } = recordedContext("/work", { outputTokens });
  return (
    await callTool(
      readHistoryTool(async () => entries),
      args,
      context,
    )
  ).output as string;
};

test("lists what was said and done, with numbers; not the context, and no sealed thoughts", async () => {
  expect((await read({})).split("\n")).toEqual([
    "#3 user (16): Find the needle.",
    "#4 reasoning (6): Where?",
    '#6 call of grep_files (20): {"pattern":"needle"}',
    "#7 call of apply_patch (9): *** Begin",
    "#9 output of #7 (5): Done.",
    "#8 output of #6 (15): hay.txt [image]",
    "#12 assistant (17): It is in hay.txt.",
  ]);
});

test("pages backwards", async () => {
  expect((await read({ limit: 2 })).split("\n")).toEqual([
    "[5 earlier entries: before 8]",
    "#8 output of #6 (15): hay.txt [image]",
    "#12 assistant (17): It is in hay.txt.",
  ]);
  expect(await read({ limit: 1, before: 4 })).toBe("#3 user (16): Find the needle.");
  expect(await read({ before: 1 })).toBe("No entries.");
});

test("searches texts and names, in whatever case", async () => {
  expect(await read({ query: "NEEDLE" })).toBe(
    '#3 user (16): Find the needle.\n#6 call of grep_files (20): {"pattern":"needle"}',
  );
  expect(await read({ query: "apply_patch" })).toBe("#7 call of apply_patch (9): *** Begin");
  expect(await read({ query: "nowhere" })).toBe("No entry contains `nowhere`.");
  const long: PastEntry[] = [
    { sequence: 1, item: message("user", `${"x ".repeat(500)}needle${" y".repeat(500)}`), kinds: [] },
  ];
  expect(await read({ query: "needle" }, long)).toMatch(/^#1 user \(2006\): ….*needle.*…$/);
});

test("reads one whole, part by part where it is long", async () => {
  expect(await read({ id: 8 })).toBe("#8 output of #6 (15 characters)\nhay.txt\n[image]");
  const text = Array.from({ length: 500 }, (_, index) => `line ${index}`).join("\n");
  const long: PastEntry[] = [{ sequence: 1, item: message("user", text), kinds: [] }];
  let found = "";
  for (let offset = 0; offset < text.length;) {
    const part = await read({ id: 1, offset }, long, 300);
    expect(part.length).toBeLessThan(300 * 4);
    const [head, ...rest] = part.split("\n");
    expect(head).toBe(`#1 user (${text.length} characters)`);
    const more = /^\[\d+ characters more: offset (\d+)\]$/.exec(rest.at(-1)!);
    found += (more === null ? rest : rest.slice(0, -1)).join("\n");
    offset = more === null ? text.length : Number(more[1]);
  }
  expect(found).toBe(text);
});

test.each([
  [{ id: 5 }, /no entry #5/],
  [{ id: 99 }, /no entry #99/],
  [{ id: 3, offset: 17 }, /16 characters/],
  [{ id: 0 }, /greater than zero/],
  [{ limit: -1 }, /greater than zero/],
  [{ offset: -1, id: 3 }, /must not be negative/],
])("says what is wrong with %j", async (args, words) => {
  expect(await read(args)).toMatch(words);
});

test("no list is longer than an output may be", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 150 }),
      fc.integer({ min: 200, max: 2000 }),
      async (texts, tokens) => {
        const many = texts.map((text, index) => ({ sequence: index + 1, item: message("user", text), kinds: [] }));
        const output = await read({ limit: 100 }, many, tokens);
        expect(output.length).toBeLessThan(tokens * 4);
        expect(output.split("\n").at(-1)).toMatch(new RegExp(`^#${texts.length} user`));
      },
    ),
    { numRuns: 100 },
  );
});
