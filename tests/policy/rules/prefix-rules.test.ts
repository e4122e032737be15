import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsOf, plainCommands } from "../../../src/policy/rules/plain-commands.ts";
import { readCodexRules } from "../../../src/policy/rules/codex-rules.ts";
import { judgeArgv } from "../../../src/policy/rules/judge-argv.ts";
import { formatAllowRule, proposedPrefix } from "../../../src/policy/rules/prefix-rules.ts";
import { makeStage, oracle, type Stage } from "../../support/run.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await makeStage();
});
afterAll(() => stage.dispose());

/** What the real Codex makes of a rule file and a command. */
function verdict(rules: string, argv: readonly string[]): string | undefined {
  const path = join(stage.root, "default.rules");
  writeFileSync(path, rules);
  const args = ["execpolicy", "check", "--rules", path, "--", ...argv];
  const text = execFileSync(oracle().path, args, { env: stage.env, encoding: "utf8", timeout: 100_000 });
  return (JSON.parse(text) as { decision?: string }).decision;
}

describe("a shell line", () => {
  it.each([
    ["touch a", [["touch", "a"]]],
    ["  git  status ; ls -l | wc", [["git", "status"], ["ls", "-l"], ["wc"]]],
    [`echo 'a $b' "c d!" e'f'"g"`, [["echo", "a $b", "c d!", "efg"]]],
    ["a\n\nb |\n c \\\n d\n", [["a"], ["b"], ["c", "d"]]],
    ["a && b || c;", [["a"], ["b"], ["c"]]],
    ["echo ''", [["echo", ""]]],
  ])("%j is the commands %j", (line, commands) => {
    expect(plainCommands(line)).toEqual(commands);
  });

  it.each([
    ["echo $HOME"],
    ["echo `id`"],
    ["a > b"],
    ["a < b"],
    ["a & b"],
    ["(a)"],
    ["{ a; }"],
    ["a *"],
    ["a ?"],
    ["~/x"],
    ["X=1 a"],
    ["a # b"],
    ["a \\b"],
    ["'open"],
    ['"a $b"'],
    ["a && && b"],
    ["|| a"],
    ["a |"],
    ["a &&"],
    ["; a"],
    ["a !b"],
    ["if a; then b; fi"],
    ["while a; do b; done"],
    ["time a"],
    ["'' a"],
    [""],
    ["   "],
    ["'a' b"],
    ["a && \n && b"],
    ['a "\\"b"'],
    ["a =b"],
    ["a b^c"],
    ["! a"],
  ])("%j is not looked into", (line) => {
    expect(plainCommands(line)).toBeNull();
  });

  it("is split as bash does it, wherever it is looked into", () => {
    const word = fc.string({
      unit: fc.constantFrom("a", "'", '"', " ", "\\", "-", "=", "$", "é", "|", ";", "&"),
      maxLength: 12,
    });
    fc.assert(
      fc.property(word, (text) => {
        const line = `printf '%s\\0' ${text}`;
        const commands = plainCommands(line);
        // More than one command would run others than printf.
        if (commands?.length !== 1) return;
        const said = execFileSync("/bin/bash", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1);
        const words = commands[0]!.slice(2);
        expect(said).toEqual(words.length === 0 ? [""] : words);
      }),
      { numRuns: 150 },
    );
  });

  it("is that of a shell, or the words themselves", () => {
    expect(commandsOf(["/bin/bash", "-lc", "a b"])).toEqual([["a", "b"]]);
    expect(commandsOf(["a", "b c"])).toEqual([["a", "b c"]]);
    expect(commandsOf(["bash", "-lic", "a"])).toBeNull();
    expect(commandsOf(["bash", "-c", "a", "b"])).toBeNull();
    expect(commandsOf([])).toBeNull();
  });
});

describe("first words that are allowed", () => {
  const shell = (line: string): string[] => ["/bin/bash", "-lc", line];

  it("cover a line only where each of its commands begins with them", () => {
    const rules = readCodexRules('prefix_rule(["git", "status"])\nprefix_rule(["ls"])', "x.rules");
    const covered = (line: string): boolean => judgeArgv(shell(line), rules)?.type === "allow";
    expect(covered("git status -s && ls")).toBe(true);
    expect(covered("git status && touch x")).toBe(false);
    expect(covered("git statusx")).toBe(false);
    expect(covered("git status > x")).toBe(false);
    expect(covered("/usr/bin/git status")).toBe(true);
    expect(judgeArgv(shell("ls"), readCodexRules("", "x.rules"))).toBeNull();
  });

  it("are those that the model names, if the command has them and they say what runs", () => {
    const propose = (line: string, wished: string[] | null) => proposedPrefix(shell(line), wished, [[["ls"]]]);
    expect(propose("npm run build -- x", ["npm", "run"])).toEqual(["npm", "run"]);
    expect(propose("npm run build", ["yarn"])).toEqual(["npm", "run", "build"]);
    expect(propose("npm run build", [])).toEqual(["npm", "run", "build"]);
    expect(propose("python3 -c 'x'", ["python3"])).toEqual(["python3", "-c", "x"]);
    expect(propose("python3.12 -c 'x'", ["python3.12", "-c"])).toEqual(["python3.12", "-c", "x"]);
    expect(propose("/bin/bash", null)).toBeNull();
    expect(propose("eval 'rm x'", ["eval"])).toEqual(["eval", "rm x"]);
    expect(propose("ls && touch a && rm b", ["rm"])).toEqual(["rm"]);
    expect(propose("ls && touch a && rm b", null)).toEqual(["touch", "a"]);
    expect(propose("ls", null)).toBeNull();
    expect(propose("echo $x", ["echo"])).toBeNull();
  });

  it("are written as the real Codex reads them, and read again", () => {
    const words = fc.array(
      fc.string({ unit: "binary", maxLength: 6 }).filter((word) => word !== "" && !word.includes("\0")),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(words, (prefix) => {
        const rule = formatAllowRule(prefix);
        const wellFormed = prefix.every((word) => word.isWellFormed());
        if (wellFormed) {
          const [read] = readCodexRules(`${rule}\n`, "x.rules").prefixes;
          expect(read?.pattern).toEqual(prefix.map((word) => [word]));
        }
        if (wellFormed && !prefix[0]!.startsWith("-")) expect(verdict(`${rule}\n`, [...prefix, "more"])).toBe("allow");
      }),
      { numRuns: 25 },
    );
    expect(verdict(`${formatAllowRule(["a"])}\n`, ["b"])).toBeUndefined();
  });
});
