import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forUs, frontMatter } from "../../../src/doors/app-server/external-agents/words.ts";
import { appServerInMemory, type AppClient, type AppServerUnderTest, type Json } from "../../support/app-client.ts";
import { message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, type Stage } from "../../support/run.ts";

let stage: Stage;
let server: AppServerUnderTest;
let client: AppClient;

beforeEach(async () => {
  stage = await makeStage({ git: true });
  server = appServerInMemory(stage);
  client = await server.connect();
});

afterEach(async () => {
  await server.close();
  await stage.dispose();
});

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(stage.root, path)), { recursive: true });
  writeFileSync(join(stage.root, path), text);
};

async function takeOver(migrationItems: unknown): Promise<Json[]> {
  const completed = client.next("externalAgentConfig/import/completed");
  await client.call("externalAgentConfig/import", { migrationItems });
  return (await completed).params["itemTypeResults"] as Json[];
}

/** A link at the one path to the other. */
function link(path: string, to: string): void {
  mkdirSync(dirname(join(stage.root, path)), { recursive: true });
  symlinkSync(join(stage.root, to), join(stage.root, path));
}

const read = (path: string): string => readFileSync(join(stage.root, path), "utf8");

const found = async (params: Json): Promise<Json[]> =>
  (await client.call("externalAgentConfig/detect", params))["items"] as Json[];

it("what was deselected stays away", async () => {
  put("home/.claude/agents/one.md", "---\nname: one\ndescription: d\n---\nx\n");
  put("home/.claude/agents/two.md", "---\nname: two\ndescription: d\n---\nx\n");
  const [item] = await found({ includeHome: true });
  await takeOver([{ ...item, details: { subagents: [{ name: "two" }] } }]);
  const agents = join(stage.codexHome, "agents");
  expect([existsSync(join(agents, "one.toml")), existsSync(join(agents, "two.toml"))]).toEqual([false, true]);
});

it("names become ours, paths and addresses stay", () => {
  const text =
    "Claude Code reads CLAUDE.md; claude's ~/.claude/settings.json, see https://claude.ai/x, claude-code, me@claude.ai";
  expect(forUs(text, "claude")).toBe(
    "Codex reads AGENTS.md; Codex's ~/.claude/settings.json, see https://claude.ai/x, Codex, me@claude.ai",
  );
});

it("what is here stays as it is, comments included", async () => {
  put("codex-home/config.toml", '# mine\nmodel = "m" # kept\n\n[mcp_servers.a]\ncommand = "mine"\n');
  put("home/.claude.json", JSON.stringify({ mcpServers: { a: { command: "theirs" }, b: { command: "b" } } }));
  put("home/.claude/CLAUDE.md", "theirs\n");
  put("codex-home/AGENTS.md", "mine\n");
  await takeOver(await found({ includeHome: true }));
  const config = readFileSync(join(stage.codexHome, "config.toml"), "utf8");
  expect(config).toContain('# mine\nmodel = "m" # kept\n\n[mcp_servers.a]\ncommand = "mine"\n');
  expect(config).toContain('[mcp_servers.b]\ncommand = "b"\n');
  expect(readFileSync(join(stage.codexHome, "AGENTS.md"), "utf8")).toBe("mine\n");
});

it.each(["config.toml", "AGENTS.md", "hooks.json"])(
  "a %s here that is not read is not replaced either",
  async (name) => {
    const before = `# ${"mine ".repeat(2 ** 21)}\n`;
    put(`codex-home/${name}`, before);
    put("home/.claude/CLAUDE.md", "theirs\n");
    put("home/.claude.json", JSON.stringify({ mcpServers: { b: { command: "b" } } }));
    put("home/.claude/settings.json", JSON.stringify({ hooks: { Stop: [{ hooks: [{ command: "x" }] }] } }));
    const itemType = { "config.toml": "MCP_SERVER_CONFIG", "AGENTS.md": "AGENTS_MD", "hooks.json": "HOOKS" }[name];
    const [result] = await takeOver([{ itemType, description: "", cwd: null, details: null }]);
    expect(read(`codex-home/${name}`) === before).toBe(true);
    expect(result).toMatchObject({
      successes: [],
      failures: [{ message: expect.stringMatching(new RegExp(`${name} has 11 MiB.*8 MiB`)) }],
    });
  },
);

it("plugins and memories are refused with the reason", async () => {
  const items = ["PLUGINS", "MEMORY"].map((itemType) => ({
    itemType,
    description: "",
    cwd: null,
    details: null,
  }));
  for (const { failures } of await takeOver(items))
    expect(failures).toMatchObject([
      { failureStage: "not_supported", message: expect.stringContaining("codex-agent") },
    ]);
});

it("settings that are no JSON are named", async () => {
  put("home/.claude/settings.json", "{nope");
  const reply = await client.request("externalAgentConfig/detect", { includeHome: true });
  expect(reply).toMatchObject({
    error: { code: -32603, message: expect.stringContaining("settings.json is not JSON") },
  });
});

it("a target that cannot be written is a failure, and the next item is still taken over", async () => {
  put("home/.claude/agents/one.md", "---\nname: one\ndescription: d\n---\nx\n");
  put("home/.claude/CLAUDE.md", "told\n");
  symlinkSync("/proc/version", join(stage.codexHome, "agents"));
  const results = await takeOver(await found({ includeHome: true }));
  expect(
    results.map(({ itemType, successes, failures }) => [itemType, (successes as []).length, (failures as []).length]),
  ).toEqual([
    ["AGENTS_MD", 1, 0],
    ["SUBAGENTS", 0, 1],
  ]);
});

it("a skill whose text is a link becomes one with a text of its own, and what the link leads to stays as it is", async () => {
  put("home/dot.md", "Use Claude\n");
  link("home/.claude/skills/foo/SKILL.md", "home/dot.md");
  put("home/.claude/skills/foo/more.md", "as it is\n");
  await takeOver(await found({ includeHome: true }));
  expect(read("home/dot.md")).toBe("Use Claude\n");
  const skill = ".agents/skills/foo/SKILL.md";
  expect([lstatSync(join(stage.root, skill)).isFile(), read(skill)]).toEqual([true, "Use Codex\n"]);
  expect(read(".agents/skills/foo/more.md")).toBe("as it is\n");
});

it("links in a repository are read where they stay in it, and are nothing where they lead out of it", async () => {
  put("home/secret", "---\nname: n\ndescription: d\n---\nsecret\n");
  put("home/.claude.json", JSON.stringify({ mcpServers: { mine: { command: "secret" } } }));
  put("home/settings.json", JSON.stringify({ env: { A: "secret" }, hooks: { Stop: [{ hooks: [{ command: "x" }] }] } }));
  link("workspace/.mcp.json", "home/.claude.json");
  link("workspace/CLAUDE.md", "home/secret");
  link("workspace/.claude/settings.json", "home/settings.json");
  for (const name of ["commands", "agents"]) link(`workspace/.claude/${name}`, `home/${name}`);
  for (const name of ["commands", "agents"]) put(`home/${name}/one.md`, read("home/secret"));
  link("workspace/.claude/skills/out/SKILL.md", "home/secret");
  put("workspace/text.md", "Use Claude\n");
  link("workspace/.claude/skills/in/SKILL.md", "workspace/text.md");

  const items = await found({ cwds: [stage.workspace] });
  expect(items).toMatchObject([{ itemType: "SKILLS", details: { skills: [{ name: "in" }] } }]);
  await takeOver(items);
  expect(readdirSync(join(stage.workspace, ".agents/skills"))).toEqual(["in"]);
  expect([read("workspace/.agents/skills/in/SKILL.md"), read("workspace/text.md")]).toEqual([
    "Use Codex\n",
    "Use Claude\n",
  ]);
});

it("nothing is written where a link leads out of the repository", async () => {
  put("workspace/.mcp.json", JSON.stringify({ mcpServers: { theirs: { command: "x" } } }));
  put("workspace/CLAUDE.md", "run this\n");
  put("workspace/.claude/skills/one/SKILL.md", "text\n");
  put("home/empty", "");
  put("home/.agents/kept", "");
  link("workspace/.codex", "codex-home");
  link("workspace/AGENTS.md", "home/empty");
  link("workspace/.agents", "home/.agents");
  put("codex-home/config.toml", 'model = "m"\n');

  const results = await takeOver(await found({ cwds: [stage.workspace] }));
  expect(results.map(({ itemType, successes }) => [itemType, successes])).toEqual([
    ["SKILLS", []],
    ["AGENTS_MD", []],
    ["MCP_SERVER_CONFIG", []],
  ]);
  for (const { failures } of results)
    expect(failures).toMatchObject([{ failureStage: "import", message: expect.stringContaining("leads out of") }]);
  expect([read("codex-home/config.toml"), read("home/empty"), readdirSync(join(stage.home, ".agents"))]).toEqual([
    'model = "m"\n',
    "",
    ["kept"],
  ]);
});

it("what is too long to be a setting is so behind a link, too", async () => {
  put("home/long", "x");
  truncateSync(join(stage.home, "long"), 9 * 2 ** 20);
  link("home/.claude/CLAUDE.md", "home/long");
  expect(await found({ includeHome: true })).toEqual([]);
});

it("front matter is read line by line, and a text without any is all body", () => {
  const { fields, body } = frontMatter("---\r\nname: 'it''s'\ndescription: \"a: b\"\nlist:\n  - x\n---\nbody\n");
  expect([Object.fromEntries(fields), body]).toEqual([{ name: "it's", description: "a: b", list: "" }, "body\n"]);
  expect(frontMatter("---\nno end").body).toBe("---\nno end");
});

/** A line of a conversation with Claude. */
const entryOf = (type: string, content: unknown, more: Json = {}): string =>
  `${JSON.stringify({ type, cwd: stage.workspace, timestamp: "2026-01-02T03:04:05Z", message: { content }, ...more })}\n`;
const sessionsOf = (...paths: string[]): unknown[] => [
  {
    itemType: "SESSIONS",
    description: "",
    cwd: null,
    details: { sessions: paths.map((path) => ({ path: join(stage.root, path), cwd: stage.workspace, title: null })) },
  },
];

it("a long conversation is found and becomes a thread, whole", async () => {
  const path = "home/.claude/projects/x/long.jsonl";
  const noise = Array.from({ length: 9 }, () => [{ type: "tool_result", content: "x".repeat(2 ** 20) }]);
  const lines = [
    entryOf("user", "the first"),
    ...noise.map((content) => entryOf("user", content)),
    entryOf("user", "the last \u2028 word"),
    entryOf("assistant", "done").trimEnd(),
  ];
  put(path, lines.join(""));
  const items = await found({ includeHome: true });
  expect(items).toMatchObject([{ details: { sessions: [{ path: join(stage.root, path), title: "the first" }] } }]);
  const [result] = await takeOver(items);
  expect(result).toMatchObject({ failures: [], successes: [{ title: "the first" }] });
  const threadId = (result!["successes"] as { target: string }[])[0]!.target;
  const { thread } = await client.call("thread/read", { threadId, includeTurns: true });
  const turns = (thread as { turns: { items: unknown[] }[] }).turns;
  expect(turns.map(({ items: all }) => all.length)).toEqual([10, 2]);
  expect(JSON.stringify(turns[1])).toContain("the last \u2028 word");
});

it("taking over one conversation does not read the others", async () => {
  put("home/.claude/projects/x/one.jsonl", entryOf("user", "hello"));
  for (let index = 0; index < 30; index++) {
    const other = `home/.claude/projects/x/other-${index}.jsonl`;
    put(other, "");
    truncateSync(join(stage.root, other), 8 * 2 ** 20);
  }
  const bytesRead = (): number => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
  const before = bytesRead();
  const [result] = await takeOver(sessionsOf("home/.claude/projects/x/one.jsonl"));
  expect(result).toMatchObject({ failures: [], successes: [{ title: "hello" }] });
  expect(bytesRead() - before).toBeLessThan(120 * 2 ** 20);
});

it("a conversation that is too long to be a thread is found, and refused with the reason", async () => {
  const path = "home/.claude/projects/x/endless.jsonl";
  put(path, entryOf("user", "hello"));
  truncateSync(join(stage.root, path), 300 * 2 ** 20);
  const items = await found({ includeHome: true });
  expect(items).toMatchObject([{ details: { sessions: [{ title: "hello" }] } }]);
  const [result] = await takeOver(items);
  expect(result).toMatchObject({
    successes: [],
    failures: [
      { failureStage: "session_import", message: expect.stringMatching(/endless\.jsonl has 300 MiB.*256 MiB/) },
    ],
  });
});

it("a conversation whose folder is gone, or that lies elsewhere, is not taken over; the next one is", async () => {
  put("home/.claude/projects/x/good.jsonl", entryOf("user", "hello"));
  put("home/.claude/projects/x/gone.jsonl", entryOf("user", "gone", { cwd: "/nowhere/at/all" }));
  put("home/beside.jsonl", entryOf("user", "beside"));
  const [result] = await takeOver(
    sessionsOf("home/.claude/projects/x/gone.jsonl", "home/beside.jsonl", "home/.claude/projects/x/good.jsonl"),
  );
  expect(result).toMatchObject({ successes: [{ title: "hello" }] });
  expect((result!["failures"] as Json[]).map(({ subErrorType }) => subErrorType)).toEqual([
    "session_not_detected",
    "session_not_detected",
  ]);
});

it("a conversation is a thread afterwards that a model goes on with, and found again when it has gone on itself", async () => {
  const model = await startFakeModel([respond([message("msg_1", "going on")])]);
  const own = await makeStage({ baseUrl: model.baseUrl, git: true });
  const there = appServerInMemory(own);
  try {
    const path = join(own.home, ".claude/projects/x/1.jsonl");
    const entry = (type: string, content: unknown, more: Json = {}): string =>
      `${JSON.stringify({ type, cwd: own.workspace, timestamp: "2026-01-02T03:04:05Z", message: { content }, ...more })}\n`;
    const call = { type: "tool_use", name: "Bash", input: { command: "ls" } };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      [
        entry("user", "say nothing of this", { isMeta: true }),
        entry("user", "Fix it\nplease"),
        entry("assistant", [{ type: "text", text: "I look." }, call]),
        entry("user", [{ type: "tool_result", content: [{ type: "text", text: "a.txt" }] }]),
        entry("assistant", "aside", { isSidechain: true }),
        "{ cut off",
      ].join(""),
    );
    const at = await there.connect();
    const find = async (): Promise<Json[]> =>
      (await at.call("externalAgentConfig/detect", { includeHome: true }))["items"] as Json[];
    const items = await find();
    expect(items).toMatchObject([
      { itemType: "SESSIONS", details: { sessions: [{ path, cwd: own.workspace, title: "Fix it" }] } },
    ]);
    const completed = at.next("externalAgentConfig/import/completed");
    await at.call("externalAgentConfig/import", { migrationItems: items });
    const [{ successes }] = (await completed).params["itemTypeResults"] as [{ successes: { target: string }[] }];
    expect(await find()).toEqual([]);

    const threadId = successes[0]!.target;
    const { thread } = await at.call("thread/resume", { threadId });
    expect(
      (thread as { turns: { items: Json[] }[] }).turns.map(({ items: all }) => all.map(({ type }) => type)),
    ).toEqual([["userMessage", "agentMessage", "agentMessage"]]);
    await at.call("turn/start", { threadId, input: [{ type: "text", text: "and now?" }] });
    await at.next("turn/completed");
    const asked = JSON.stringify(model.requests[0]!.body);
    for (const text of ["Fix it", "I look.", "Bash was called", "a.txt", "and now?"]) expect(asked).toContain(text);
    expect(asked).not.toContain("say nothing");

    appendFileSync(path, entry("user", "more"));
    expect(await find()).toHaveLength(1);
  } finally {
    await there.close();
    await model.close();
    await own.dispose();
  }
});
