import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../../../src/client/client.ts";
import { inMemory } from "../../../src/client/in-memory.ts";
import { createHost } from "../../../src/host/host.ts";
import type { ThreadOptions } from "../../../src/protocol/methods.ts";
import { modeOptions, type Mode } from "../../../src/protocol/modes.ts";
import type { Verdict } from "../../../src/protocol/verdict.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { makeStage, type Stage } from "../../support/run.ts";

let stage: Stage;
let client: Client;
beforeAll(async () => {
  const rules = [
    'prefix_rule(pattern=["cargo"])',
    'prefix_rule(pattern=["go"], decision="prompt")',
    'prefix_rule(pattern=["zig"], decision="forbidden", justification="no zig")',
  ].join("\n");
  stage = await makeStage({
    git: true,
    homeFiles: { "rules/default.rules": rules },
    files: { "a.txt": "", ".env": "KEY=1", "sub/.envrc": "", "src/a.ts": "" },
  });
  mkdirSync(join(stage.home, ".ssh"));
  symlinkSync(join(stage.home, ".ssh"), join(stage.workspace, "keys"));
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: stage.env, home: stage.home, temporaryDirectory: stage.tmp };
  const caller = { originator: "tests", client: "tests", source: "cli", demoWhenUnconfigured: false };
  client = new Client(inMemory(createHost({ ...machine, environment }, caller)));
});
afterAll(async () => {
  await client.close();
  await stage.dispose();
});

async function explain(words: string | readonly string[], options: ThreadOptions): Promise<Verdict> {
  const list = typeof words === "string" ? [words] : words;
  return (await client.call("policy/explain", { cwd: stage.workspace, ...options, words: list })).verdict;
}

/** With the place of the stage left out. */
const briefly = ({ decision, rule }: Verdict): string => `${decision} ${rule}`;

const inMode = (mode: Mode, overrides: string[] = []): ThreadOptions => ({ ...modeOptions[mode], overrides });

describe("modes", () => {
  const table: readonly (readonly [string, Record<Mode, string>])[] = [
    ["ls -l | wc", { plan: "allow", ask: "allow", auto: "allow", full: "allow" }],
    ["touch a", { plan: "deny", ask: "ask", auto: "allow", full: "allow" }],
    ["cargo build", { plan: "allow", ask: "allow", auto: "allow", full: "allow" }],
    ["npm run build", { plan: "allow", ask: "ask", auto: "allow", full: "allow" }],
    ["make", { plan: "allow", ask: "ask", auto: "allow", full: "allow" }],
    ["touch ../a", { plan: "deny", ask: "ask", auto: "ask", full: "allow" }],
    ["rm -rf ~", { plan: "deny", ask: "ask", auto: "ask", full: "allow" }],
    ["rm -rf src", { plan: "deny", ask: "ask", auto: "allow", full: "allow" }],
    ["rm -rf .", { plan: "deny", ask: "ask", auto: "ask", full: "allow" }],
    ["curl https://example.org", { plan: "deny", ask: "ask", auto: "ask", full: "allow" }],
    ["kill 1", { plan: "deny", ask: "ask", auto: "ask", full: "allow" }],
    ["shutdown now", { plan: "deny", ask: "ask", auto: "ask", full: "allow" }],
    ["ls > /dev/null", { plan: "allow", ask: "allow", auto: "allow", full: "allow" }],
    ["$X y", { plan: "allow", ask: "ask", auto: "allow", full: "allow" }],
    ["cat .env", { plan: "ask", ask: "ask", auto: "ask", full: "allow" }],
  ];
  it.each(table)("judge %j", async (command, expected) => {
    const found: Partial<Record<Mode, string>> = {};
    for (const mode of ["plan", "ask", "auto", "full"] as const)
      found[mode] = (await explain(command, inMode(mode))).decision;
    expect(found).toEqual(expected);
  });

  it("come from the option, else the configuration, else what the caller takes; Codex's keys go before the last", async () => {
    const rule = async (options: ThreadOptions): Promise<string> => (await explain("true", options)).rule;
    expect(await rule({ defaultMode: "auto" })).toBe("mode:auto");
    expect(await rule({ defaultMode: "auto", overrides: ['codex_agent.mode="ask"'] })).toBe("mode:ask");
    expect(await rule({ ...modeOptions.full, overrides: ['codex_agent.mode="ask"'] })).toBe("mode:full");
    expect(await rule({ defaultMode: "auto", overrides: ['sandbox_mode="read-only"'] })).toBe("sandbox:read-only");
    expect(await rule({ mode: null, overrides: ['codex_agent.mode="ask"'] })).toBe("sandbox:read-only");
    expect(await rule({})).toBe("sandbox:read-only");
    await expect(rule({ overrides: ['codex_agent.mode="yes"'] })).rejects.toThrow(
      '`codex_agent.mode` must be one of "plan", "ask", "auto", "full", found the string "yes"',
    );
  });
});

describe("protected targets", () => {
  it.each([
    ["echo x > .env", ".env"],
    ["echo x > deep/er/.env.local", ".env.local"],
    ["cp a.txt sub/.envrc", ".envrc"],
    ["echo x >> ~/.bashrc", ".bashrc"],
    ["tee ~/.config/fish/config.fish", ".config/fish/config.fish"],
    ["echo x > .git/hooks/pre-commit", ".git/hooks"],
    ["echo x > .git/config", ".git/config"],
    ["touch .husky/pre-commit", ".husky"],
    ["touch .vscode/tasks.json", ".vscode/tasks.json"],
    ["touch .npmrc", ".npmrc"],
    ["touch keys/authorized_keys", ".ssh"],
    ["cat keys/id_rsa", ".ssh"],
    ["rm -rf .", ".git"],
    ["rm -rf sub", ".envrc"],
  ])("%j asks in mode auto", async (command, name) => {
    expect(briefly(await explain(command, inMode("auto")))).toBe(`ask protected:${name}`);
  });

  it.each([
    "touch .env.example",
    "touch .vscode/settings.json",
    "cat .bashrc",
    "echo x > env",
    "ls -a",
    "touch src/b.ts",
  ])("%j does not", async (command) => {
    expect(briefly(await explain(command, inMode("auto")))).toBe("allow mode:auto");
  });

  it("are Codex's own with Codex's settings", async () => {
    const settings: ThreadOptions = { sandbox: "workspace-write", approvalPolicy: "on-request" };
    expect(briefly(await explain("echo x > .env", settings))).toBe("allow sandbox:workspace-write");
  });

  it("are lifted by a rule that names the path, for what it names", async () => {
    const allow = inMode("auto", ['codex_agent.rules=[{path=".env", access="read", decision="allow"}]']);
    expect((await explain("cat .env", allow)).decision).toBe("allow");
    expect((await explain("echo x > .env", allow)).decision).toBe("ask");
    expect((await explain("cat sub/.envrc", allow)).decision).toBe("allow");
    expect((await explain("cat .env ~/.netrc", allow)).rule).toBe("protected:.netrc");
  });
});

describe("rules of ours", () => {
  const judged = async (rules: string, command: string, mode: Mode = "auto"): Promise<string> =>
    briefly(await explain(command, inMode(mode, [`codex_agent.rules=[${rules}]`])));
  const [first, second] = ["config:codex_agent.rules[0]", "config:codex_agent.rules[1]"];

  it.each([
    ['{command=["git","push"], decision="deny"}', "git push origin", `deny ${first}`],
    ['{command="git push", decision="deny"}', "ls && git 'pu'sh", `deny ${first}`],
    ['{command="rm", decision="deny"}', "echo $(rm a)", `deny ${first}`],
    ['{command="rm", decision="deny"}', "xargs rm < a.txt", `deny ${first}`],
    ['{command="rm", decision="deny"}', "bash -c 'true; /bin/rm a'", `deny ${first}`],
    ['{command="rm", decision="deny"}', "echo rm", "allow mode:auto"],
    ['{command="git push", decision="deny"}', "git $X", `ask ${first}`],
    ['{command="rm", decision="deny"}', "if", `ask ${first}`],
    ['{command="make", decision="ask", reason="slow"}', "make all", `ask ${first}`],
    ['{path="src/**", access="write", decision="deny"}', "touch src/b.ts", `deny ${first}`],
    ['{path="src/**", access="write", decision="deny"}', "cat src/a.ts", "allow mode:auto"],
    ['{path="src", decision="deny"}', "cat src/a.ts", `deny ${first}`],
    ['{path="*.pem", decision="deny"}', "cat deep/er/x.pem", `deny ${first}`],
    ['{path="src/a.ts", access="write", decision="deny"}', "rm -r src", `deny ${first}`],
    ['{path="~/x", decision="deny"}', "cat ~/x", `deny ${first}`],
    ['{path="keys/**", access="write", decision="deny"}', "touch ~/.ssh/x", `deny ${first}`],
    ['{path="../home/.ssh", access="write", decision="deny"}', "touch keys/x", `deny ${first}`],
    ['{host="*.example.org", decision="deny"}', "curl https://a.example.org/x", `deny ${first}`],
    ['{host="*.example.org", decision="deny"}', "curl https://example.com", "ask mode:auto"],
    ['{tool="apply_*", path="src", decision="deny"}', "touch src/b.ts", "allow mode:auto"],
    ['{tool="exec_command", decision="deny"}', "ls", `deny ${first}`],
  ])("%s judges %j as %s", async (rules, command, expected) => {
    expect(await judged(rules, command)).toBe(expected);
  });

  it("allow a line only where all of it is allowed or only reads", async () => {
    const rules = '{command="make", decision="allow"}, {command="npm test", decision="allow"}';
    expect(await judged(rules, "make && npm test | wc", "ask")).toBe(`allow ${first}`);
    expect(await judged(rules, "make; touch a", "ask")).toBe("ask mode:ask");
    expect(await judged(rules, "X=1 make", "ask")).toBe("ask mode:ask");
    expect(await judged(rules, "make > a.txt", "ask")).toBe("ask mode:ask");
    expect(await judged(rules, "./make", "ask")).toBe("ask mode:ask");
  });

  it("deny before all; of allow and ask the more specific one counts, and ask where both are alike", async () => {
    const rules = (...decisions: [string, string][]): string =>
      decisions.map(([command, decision]) => `{command="${command}", decision="${decision}"}`).join(",");
    expect(await judged(rules(["make", "ask"], ["make all", "allow"]), "make all", "ask")).toBe(`allow ${second}`);
    expect(await judged(rules(["make", "allow"], ["make all", "ask"]), "make all", "auto")).toBe(`ask ${second}`);
    expect(await judged(rules(["make", "allow"], ["make", "ask"]), "make", "auto")).toBe(`ask ${second}`);
    expect(await judged(rules(["make", "deny"], ["make all", "allow"]), "make all", "auto")).toBe(`deny ${first}`);
    expect(await judged(rules(["make", "deny"]), "make", "full")).toBe(`deny ${first}`);
  });

  it("leave the sandbox only where they say so", async () => {
    expect(await judged('{command="touch", decision="allow"}', "touch ../a")).toBe("ask mode:auto");
    expect(await judged('{command="touch", decision="allow", outside=true}', "touch ../a")).toBe(`allow ${first}`);
    expect(await judged('{command="touch", decision="allow", outside=true}', "touch ../a && cat b")).toBe(
      "ask mode:auto",
    );
    expect(await judged('{command="touch", decision="allow", outside=true}', "touch ../a", "plan")).toBe(
      "deny mode:plan",
    );
  });

  it.each([
    ["1", "codex_agent.rules[0] is not a table"],
    ['{decision="deny"}', "codex_agent.rules[0] names no tool, command, path or host"],
    ['{command="a"}', "codex_agent.rules[0].decision is missing; it is one of allow, ask, deny"],
    ['{command="a", decision="no"}', 'codex_agent.rules[0].decision is "no"; it is one of allow, ask, deny'],
    ['{command="a", decision="deny"}, {comand="a"}', "codex_agent.rules[1].comand is not known"],
    ['{command=1, decision="deny"}', "codex_agent.rules[0].command is 1"],
    ['{command="a \'b", decision="deny"}', "codex_agent.rules[0].command is"],
    ['{host="http://a", decision="deny"}', 'codex_agent.rules[0].host is "http://a"'],
    ['{command="a", access="read", decision="deny"}', "codex_agent.rules[0].access needs a path"],
    ['{command="a", decision="deny", outside=true}', 'codex_agent.rules[0].outside needs decision = "allow"'],
  ])("%s is refused by name", async (rules, message) => {
    await expect(judged(rules, "true")).rejects.toThrow(message);
  });
});

describe("rule files and rules of ours", () => {
  const judged = async (command: string, decision: string, more = ""): Promise<string> => {
    const rules = `codex_agent.rules=[{command=${JSON.stringify(command.split(" "))}, decision="${decision}"${more}}]`;
    return briefly(await explain(command, inMode("auto", [rules])));
  };
  const own = "config:codex_agent.rules[0]";

  it("the stricter of the two counts", async () => {
    expect(await judged("cargo build", "ask")).toBe(`ask ${own}`);
    expect(await judged("cargo build", "deny")).toBe(`deny ${own}`);
    expect(await judged("go build", "allow")).toBe("ask rules/default.rules:2");
    expect(await judged("go build", "deny")).toBe(`deny ${own}`);
    expect(await judged("zig build", "allow", ", outside=true")).toBe("deny rules/default.rules:3");
    expect(await judged("cargo build", "allow")).toBe(`allow ${own}`);
    expect(await judged("cargo build", "allow", ", outside=true")).toBe("allow rules/default.rules:1");
  });

  it("hold in every mode, and are left unread where that is asked for", async () => {
    const found = async (command: string, mode: Mode, more: ThreadOptions = {}): Promise<string> =>
      briefly(await explain(command, { ...inMode(mode), ...more }));
    expect(await found("zig build", "full")).toBe("deny rules/default.rules:3");
    expect(await found("ls; zig build", "plan")).toBe("deny rules/default.rules:3");
    expect(await found("cargo build", "ask")).toBe("allow rules/default.rules:1");
    expect(await found("cargo build > a.txt", "ask")).toBe("ask mode:ask");
    expect(await found("zig build", "auto", { ignoreRules: true })).toBe("allow mode:auto");
  });
});

describe("hosts", () => {
  const judged = async (command: string): Promise<string> =>
    briefly(
      await explain(
        command,
        inMode("auto", ['codex_agent.network={allow=["*.example.org", "example.com:443"], deny=["bad.example.org"]}']),
      ),
    );
  it("that are allowed run unasked, denied ones not at all, others ask", async () => {
    expect(await judged("curl https://a.example.org/x")).toBe("allow mode:auto");
    expect(await judged("curl https://bad.example.org/x")).toBe("deny network:bad.example.org");
    expect(await judged("curl https://example.net")).toBe("ask mode:auto");
    expect(await judged("curl https://example.org; curl $URL")).toBe("ask mode:auto");
    // Where it goes is not known: the walls let it reach what is allowed.
    expect(await judged("curl $URL")).toBe("allow mode:auto");
  });
});
