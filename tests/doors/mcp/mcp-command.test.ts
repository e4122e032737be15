import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeStage, oracle, ours, run, type Binary, type Outcome, type Stage } from "../../support/run.ts";

let stages: Stage[] = [];
beforeEach(() => {
  stages = [];
});
afterEach(async () => {
  await Promise.all(stages.map((stage) => stage.dispose()));
});

async function stageWith(config?: string): Promise<Stage> {
  const stage = await makeStage();
  stages.push(stage);
  if (config !== undefined) await writeFile(join(stage.codexHome, "config.toml"), config);
  return stage;
}

const mcp = (binary: Binary, stage: Stage, ...argv: string[]): Promise<Outcome> =>
  run(binary, stage, ["mcp", ...argv], { stdin: null });

/** Ours goes by another name, and its errors hold no addresses of code. */
const told = ({ stdout, stderr, code }: Outcome): object => ({
  stdout: stdout.replaceAll("codex-agent", "codex").replace(/\.0(?=,?\n)/g, ""),
  error: stderr.replaceAll("codex-agent", "codex").split("\n\nStack")[0]!.trim(),
  code,
});

const loaded = `# mine
model = "gpt-5.5" # why

[mcp_servers.s] # the server
command = "x" # what it is
args = ["a b", "c"]
cwd = "/tmp"
env_vars = ["PATH", "Q"]
enabled_tools = ["t1", "t2"]
disabled_tools = ["t3"]
startup_timeout_sec = 10
tool_timeout_sec = 1.5
env = { Z = "1" }

[mcp_servers.off]
command = "y"
enabled = false

[mcp_servers.bearer]
url = "http://127.0.0.1:9/mcp"
bearer_token_env_var = "TOKEN"
http_headers = { B = "secret" }
env_http_headers = { X = "VAR" }

[projects."/x"] # p
trust_level = "trusted"
`;

describe("codex-agent mcp says what codex mcp says", () => {
  it.each([
    [["list"]],
    [["list", "--json"]],
    [["get", "s"]],
    [["get", "s", "--json"]],
    [["get", "off"]],
    [["get", "bearer"]],
    [["get", "bearer", "--json"]],
    [["get", "nobody"]],
    [["remove", "nobody"]],
    [["add", "bad name", "--", "x"]],
    [["login", "s"]],
    [["list", "-c", 'mcp_servers.more.command="z"']],
  ])("mcp %j", async (given) => {
    const [real, got] = await Promise.all([
      stageWith(loaded).then((stage) => mcp(oracle(), stage, ...given)),
      stageWith(loaded).then((stage) => mcp(ours(), stage, ...given)),
    ]);
    expect(told(got)).toEqual(told(real));
  });

  it.each([[["list"]], [["list", "--json"]]])("without any server: mcp %j", async (given) => {
    const [one, other] = [await stageWith(), await stageWith()];
    expect(told(await mcp(ours(), one, ...given))).toEqual(told(await mcp(oracle(), other, ...given)));
  });

  it.each([
    [["add", "x"]],
    [["add", "x", "--url", "http://a", "--", "y"]],
    [["add", "x", "--env", "NOEQ", "--", "y"]],
    [[]],
  ])("what is no command line ends with 2: %j", async (argv) => {
    const stage = await stageWith();
    const [real, got] = await Promise.all([mcp(oracle(), stage, ...argv), mcp(ours(), stage, ...argv)]);
    expect([real.code, got.code]).toEqual([2, 2]);
    expect(got.stderr).not.toBe("");
  });

  it("adds and removes what the real one adds and removes", async () => {
    const [mine, theirs] = [await stageWith(loaded), await stageWith(loaded)];
    const steps = [
      ["add", "new", "--env", "B=2", "--env", 'A=q"z', "--", "npx", "-y", "some thing", "--flag"],
      ["add", "web", "--url", "http://127.0.0.1:9/mcp", "--bearer-token-env-var", "TOK"],
      ["add", "a.b/c:d@e", "--", "y"],
      ["add", "new", "--", "other"],
      ["remove", "s"],
      ["remove", "off"],
      ["remove", "bearer"],
      ["remove", "web"],
      ["remove", "a.b/c:d@e"],
      ["remove", "new"],
    ];
    for (const argv of steps) {
      const [real, got] = await Promise.all([mcp(oracle(), theirs, ...argv), mcp(ours(), mine, ...argv)]);
      expect(told(got)).toEqual(told(real));
      const [a, b] = await Promise.all([config(mine), config(theirs)]);
      expect(parse(a)).toEqual(parse(b));
    }
    expect(await config(mine)).toBe(await config(theirs));
  });

  it("keeps the comments of other servers, where the real one loses them", async () => {
    const [mine, theirs] = [await stageWith(loaded), await stageWith(loaded)];
    for (const [binary, stage] of [
      [ours(), mine],
      [oracle(), theirs],
    ] as const)
      await mcp(binary, stage, "add", "new", "--", "cmd");
    const added = `[mcp_servers.new]\ncommand = "cmd"\n\n`;
    expect(await config(mine)).toBe(loaded.replace("[projects.", `${added}[projects.`));
    expect(await config(theirs)).not.toContain("# what it is");
  });
});

const config = (stage: Stage): Promise<string> => readFile(join(stage.codexHome, "config.toml"), "utf8");

describe("what goes wrong with a server", () => {
  it("reaches the terminal without what would move its cursor, set its title or fill its clipboard", async () => {
    const words = "no \\033]52;c;aGk=\\007licence\\033[2J here";
    const config = `[mcp_servers.s]\ncommand = "/bin/sh"\nargs = ["-c", ${JSON.stringify(`printf '${words}' >&2; exit 3`)}]\nrequired = true\n`;
    const stage = await stageWith(config);
    const { code, stderr } = await run(ours(), stage, ["exec", "--skip-git-repo-check", "hi"], { stdin: null });
    expect(code).toBe(1);
    expect(stderr).toContain("no licence here");
    // oxlint-disable-next-line no-control-regex
    expect(stderr).not.toMatch(/[\u001b\u0007]/);
  });

  it("says which port a login cannot wait at", async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, "127.0.0.1", listening));
    const { port } = holder.address() as AddressInfo;
    const stage = await stageWith(
      `mcp_oauth_callback_port = ${port}\n[mcp_servers.s]\nurl = "http://127.0.0.1:9/mcp"\n`,
    );
    const { code, stderr } = await mcp(ours(), stage, "login", "s", "--no-browser");
    holder.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error: The login at MCP server 's' failed: the browser cannot come back to port ${port} of this machine, where another program listens; set mcp_oauth_callback_port to a free one, or leave it out\n`,
    );
  });
});
