import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../../../src/client/client.ts";
import { inMemory } from "../../../src/client/in-memory.ts";
import { createHost } from "../../../src/host/host.ts";
import { modeOptions, type Mode } from "../../../src/protocol/modes.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { makeStage, type Stage } from "../../support/run.ts";

let stage: Stage;
let client: Client;
beforeAll(async () => {
  stage = await makeStage({
    git: true,
    files: { "a.txt": "", "src/a.ts": "", "t/tasks.json": "", "vendor/lock.json": "" },
  });
  mkdirSync(join(stage.workspace, ".config"));
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: stage.env, home: stage.home, temporaryDirectory: stage.tmp };
  const caller = { originator: "tests", client: "tests", source: "cli", demoWhenUnconfigured: false };
  client = new Client(inMemory(createHost({ ...machine, environment }, caller)));
});
afterAll(async () => {
  await client.close();
  await stage.dispose();
});

async function judged(settings: string, command: string, mode: Mode = "auto"): Promise<string> {
  const overrides = settings === "" ? [] : [`codex_agent.${settings}`];
  const params = { cwd: stage.workspace, ...modeOptions[mode], overrides, words: [command] };
  const { decision, rule } = (await client.call("policy/explain", params)).verdict;
  return `${decision} ${rule}`;
}

const first = "config:codex_agent.rules[0]";

describe("a rule that allows covers no more than it says", () => {
  const command = 'rules=[{command="docker compose", decision="allow", outside=true}]';
  it.each([
    ["docker compose up", "allow"],
    ["PATH=/tmp/x:$PATH; docker compose up", "not"],
    ["HOME=/tmp/x; docker compose up", "not"],
    ["DOCKER_HOST=tcp://x; docker compose up", "not"],
    ["x='a[$(evil)]'; ((x)); docker compose up", "not"],
    ["docker() { evil; }; docker compose up", "not"],
    ["docker compose up; ls", "not"],
    ["docker compose $X", "not"],
    ['docker compose "$(evil)"', "not"],
    ["docker compose up <(evil)", "not"],
    ["./docker compose up", "not"],
    ["cd /tmp && docker compose up", "not"],
    ["env docker compose up", "not"],
    ["docker compose up &> ~/x", "not"],
  ])("by its command: %j", async (line, expected) => {
    expect((await judged(command, line)) === `allow ${first}`).toBe(expected === "allow");
  });

  const host = 'rules=[{host="example.com", decision="allow", outside=true}]';
  it.each([
    ["curl https://example.com", "allow"],
    ["curl https://example.com | wc", "allow"],
    ["rm -rf ~; curl https://example.com", "not"],
    ["curl -o ~/.bashrc https://example.com", "not"],
    ["kill -9 1; curl https://example.com", "not"],
    ["systemctl stop ssh; curl https://example.com", "not"],
    ["shutdown now; curl https://example.com", "not"],
    ["git push --force https://example.com/x", "not"],
  ])("by its host: %j", async (line, expected) => {
    expect((await judged(host, line)) === `allow ${first}`).toBe(expected === "allow");
  });

  const path = 'rules=[{path="src/**", decision="allow", outside=true}]';
  it.each([
    ["touch src/x", "allow"],
    ["rm -rf src/x", "allow"],
    ["touch src/x a", "not"],
    ["systemctl stop ssh; touch src/x", "not"],
    ["shutdown now; touch src/x", "not"],
    ["crontab -r; touch src/x", "not"],
    ["touch src/x; PATH=/tmp; true", "not"],
  ])("by its path: %j", async (line, expected) => {
    expect((await judged(path, line)) === `allow ${first}`).toBe(expected === "allow");
  });
});

describe("a rule that denies", () => {
  const push = 'rules=[{command="git push", decision="deny"}]';
  it.each([
    ["git -C . push", "deny"],
    ["git --no-pager push", "deny"],
    ["git -c a.b=c -C src push origin", "deny"],
    ["git commit -m push", "allow"],
    ["git log -- push", "allow"],
    ['eval "$x"', "ask"],
    ['sh -c "$x"', "ask"],
    ["cat a.txt | bash", "ask"],
    ["PATH=/tmp; git status", "ask"],
    ['f() { "$@"; }; f ls', "ask"],
    ["git \\\npush", "deny"],
    ["g=git; $g push", "deny"],
    ["{ git push; } 2>&1 | tee x", "deny"],
    ["find . -exec git push ';'", "deny"],
  ])("is not slipped past: %j", async (line, decision) => {
    const found = await judged(push, line);
    expect(found.split(" ")[0]).toBe(decision);
    if (decision !== "allow") expect(found).toBe(`${decision} ${first}`);
  });

  const file = 'rules=[{path="vendor/lock.json", access="write", decision="deny"}]';
  it.each([
    ["cp -r src/. vendor", "deny"],
    ["cp -a src/./ vendor/", "deny"],
    ["cp -rt vendor src/.", "deny"],
    ["cd src && cp -r .. ../vendor", "deny"],
    ["cp -r src vendor", "allow"],
  ])("holds in the mode full as well: %j", async (line, decision) => {
    expect((await judged(file, line, "full")).split(" ")[0]).toBe(decision);
  });

  it("with a port asks where no port is known", async () => {
    const rule = 'rules=[{host="example.com:443", decision="deny"}]';
    expect(await judged(rule, "curl http://example.com:443/x")).toBe(`deny ${first}`);
    expect(await judged(rule, "curl http://example.com/x")).toBe(`ask ${first}`);
    expect(await judged(rule, "curl http://example.com:80/x")).toBe("ask mode:auto");
    expect(await judged(rule, "curl http://example.net/x")).toBe("ask mode:auto");
  });

  it("and a list of hosts with ports lets a command begin that names no port", async () => {
    const list = 'network={allow=["example.com:443"]}';
    expect(await judged(list, "curl https://example.com/x")).toBe("allow mode:auto");
    expect(await judged(list, "curl https://example.com:443/x")).toBe("allow mode:auto");
    expect(await judged(list, "curl http://example.com:80/x")).toBe("ask mode:auto");
  });
});

describe("what mode auto asks about", () => {
  it.each([
    ["mv t .vscode", "ask protected:.vscode"],
    ["cp -r t .vscode", "ask protected:.vscode"],
    ["ln -s t .vscode", "ask protected:.vscode"],
    ["ln -s t .idea", "ask protected:.idea"],
    ["git clone https://example.com/x .devcontainer", "ask protected:.devcontainer"],
    ["mv t sub/.git", "ask protected:.git"],
    ["cp -r t sub/.git", "ask protected:.git"],
    ["cp -r t/. .", "ask protected:.git"],
    ["ln -s t sub/.git", "ask protected:.git"],
    ["echo x > .GIT/hooks/x", "ask protected:.git/hooks"],
    ["echo x > .Env", "ask protected:.env"],
    ["echo x > .VSCode/Tasks.json", "ask protected:.vscode/tasks.json"],
    ["touch a.txt; systemctl stop ssh", "ask mode:auto"],
    ["touch a.txt; shutdown now", "ask mode:auto"],
    ["mv a.txt b.txt", "allow mode:auto"],
    ["printf 'gitdir: x' > sub/.git", "ask protected:.git"],
    ["rm -rf .git", "ask protected:.git"],
    ["echo x > .git/commondir", "ask protected:.git/commondir"],
    ["touch src/x; git branch -D main", "allow mode:auto"],
    ["mkdir .github", "allow mode:auto"],
    ["git add a.txt", "allow mode:auto"],
  ])("%j: %s", async (line, expected) => {
    expect(await judged("", line)).toBe(expected);
  });
});
