import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dialogues } from "../conformance/app-server/dialogues.ts";
import { themes } from "../conformance/scenarios.ts";

const root = join(import.meta.dirname, "..", "..");
/** Whatever file a scenario stands in, it is found through its theme. */
const holdsScenarios = (file: string): boolean => /^tests\/conformance\/(?:[a-z-]+-)?scenarios\.ts$/.test(file);
const holdsDialogues = (file: string): boolean => /^tests\/conformance\/app-server\/[a-z-]+-dialogues\.ts$/.test(file);
const text = readFileSync(join(root, "docs", "differences.md"), "utf8");

/** An entry is a list item that opens with bold words and ends with its tests, each on a line of its own. */
const entries = text
  .split(/\n(?=- |## )/)
  .filter((part) => part.startsWith("- "))
  .map((part) => ({
    title: /^- \*\*(.+?)\*\*/.exec(part)?.[1] ?? part,
    shownBy: [...part.matchAll(/^ {2}Test: `([^`]+)` "(.+)"$/gm)].map(([, file = "", name = ""]) => ({ file, name })),
    lines: part.split("\n").filter((line) => line.startsWith("  Test:")).length,
  }));
const shown = entries.flatMap(({ shownBy }) => shownBy);
const scenarios = Object.values(themes).flat();
const differing = [...scenarios, ...Object.values(dialogues).flat()].filter(({ wanted }) => wanted !== undefined);

/** Whether the name stands where a test is given its name. Titles of tables are looked for as they are written. */
function isNamed(source: string, name: string): boolean {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\\(\\s*(["'\`])${literal}\\1\\s*,`).test(source);
}

test("every difference names a test", () => {
  expect(entries.length).toBeGreaterThan(40);
  expect(entries.filter(({ shownBy, lines }) => shownBy.length === 0 || shownBy.length !== lines)).toEqual([]);
});

test("the tests that show a difference are there", () => {
  const missing = shown.filter(({ file, name }) =>
    holdsScenarios(file) || holdsDialogues(file)
      ? !differing.some((scenario) => scenario.name === name)
      : !existsSync(join(root, file)) || !isNamed(readFileSync(join(root, file), "utf8"), name),
  );
  expect(missing).toEqual([]);
});

test("a test that is not there would be missed", () => {
  const source = 'it("is a test", () => {});\nit.each([1])(\n  "of %i",\n  () => {});\nconst words = "no test";';
  expect(["is a test", "of %i", "no test", "is a", "other"].filter((name) => isNamed(source, name))).toEqual([
    "is a test",
    "of %i",
  ]);
});

test("every scenario in which ours is meant to differ is listed", () => {
  const listed = new Set(shown.filter(({ file }) => holdsScenarios(file)).map(({ name }) => name));
  const wanted = scenarios.filter((scenario) => scenario.wanted !== undefined).map(({ name }) => name);
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
});
