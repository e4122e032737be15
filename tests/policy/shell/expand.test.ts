import { expect, test } from "vitest";
import { expandWord, type Value } from "../../../src/policy/shell/expand.ts";
import { readLine } from "../../../src/policy/shell/read.ts";
import { loadShellParser } from "../../../src/system/shell-parser.ts";

const parser = await loadShellParser();
const known: Record<string, string> = { name: "value", spaced: "a b", star: "*", empty: "", number: "7" };

/** What a command's words become; null for one that is not known. */
function expand(words: string): (string | null)[] {
  const line = readLine(`echo ${words}`, parser);
  if (line.kind !== "command") throw new Error("no command");
  const get = (name: string): Value | null =>
    name in known ? { text: known[name]!, numeric: name === "number" } : null;
  return line.words.slice(1).flatMap((word) => expandWord(word, { get, home: "/home/me" }).map(({ text }) => text));
}

test.each([
  ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
  ["a'b'\"c\" \\d $'e'f", ["abc", "d", "ef"]],
  ['"a\\"b\\$c\\\\d\\e"', ['a"b$c\\d\\e']],
  ["$'a\\n\\t\\x41\\101\\u0042'", ["a\n\tAAB"]],
  ["$name ${name} \"$name\" '$name'", ["value", "value", "value", "$name"]],
  ["x$name-y", ["xvalue-y"]],
  ['$spaced "$spaced" $star "$star"', [null, "a b", null, "*"]],
  ['$empty "$empty" a$empty', ["", "a"]],
  ['$missing "$missing" a$(ls) $((1 + 1))', [null, null, null, null]],
  ["~ ~/x a~ '~' ~other", ["/home/me", "/home/me/x", "a~", "~", null]],
  ["{a,b} x{1,2}y {a,b}{c,d}", ["a", "b", "x1y", "x2y", "ac", "ad", "bc", "bd"]],
  ["{1..3} {c..a} {01..03} {1..100}", ["1", "2", "3", "c", "b", "a", null, null]],
  ["{a} {} '{a,b}' \\{a,b} a{b", ["{a}", "{}", "{a,b}", "{a,b}", "a{b"]],
  ["x{a,'b c',$name}", ["xa", "xb c", "xvalue"]],
])("%s becomes %j", (words, expected) => {
  expect(expand(words)).toEqual(expected);
});
