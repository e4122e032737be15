import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { longestLine, readLine } from "../../../src/policy/shell/read.ts";
import { Unreadable, type Statement } from "../../../src/policy/shell/syntax.ts";
import { loadShellParser } from "../../../src/system/shell-parser.ts";

const parser = await loadShellParser();
const read = (line: string): Statement => readLine(line, parser);

/** A statement as a few words: its kinds, and the words of its commands as they are written. */
function outline(statement: Statement): unknown {
  switch (statement.kind) {
    case "command":
      return statement.words.map(({ source }) => source).join(" ");
    case "sequence":
    case "pipeline":
      return { [statement.kind]: statement.parts.map(outline) };
    case "list":
      return { [statement.operator]: [outline(statement.left), outline(statement.right)] };
    case "branch":
      return { if: outline(statement.condition), arms: statement.arms.map(outline) };
    case "loop":
      return { loop: outline(statement.body), over: statement.values.map(({ source }) => source) };
    case "test":
      return { test: statement.words.map(({ source }) => source) };
    default:
      return { [statement.kind]: outline(statement.body) };
  }
}

test.each([
  ["ls -la 'a b'", "ls -la 'a b'"],
  ["a | b |& c", { pipeline: ["a", "b", "c"] }],
  ["a && b || c", { "||": [{ "&&": ["a", "b"] }, "c"] }],
  ["a; b & c\nd", { sequence: ["a", { background: "b" }, "c", "d"] }],
  ["(a; b)", { subshell: { sequence: ["a", "b"] } }],
  ["{ a; b; } > x", { redirected: { sequence: ["a", "b"] } }],
  ["if a; then b; elif c; then d; else e; fi", { if: "a", arms: ["b", { sequence: ["c", "d"] }, "e"] }],
  ["for x in 1 $y; do a; done", { loop: "a", over: ["1", "$y"] }],
  ["f() { a; }", { function: { sequence: ["a"] } }],
  ["a <<X | b\ntext\nX", { pipeline: ["a", "b"] }],
  ["a <<X && b\ntext\nX\nc", { sequence: [{ "&&": ["a", "b"] }, "c"] }],
  ["> x a b", "a b"],
  ["a > x b c", "a b c"],
  ["a # b; c", "a"],
])("%j is read as a shell reads it", (line, expected) => {
  expect(outline(read(line))).toEqual(expected);
});

test("a redirection behind a list belongs to its last command", () => {
  expect(read("a && b > x")).toMatchObject({ left: { redirects: [] }, right: { redirects: [{ operator: ">" }] } });
});

const unreadable: readonly (readonly [string, string])[] = [
  ["a 'b", "no part of a shell line"],
  ["a\u00a0b c\rd", "blank"],
  ["a\\\nb", "continued"],
  ["a -b2>x", "redirected"],
  ['echo $"x"', "touch"],
  ["echo `a \\`b\\``", "backslash"],
  ["cat <<A <<B\na\nA\nb\nB", ""],
  ['cat <<"A B"\nA B', ""],
  ["a \0", "zero byte"],
  ["x".repeat(longestLine + 1), "longer than"],
  [`echo ${"$(".repeat(200)}ls${")".repeat(200)}`, "nested"],
  ["|&".repeat(30_000), ""],
];

/** Of a long line its beginning is name enough. */
const shortly = (line: string): string => (line.length > 80 ? `${line.slice(0, 80)}…` : line);

test.each(unreadable.map(([line, why]) => [shortly(line), line, why] as const))("%j is refused", (_, line, why) => {
  expect(() => read(line)).toThrow(Unreadable);
  expect(() => read(line)).toThrow(why);
});

test(
  "reading hundreds of lines, long ones among them, leaves the memory of the parser as it was",
  { timeout: 60_000 },
  () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const memory = (): number => {
      collect();
      return process.memoryUsage().external;
    };
    const long = "ls -la src | grep foo; ".repeat(400);
    for (let time = 0; time < 20; time++) read(long);
    const before = memory();
    for (let time = 0; time < 200; time++) {
      read(long);
      expect(() => read("ls 'unfinished")).toThrow(Unreadable);
    }
    expect(memory() - before).toBeLessThan(1_000_000);
  },
);
