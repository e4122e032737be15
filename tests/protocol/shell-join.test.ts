import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shellJoin } from "../../src/protocol/codex-0.169/shell-join.ts";

// Only what an argument of a program can hold: no NUL, no lone surrogates.
const word = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\0", "").toWellFormed()),
  fc.string({ unit: fc.constantFrom(..."ab '\"\\^$`!*?[]{}()<>|&;#~=%@-\n\t\r é😀"), maxLength: 12 }),
  fc.constantFrom("", "-", "--", "~", "a=b", "!!", "#", "\\", "'", "^"),
);

test("bash reads the joined words as they were", () => {
  const lists = fc.sample(fc.array(word, { minLength: 1, maxLength: 5 }), { numRuns: 2000, seed: 7 });
  // All in one bash: a list a line of the script, its words ended by NUL and its end marked.
  const script = lists.map((words) => `printf '%s\\0' ${shellJoin(words)} END-OF-LIST`).join("\n");
  const output = execFileSync("bash", ["--norc", "-s"], { input: script, maxBuffer: 2 ** 26 }).toString("utf8");
  const read = output
    .split("END-OF-LIST\0")
    .slice(0, -1)
    .map((part) => part.split("\0").slice(0, -1));
  expect(read).toEqual(lists);
});

test("plain words stay plain", () => {
  expect(shellJoin(["/bin/bash", "-lc", "ls -la"])).toBe("/bin/bash -lc 'ls -la'");
  expect(shellJoin(["a-b_c./:@]+1", ""])).toBe("a-b_c./:@]+1 ''");
  expect(shellJoin(["it's"])).toBe(`"it's"`);
});
