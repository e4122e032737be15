import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendInputHistory, readInputHistory } from "../../src/journal/input-history.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { temporaryHome } from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const system = nodeSystem();
const add = (text: string, maxBytes: number | null = null): void =>
  appendInputHistory(system, home.home, { threadId: "t", text }, maxBytes);
const file = (): string => join(home.home, "history.jsonl");

test("what was typed is read again, the newest last, as many as are asked for", () => {
  expect(readInputHistory(system, home.home, 10)).toEqual([]);
  for (const text of ["one", "two\nlines", "three"]) add(text);
  expect(readInputHistory(system, home.home, 10)).toEqual(["one", "two\nlines", "three"]);
  expect(readInputHistory(system, home.home, 2)).toEqual(["two\nlines", "three"]);
  expect(readInputHistory(system, home.home, 0)).toEqual([]);
});

test("lines that cannot be read are passed over, and only the end of a large file is looked at", () => {
  writeFileSync(file(), `{"text":"${"x".repeat(5_000_000)}"}\nbroken\n{"text":7}\n{"text":"kept"}\n`);
  expect(readInputHistory(system, home.home, 10)).toEqual(["kept"]);
});

test("a file beyond its limit loses its oldest lines, and never the newest", () => {
  for (let index = 0; index < 40; index++) add(`text ${index}`, 1000);
  expect(statSync(file()).size).toBeLessThanOrEqual(1000);
  const texts = readInputHistory(system, home.home, 100);
  expect(texts.at(-1)).toBe("text 39");
  expect(texts).toEqual(Array.from({ length: texts.length }, (_, index) => `text ${40 - texts.length + index}`));
  add("y".repeat(2000), 1000);
  expect(readInputHistory(system, home.home, 100)).toEqual(["y".repeat(2000)]);
  expect(readFileSync(file(), "utf8").trimEnd().split("\n")).toHaveLength(1);
});
