import { execFileSync, spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isIgnored, parseIgnoreFile } from "../../../src/tools/grep-files/ignore-rules.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/** Ignored when it, or a directory on the way to it, is. */
function ignoredByUs(rules: string, path: string): boolean {
  const files = [parseIgnoreFile(rules, "")];
  const names = path.split("/");
  return names.some((_, index) => isIgnored(names.slice(0, index + 1).join("/"), index < names.length - 1, files));
}

test.each([
  ["*.log", "a/b.log", true],
  ["/*.log", "a/b.log", false],
  ["a/", "a", false],
  ["a/", "a/x", true],
  ["a/**/b", "a/b", true],
  ["a/**/b", "a/x/y/b", true],
  ["**/b", "x/b", true],
  ["a/**", "a/x", true],
  ["*\n!keep", "keep", false],
  ["dir\n!dir/keep", "dir/keep", true],
  ["\\#x", "#x", true],
  ["#x", "#x", false],
  ["x  ", "x", true],
  ["[a-c]?", "b1", true],
  ["[!a]b", "ab", false],
  ["{a,b}", "a", false],
])("%j on %s", (rules, path, ignored) => {
  expect(ignoredByUs(rules, path)).toBe(ignored);
});

test("no rule of a repository keeps anybody waiting", () => {
  const name = "a".repeat(250);
  const path = Array(500).fill("a").join("/");
  const hostile = [`${"*a".repeat(100)}b`, `${"**/a/".repeat(100)}b`, `${"*".repeat(1000)}b`, "x".repeat(100_000)];
  for (const rule of hostile) {
    const files = [parseIgnoreFile(rule, "")];
    expect([isIgnored(name, false, files), isIgnored(path, false, files)]).toEqual([false, false]);
  }
  expect(ignoredByUs(`${"*a".repeat(100)}`, name)).toBe(true);
});

test("random rules give the verdict of git", () => {
  using folder = temporaryDirectory();
  execFileSync("git", ["init", "-q", folder.path]);
  const name = fc.stringMatching(/^[abc.]{1,3}$/).filter((text) => !/^\.+$/.test(text));
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const piece = fc.constantFrom("a", "b", "c", ".", "*", "?", "/", "**", "**/", "[ab]", "[!a]", "!", "\\a");
  const rule = fc
    .tuple(fc.constantFrom("", "!", "/"), fc.array(piece, { minLength: 1, maxLength: 4 }))
    .map(([start, pieces]) => start + pieces.join(""))
    // Two stars that are not a whole name are a plain star by git's manual, and something else in its code.
    .filter((text) => !/[^/!]\*\*|\*\*[^/]|\*\*\/+\*\*|\*\*\/*$/.test(text));
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 3 }),
      fc.uniqueArray(path, { minLength: 8, maxLength: 15 }),
      (rules, paths) => {
        const text = rules.join("\n");
        folder.write(".gitignore", text);
        const { stdout } = spawnSync("git", ["-C", folder.path, "check-ignore", "--no-index", "-z", "--stdin"], {
          input: paths.join("\0"),
        });
        const ignored = new Set(stdout.toString().split("\0"));
        for (const entry of paths)
          expect([text, entry, ignoredByUs(text, entry)]).toEqual([text, entry, ignored.has(entry)]);
      },
    ),
    { numRuns: 150 },
  );
});
