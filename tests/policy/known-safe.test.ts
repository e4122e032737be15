import { describe, expect, it } from "vitest";
import { isKnownSafe } from "../../src/policy/known-safe.ts";

const line = (text: string): boolean => isKnownSafe(["/bin/bash", "-lc", text]);

describe("a command that is known to change nothing", () => {
  it.each([
    "ls -la",
    "cat a.txt && wc -l a.txt",
    "git status",
    "git log --oneline | head -3",
    "git branch --show-current",
    "find . -name x",
    "rg foo src",
    "sed -n 1,5p a.txt",
    "uniq",
    "cat a.txt | uniq -c",
    "uniq -i -f 1 -w3 --skip-chars 2 a.txt",
    "uniq -cs 2 -- a.txt",
  ])("is: %s", (text) => {
    expect(line(text)).toBe(true);
  });

  it.each([
    "touch x",
    "cat a.txt && touch x",
    "cat a.txt > b.txt",
    "ls $(touch x)",
    "git branch -D x",
    "git diff --output=x",
    "git push",
    "find . -delete",
    "find . -exec rm x",
    "rg --pre ./run foo",
    "rg -z foo",
    "sed -i s/a/b/ x",
    "sed -n w/x a.txt",
    "sed -n 1p -fx",
    "uniq a.txt x",
    "uniq -c a.txt x",
    "uniq -f 1 a.txt x",
    "uniq -f1 a.txt x",
    "uniq --skip-fields=1 a.txt x",
    "uniq a.txt -c",
    "uniq - x",
    "uniq -- a.txt x",
    "cat a.txt | uniq -d - x",
    "sh x.sh",
    "",
  ])("is not: %s", (text) => {
    expect(line(text)).toBe(false);
  });

  it("is not what a file does that is called like a shell", () => {
    expect(isKnownSafe(["/usr/bin/zsh", "-c", "ls"])).toBe(true);
    for (const shell of ["./bash", "/tmp/sh", "evil/zsh"]) expect(isKnownSafe([shell, "-c", "ls"])).toBe(false);
  });
});
