import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { matchRules, readCodexRules, RuleFileError, strictest } from "../../../src/policy/rules/codex-rules.ts";
import { Dice } from "../../support/dice.ts";
import { oracle } from "../../support/run.ts";
import { scratchFolder } from "../../support/scratch.ts";

let folder: string;
let files = 0;
beforeAll(async () => void (folder = await mkdtemp(`${scratchFolder}/rules-`)));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `codex execpolicy check` says; "refused" where it does not take the file. */
async function real(rules: string, words: readonly string[], byName: boolean): Promise<unknown> {
  const file = join(folder, `${++files}.rules`);
  await writeFile(file, rules);
  const flags = byName ? ["--resolve-host-executables"] : [];
  const argv = ["execpolicy", "check", "--rules", file, ...flags, "--", ...words];
  const env = { PATH: process.env["PATH"], CODEX_HOME: folder, HOME: folder };
  return new Promise((resolve, reject) => {
    execFile(oracle().path, argv, { env, timeout: 100_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else if (/failed to parse policy/.test(stderr)) resolve("refused");
      else reject(new Error(`codex execpolicy: ${stderr}`));
    });
  });
}

function ours(text: string, words: readonly string[], byName: boolean): unknown {
  try {
    const matches = matchRules(words, readCodexRules(text, "x.rules"), byName);
    const decision = strictest(matches.map(({ rule }) => rule.decision));
    return {
      matchedRules: matches.map(({ prefix, rule, resolvedProgram }) => ({
        prefixRuleMatch: {
          matchedPrefix: prefix,
          decision: rule.decision,
          ...(resolvedProgram !== null && { resolvedProgram }),
          ...(rule.justification !== null && { justification: rule.justification }),
        },
      })),
      ...(decision !== null && { decision }),
    };
  } catch (error) {
    if (error instanceof RuleFileError) return "refused";
    throw error;
  }
}

/** Rule files as people write them, and as they should not. */
const written: readonly string[] = [
  "",
  "# nothing\n\n",
  'prefix_rule(pattern=["git"])',
  'prefix_rule(pattern = ["git", ["status", "log"],], decision = "prompt", justification = "say why",)',
  'prefix_rule(\n  pattern = [\n    "git", # the program\n    "status",\n  ],\n)\n',
  'prefix_rule(["git"], "forbidden", ["git a"], [], "j")',
  'GIT = ["git"]\nprefix_rule(pattern = GIT + ["status"])',
  "prefix_rule(pattern=['git', '''status'''])",
  'prefix_rule(pattern=["git"]); prefix_rule(pattern=["git", "status"], decision="forbidden")',
  'prefix_rule(pattern=["g\\x69t", "st\\u0061tus"])',
  'prefix_rule(pattern=[r"git"])',
  '[prefix_rule(pattern=[x, "status"]) for x in ["hg", "git"]]',
  'prefix_rule(pattern=["git"], match=["git status", ["git", "x y"]], not_match=["hg", "\'git x\'"])',
  'prefix_rule(pattern=["git"], match=["hg"])',
  'prefix_rule(pattern=["git"], not_match=["git status"])',
  'prefix_rule(pattern=["git"], match=["git \\"x"])',
  'prefix_rule(pattern=["git"], match=[""])',
  'prefix_rule(pattern=["git"], match=[[]])',
  'prefix_rule(pattern=["git"], match="git x")',
  "prefix_rule(pattern=[])",
  'prefix_rule(pattern="git")',
  'prefix_rule(pattern=("git", "x"))',
  'prefix_rule(pattern=["git", 1])',
  'prefix_rule(pattern=["git", []])',
  'prefix_rule(pattern=["git", ["a", ["b"]]])',
  'prefix_rule(pattern=["git"], decision="deny")',
  'prefix_rule(pattern=["git"], decision=None)',
  'prefix_rule(pattern=["git"], justification=" ")',
  'prefix_rule(pattern=["git"], other=1)',
  'prefix_rule(pattern=["git"], pattern=["git"])',
  'prefix_rule(pattern=["git"], ["x"])',
  "prefix_rule()",
  'prefix_rule(pattern=["git"]',
  'prefix_rule(pattern=["git" "status"])',
  'prefix_rule(pattern=["git\n"])',
  ' prefix_rule(pattern=["git"])',
  'prefix_rule(pattern=["git"]) prefix_rule(pattern=["git"])',
  'prefix_rule(pattern=["git"]) or',
  'other_rule(pattern=["git"])',
  "prefix_rule(pattern=[name])",
  'load("x", "y")',
  'print("x")',
  'host_executable(name="git", paths=["/usr/bin/git"])\nprefix_rule(pattern=["git"])',
  'host_executable(name="git", paths=["/opt/git"])\nprefix_rule(pattern=["git"])',
  'host_executable(name="git", paths=[])\nprefix_rule(pattern=["git"])',
  'host_executable(name="git", paths=["/usr/bin/git"])\nhost_executable(name="git", paths=["/a/git"])\nprefix_rule(pattern=["git"])',
  'host_executable(name="git", paths=["git"])',
  'host_executable(name="git", paths=["/usr/bin/hg"])',
  'host_executable(name="/usr/bin/git", paths=["/usr/bin/git"])',
  'host_executable(name="git")',
  'prefix_rule(pattern=["/usr/bin/git"], decision="prompt")\nprefix_rule(pattern=["git"])',
  'network_rule(host="example.org", protocol="https", decision="deny")',
  'network_rule(host="example.org:80", protocol="http", decision="forbidden", justification="x")',
  'network_rule(host="example.org", protocol="socks5_tcp", decision="prompt")',
  'network_rule(host="*.example.org", protocol="https", decision="allow")',
  'network_rule(host="http://example.org", protocol="http", decision="allow")',
  'network_rule(host="", protocol="http", decision="allow")',
  'network_rule(host="example.org", protocol="ftp", decision="allow")',
  'network_rule(host="example.org", protocol="https")',
];
const asked: readonly (readonly string[])[] = [
  ["git", "status"],
  ["/usr/bin/git", "status"],
];

/** A rule file and commands out of a handful of words, so that they often meet. */
function drawn(seed: number): { rules: string; words: string[]; byName: boolean } {
  const random = new Dice(seed);
  const vocabulary = ["git", "status", "log", "-a", "a b", "", "é", "x=1", "/bin/git"];
  const some = <Value>(least: number, most: number, make: () => Value): Value[] =>
    Array.from({ length: least + random.below(most - least + 1) }, make);
  const word = (): string => random.pick(vocabulary);
  const element = (): unknown => (random.below(3) === 0 ? [...new Set(some(1, 3, word))] : word());
  const rule = (): string => {
    const decision = random.pick(["allow", "prompt", "forbidden", null]);
    const words = random.below(3) === 0 ? [`justification=${JSON.stringify(`${word()}!`)}`] : [];
    const said = decision === null ? [] : [`decision="${decision}"`];
    return `prefix_rule(${[`pattern=${JSON.stringify(some(1, 3, element))}`, ...said, ...words].join(", ")})`;
  };
  const places =
    random.below(4) === 0
      ? [`host_executable(name="git", paths=${random.pick(['["/bin/git"]', "[]", '["/x/git"]'])})`]
      : [];
  return { rules: [...some(1, 5, rule), ...places].join("\n"), words: some(1, 4, word), byName: random.below(2) === 0 };
}

const inTurn = async <Case>(cases: readonly Case[], look: (each: Case) => Promise<void>): Promise<void> => {
  const left = [...cases];
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await look(next);
  };
  await Promise.all([work(), work(), work()]);
};

it("reads rule files as the real Codex does, or refuses them where it does", async () => {
  const cases = written.flatMap((rules) =>
    asked.flatMap((words) => [true, false].map((byName) => ({ rules, words, byName }))),
  );
  await inTurn(cases, async ({ rules, words, byName }) => {
    const label = JSON.stringify([rules, words, byName]);
    expect(ours(rules, words, byName), label).toEqual(await real(rules, words, byName));
  });
});

it("matches drawn rules against drawn commands as the real Codex does", async () => {
  let met = 0;
  await inTurn(
    Array.from({ length: 300 }, (_, seed) => drawn(seed)),
    async ({ rules, words, byName }) => {
      const said = await real(rules, words, byName);
      expect(ours(rules, words, byName), JSON.stringify([rules, words, byName])).toEqual(said);
      if (JSON.stringify(said) !== '{"matchedRules":[]}') met++;
    },
  );
  expect(met).toBeGreaterThan(40);
});

it("any text is rules or is refused with its line", () => {
  const words = fc.constantFrom(
    ..."prefix_rule(|pattern=|[|]|)|\"git\"|'''|\\|\n| |,|for x in |x|+|#|1|=|;".split("|"),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 30 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        readCodexRules(text, "x.rules");
      } catch (error) {
        expect(error).toBeInstanceOf(RuleFileError);
        expect(String(error)).toMatch(/x\.rules:\d+: ./);
      }
    }),
    { numRuns: 2000 },
  );
  expect(() => readCodexRules("[".repeat(100_000), "x.rules")).toThrow("x.rules:1: brackets are nested too deeply");
});

it.each([
  ["def f():\n    pass", /x\.rules:1: def is not read here/],
  ['\n\nprefix_rule(pattern=[f"git"])', /x\.rules:3: strings that begin with f"/],
  ['prefix_rule(pattern=["git"], decision="alow")', /decision is "alow"; there are: allow, prompt, forbidden/],
  ['prefix_rule(pattern=["git"],\n  match=["hg"])', /x\.rules:1: the rule does not match "hg"/],
])("says what is wrong with %j, and where", (rules, message) => {
  expect(() => readCodexRules(rules, "x.rules")).toThrow(message);
});
