import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AppClient, Json } from "../../support/app-client.ts";
import type { Stage } from "../../support/run.ts";
import type { Dialogue } from "./dialogue.ts";

async function put(folder: string, files: Record<string, unknown>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  }
}

const command = (text: string): Json => ({ type: "command", command: text });

async function furnish({ home, workspace, root }: Stage): Promise<void> {
  await put(home, {
    ".claude/settings.json": {
      env: { A: "1", NESTED: { x: 1 }, NONE: null, YES: true, HALF: 1.5 },
      sandbox: { enabled: true },
      hooks: {
        Notification: [{ hooks: [command("n")] }],
        UserPromptSubmit: [{ matcher: "x", hooks: [command("u")] }],
        PreToolUse: [
          {
            matcher: "Bash|Edit",
            hooks: [command("pre"), { type: "prompt", prompt: "x" }, { ...command("later"), async: true }],
          },
          { hooks: [] },
        ],
        PostToolUse: [{ matcher: "*", hooks: [{ type: "http", url: "x" }] }],
        Stop: [{ hooks: [{ ...command("stop"), timeout: 5 }] }],
        SubagentStop: [{ hooks: [{ ...command("s"), timeout: 7.5 }] }],
      },
    },
    ".claude/settings.local.json": { env: { A: "2", LOCAL: "3" } },
    ".claude.json": {
      mcpServers: {
        plain: { command: "npx", args: ["-y", "x"], env: { A: "b", N: 3 } },
        passed: { command: "c", env: { T: "${T}" } },
        put: { command: "c", env: { T: "${OTHER}" } },
        args: { command: "c", args: ["${HOME}/x"] },
        remote: { type: "http", url: "https://e.example/mcp", headers: { Authorization: "Bearer ${TOK}", X: "y" } },
        headers: { url: "https://h.example", headers: { "X-B": "${BB}", Authorization: "Bearer abc" } },
        sse: { type: "sse", url: "https://sse.example" },
        off: { command: "d", disabled: true },
        none: { foo: 1 },
      },
      projects: { [workspace]: { mcpServers: { three: { type: "stdio", command: "three" } } } },
    },
    ".claude/CLAUDE.md": "# Rules\nUse Claude Code well; CLAUDE.md says how. Claude's way. See http://claude.ai\n",
    ".claude/skills/known/SKILL.md": "---\nname: known\ndescription: for Claude\n---\nbody\n",
    ".claude/skills/known/more/x.txt": "claude\n",
    ".claude/commands/plain.md": "just do\n",
    ".claude/commands/deep/er/one.md": "---\ndescription: d\n---\nx\n",
    ".claude/commands/Up Per.md": "---\ndescription: d\n---\nx\n",
    ".claude/commands/arguments.md": "---\ndescription: d\n---\n$ARGUMENTS\n",
    ".claude/commands/place.md": "---\ndescription: d\n---\nof $1\n",
    ".claude/commands/output.md": "---\ndescription: d\n---\n!`ls`\n",
    ".claude/commands/README.md": "---\ndescription: d\n---\nx\n",
    ".claude/agents/full.md": "---\nname: full name\ndescription: Does\nmodel: haiku\n---\nYou do.\n",
    ".claude/agents/edits.md": "---\nname: edits\ndescription: D\npermissionMode: acceptEdits\neffort: high\n---\nB\n",
    ".claude/agents/nameless.md": "---\ndescription: x\n---\nB\n",
    ".claude/agents/bare.md": "Just text\n",
    ".claude/agents/empty.md": "---\nname: empty\ndescription: x\n---\n",
    ".cursor/mcp.json": { mcpServers: { cur: { command: "c", env: { T: "${T}" } }, out: { command: "${X}" } } },
    ".cursor/hooks.json": { hooks: { beforeShellExecution: [{ command: "x" }], stop: [{ command: "y" }] } },
    ".cursor/commands/hx.md": "do hx\n",
    ".cursor/agents/x.md": "---\nname: ha\ndescription: d\n---\nb\n",
    ".cursor/skills/sk/SKILL.md": "---\nname: sk\ndescription: d\n---\nb\n",
  });
  await put(workspace, {
    "CLAUDE.md": "# Project\nClaude reads CLAUDE.md.\n",
    ".claude/settings.json": { env: { P: "1" }, hooks: { SessionStart: [{ hooks: [command("echo hi")] }] } },
    ".claude/agents/pa.md": "---\nname: pa\ndescription: Pa\n---\nYou are pa.\n",
    ".mcp.json": { mcpServers: { proj: { command: "p", args: [] } } },
    "sub/CLAUDE.md": "sub\n",
    ".cursorrules": "cursor rules\n",
    ".cursor/mcp.json": { mcpServers: { repo: { command: "r" } } },
  });
  await put(root, {
    "beside/CLAUDE.md": "beside\n",
    "known/CLAUDE.md": "x",
    "known/AGENTS.md": "told already\n",
    "blank/CLAUDE.md": "told by Claude\n",
    "blank/AGENTS.md": "  \n",
    "inner/.claude/CLAUDE.md": "inner\n",
    "list/.claude/settings.json": "[]",
    "local/.claude/settings.local.json": { env: { Q: "1" } },
  });
}

const dialogue = (name: string, play: (client: AppClient, stage: Stage) => Promise<void>): Dialogue => ({
  name,
  script: () => [],
  setup: furnish,
  // Their order among each other is not promised; all of them are in the last word.
  without: ["externalAgentConfig/import/progress"],
  async play(desk) {
    await play(await desk.connect(), desk.stage);
  },
});

async function takeOver(client: AppClient, items: unknown, more: Json = {}): Promise<void> {
  const completed = client.next("externalAgentConfig/import/completed");
  await client.call("externalAgentConfig/import", { migrationItems: items, ...more });
  await completed;
}

const look = async (client: AppClient, folder: string, files: readonly string[]): Promise<void> => {
  for (const file of files) await client.request("fs/readFile", { path: join(folder, file) });
};

export const externalAgentsDialogues: Dialogue[] = [
  dialogue("what the user has of another agent is found, taken over, and not found again", async (client, stage) => {
    const { items } = await client.call("externalAgentConfig/detect", { includeHome: true });
    await takeOver(client, items, { providerId: "somebody" });
    await client.request("externalAgentConfig/detect", { includeHome: true });
    await look(client, stage.codexHome, ["hooks.json", "AGENTS.md", "agents/full.toml", "agents/edits.toml"]);
    await look(client, stage.root, [".agents/skills/known/SKILL.md", ".agents/skills/known/more/x.txt"]);
  }),
  dialogue("repositories are found from the folders in them", async (client, { workspace, root }) => {
    const detect = (cwds: readonly string[]): Promise<unknown> =>
      client.request("externalAgentConfig/detect", { cwds });
    await detect([join(workspace, "sub")]);
    for (const name of ["beside", "known", "blank", "inner", "list", "local", "nowhere"])
      await detect([join(root, name)]);
    await detect(["relative", workspace]);
    await detect([]);
    await client.request("externalAgentConfig/detect", {});
  }),
  dialogue("what a repository has is taken over into it", async (client, { workspace, root }) => {
    const cwds = [workspace, join(root, "beside"), join(root, "blank"), join(root, "local")];
    const { items } = await client.call("externalAgentConfig/detect", { cwds });
    await takeOver(client, items);
    await look(client, workspace, [".codex/config.toml", ".codex/hooks.json", ".codex/agents/pa.toml", "AGENTS.md"]);
    await look(client, root, ["beside/AGENTS.md", "blank/AGENTS.md", "local/.codex/config.toml"]);
    await client.request("externalAgentConfig/detect", { cwds });
  }),
  dialogue("settings of Cursor", async (client, { workspace, codexHome }) => {
    const where = { includeHome: true, cwds: [workspace], migrationSource: "cursor" };
    const { items } = await client.call("externalAgentConfig/detect", where);
    await takeOver(client, items, { migrationSource: "cursor" });
    await look(client, workspace, [".codex/config.toml", "AGENTS.md"]);
    await look(client, codexHome, ["hooks.json", "agents/x.toml"]);
    await client.request("externalAgentConfig/detect", where);
  }),
  dialogue("items that mean nothing any more", async (client, { root }) => {
    const cwd = join(root, "beside");
    await takeOver(client, [
      { itemType: "SUBAGENTS", description: "x", cwd, details: { subagents: [{ name: "nope" }] } },
      { itemType: "AGENTS_MD", description: "x", cwd: "/nowhere", details: null },
      { itemType: "HOOKS", description: "x", cwd, details: { hooks: [{ name: "Stop" }] } },
    ]);
    await client.request("externalAgentConfig/import", { migrationItems: [] });
    await client.request("externalAgentConfig/import", { migrationItems: [{ itemType: "WHAT" }] });
    await client.request("externalAgentConfig/import", {});
    await client.request("externalAgentConfig/detect", { cwds: "x" });
  }),
  dialogue("conversations are found at home, and become threads once", async (client, { home, workspace }) => {
    const entry = (type: string, content: unknown, more: Json = {}): Json => ({
      type,
      cwd: workspace,
      timestamp: new Date().toISOString(),
      message: { role: type, content },
      ...more,
    });
    const session = (...entries: Json[]): string => entries.map((each) => `${JSON.stringify(each)}\n`).join("");
    await put(join(home, ".claude/projects"), {
      "-a/11111111-1111-4111-8111-111111111111.jsonl": session(
        entry("user", "Fix the bug"),
        entry("assistant", [
          { type: "text", text: "Done" },
          { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } },
        ]),
        entry("user", [{ type: "tool_result", tool_use_id: "t1", content: "a.txt" }]),
      ),
      "-a/22222222-2222-4222-8222-222222222222.jsonl": session(entry("user", "Gone", { cwd: "/nowhere/at/all" })),
      "-a/33333333-3333-4333-8333-333333333333.jsonl": "not a session\n",
    });
    const isSession = ({ itemType }: Json): boolean => itemType === "SESSIONS";
    const detect = async (params: Json = {}): Promise<Json[]> => {
      const reply = await client.request("externalAgentConfig/detect", { includeHome: true, ...params });
      if (!("result" in reply)) return [];
      return (reply.result["items"] = (reply.result["items"] as Json[]).filter(isSession));
    };
    await detect({ maxSessions: 0 });
    const items = await detect();
    await takeOver(client, items);
    await detect();
    const details = { sessions: [{ path: "/etc/passwd", cwd: workspace, title: null }] };
    await takeOver(client, [{ itemType: "SESSIONS", description: "", cwd: null, details }]);
  }),
  dialogue("what was taken over is remembered", async (client) => {
    await client.request("externalAgentConfig/import/readHistories", {});
    await client.request("externalAgentConfig/import/recordHistory", { providerId: "x", itemTypeResults: [] });
    const success = { cwd: null, itemType: "CONFIG", source: "s", target: "t" };
    const itemTypeResults = [{ itemType: "CONFIG", successes: [success], failures: [] }];
    await client.request("externalAgentConfig/import/recordHistory", { providerId: "", itemTypeResults });
    await client.request("externalAgentConfig/import/recordHistory", { itemTypeResults });
    const reply = await client.request("externalAgentConfig/import/readHistories", {});
    if (!("result" in reply)) return;
    const all = reply.result["data"] as Json[];
    for (const past of all) past["completedAtMs"] = "<completedAtMs>";
    // Of those of one millisecond none is the later one.
    reply.result["data"] = all.toSorted((a, b) => String(a["providerId"]).localeCompare(String(b["providerId"])));
  }),
];
