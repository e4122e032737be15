import { expect, it } from "vitest";
import { parseNested } from "../../src/protocol/nested-json.ts";

const lists = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

it("reads as many levels as Codex, and no more", () => {
  expect(parseNested(`{"a":${lists(126)}}`)).toEqual(JSON.parse(`{"a":${lists(126)}}`));
  // What the real Codex says of the same text.
  expect(() => parseNested(`{"a":${lists(127)}}`)).toThrow("recursion limit exceeded at line 1 column 132");
  expect(() => parseNested(lists(1_000_000))).toThrow("recursion limit exceeded at line 1 column 128");
  expect(() => parseNested(`{\n"[[":"\\"[[",\n"a":${lists(127)}}`)).toThrow("at line 3 column 131");
});

it("brackets beside each other and in strings are no levels", () => {
  const text = JSON.stringify({ code: "[{".repeat(5000), list: Array.from({ length: 5000 }, () => [{}]) });
  expect(parseNested(text)).toEqual(JSON.parse(text));
});

it("says what is no JSON as before", () => {
  expect(() => parseNested("[".repeat(5000))).toThrow(/JSON/);
});
