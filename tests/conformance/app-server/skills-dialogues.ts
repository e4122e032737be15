import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AppClient } from "../../support/app-client.ts";
import type { Dialogue, Heard } from "./dialogue.ts";
import { changed, inOurWords } from "./settings-wanted.ts";

const skill = (name: string, more = ""): string =>
  `---\nname: ${name}\ndescription: What ${name} is for\n${more}---\nbody\n`;

const sidecar = `# how it is shown
interface:
  display_name: "Shown"
  short_description: "short"   # a word
  default_prompt: 'it''s'
  brand_color: "#112233"
  icon_small: "./assets/small.png"
  icon_large: ../outside.png
dependencies:
  tools:
    - type: "mcp"
      value: "x"
      description: "y"
      transport: "streamable_http"
      url: "https://example.invalid/mcp"
    - type: env_var
      value: TOKEN
`;

const stage = {
  baseUrl: "http://127.0.0.1:9/v1",
  config: `[[skills.config]] # not now\nname = "off"\nenabled = false\n`,
  files: {
    ".agents/skills/one/SKILL.md": skill("one", "metadata:\n  short-description: shorter\n"),
    ".codex/skills/two/SKILL.md": skill("two"),
    ".agents/skills/shown/SKILL.md": skill("shown"),
    ".agents/skills/shown/agents/openai.yaml": sidecar,
    ".agents/skills/bad/SKILL.md": "---\nname: bad\n---\n",
    ".agents/skills/long/SKILL.md": skill("x".repeat(70)),
    ".agents/skills/plain/SKILL.md": "no front matter",
    "extra/more/SKILL.md": skill("more"),
  },
  homeFiles: { "skills/mine/SKILL.md": skill("mine"), "skills/off/SKILL.md": skill("off") },
};

/** The real one unpacks skills of its own, which ours does not have. */
function withoutSystem(real: Heard): Heard {
  return changed(real, (reply) => {
    const { result } = reply as { result?: { data?: { skills?: { scope: string }[] }[] } };
    for (const entry of result?.data ?? [])
      if (entry.skills) entry.skills = entry.skills.filter(({ scope }) => scope !== "system");
    return inOurWords(reply);
  });
}

const wanted = {
  reason: "There are no skills of the system, and what is wrong with one is said in our words.",
  change: withoutSystem,
};

const list = (client: AppClient, cwd: string): Promise<unknown> => client.request("skills/list", { cwds: [cwd] });

export const skillsDialogues: Dialogue[] = [
  {
    name: "skills are listed with how they are shown, and with those that cannot be used",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      await client.request("skills/list", {});
      await client.request("skills/list", { cwds: [desk.stage.workspace, desk.stage.home], forceReload: true });
      await client.request("skills/list", { cwds: ["/not/there"] });
    },
    wanted,
  },
  {
    name: "further folders with skills can be named",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      const { workspace } = desk.stage;
      await client.request("skills/extraRoots/set", { extraRoots: ["relative"] });
      await client.request("skills/extraRoots/set", { extraRoots: ["/not/there", join(workspace, "extra")] });
      await client.next("skills/changed");
      await list(client, workspace);
      await client.request("skills/extraRoots/set", { extraRoots: [] });
      await client.next("skills/changed");
      await list(client, workspace);
    },
    wanted,
  },
  {
    name: "a skill is switched off and on in the user's file",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      const { workspace, codexHome } = desk.stage;
      const write = (params: object): Promise<unknown> => client.request("skills/config/write", params);
      await write({ enabled: false });
      await write({ enabled: false, name: "one", path: "/x" });
      await write({ enabled: false, name: "" });
      await write({ enabled: false, path: "relative" });
      await write({ enabled: false, name: "one" });
      await write({ enabled: false, path: join(codexHome, "skills/mine/SKILL.md") });
      await write({ enabled: true, name: "off" });
      await write({ enabled: true, name: "never-off" });
      await list(client, workspace);
      await write({ enabled: true, path: join(codexHome, "skills/mine/SKILL.md") });
      await list(client, workspace);
      const text = await readFile(join(codexHome, "config.toml"), "utf8");
      if (!text.includes(`[[skills.config]]\nname = "one"\nenabled = false\n`)) throw new Error(text);
    },
    wanted,
  },
  {
    name: "hooks are listed with what is wrong in their files",
    script: () => [],
    stage: {
      ...stage,
      homeFiles: {
        "hooks.json": JSON.stringify({
          hooks: {
            Stop: [
              { hooks: [{ type: "command", command: "echo hi", timeout: 5, statusMessage: "s" }, { type: "prompt" }] },
            ],
            PreToolUse: [{ matcher: "Bash|apply_patch", hooks: [{ type: "command", command: "x", async: true }] }],
            SessionStart: [{ hooks: [{ type: "mcp_tool", server: "demo", tool: "echo" }] }],
          },
        }),
      },
    },
    async play(desk) {
      const client = await desk.connect();
      await client.request("hooks/list", {});
      await client.request("hooks/list", { cwds: [desk.stage.workspace, "/not/there"] });
      await client.request("hooks/list", { threadId: "none" });
      await client.request("hooks/list", { threadId: "0199a213-81c0-7800-8aa1-bbab2a035a53" });
      await client.request("hooks/list", { threadId: "0199a213-81c0-7800-8aa1-bbab2a035a53", cwds: ["/"] });
    },
    wanted,
  },
  {
    name: "who has no apps and no plugins has none of them",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      const unknown = "0199a213-81c0-7800-8aa1-bbab2a035a53";
      await client.request("app/list", {});
      await client.request("app/read", { appIds: ["x", "y"] });
      await client.request("app/installed", {});
      for (const threadId of ["none", unknown]) {
        await client.request("app/list", { threadId });
        await client.request("app/installed", { threadId });
      }
      await client.request("plugin/list", {});
      await client.request("plugin/list", { cwds: [desk.stage.workspace] });
      await client.request("plugin/installed", {});
    },
  },
];
