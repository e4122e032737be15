import { expect, test } from "vitest";
import { isHarmless } from "../../src/policy/harmless.ts";

const shell = (line: string): boolean => isHarmless(["/bin/bash", "-lc", line]);

test.each(["ls", "ls -la /tmp", "cat a.txt | head -n 3", "pwd && ls; wc -l a || true", "grep -rn word src"])(
  "%j only reads",
  (line) => {
    expect(shell(line)).toBe(true);
  },
);

test.each([
  "rm x",
  "ls > x",
  "ls >x",
  "cat $(rm x)",
  "cat `rm x`",
  "ls & rm x",
  "ls\nrm x",
  "ls; rm x",
  "X=1 ls",
  "cat 'a'",
  "cat $HOME",
  "cat <(rm x)",
  "sort -o x y",
  "git status",
  "find . -delete",
  "env rm x",
  "xargs rm",
  "tee x",
  "./ls",
  "/tmp/ls",
  "ls {a,b}",
  "ls *",
  "ls ~",
  "ls \\",
  "",
  "ls |",
  "ls # rm",
  "cat\trm",
])("%j may do more", (line) => {
  expect(shell(line)).toBe(false);
});

test("without a shell, or with more for it, nothing is taken for harmless", () => {
  expect(isHarmless(["ls"])).toBe(false);
  expect(isHarmless(["/bin/bash", "-lic", "ls"])).toBe(false);
  expect(isHarmless(["/bin/bash", "-lc", "ls", "x"])).toBe(false);
});
