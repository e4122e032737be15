import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AppClient } from "../../support/app-client.ts";
import type { Stage } from "../../support/run.ts";
import type { Desk, Dialogue } from "./dialogue.ts";
import { changed, ownWords } from "./settings-wanted.ts";

/** Comments, blanks and an order that nobody would write by machine. */
const handWritten = `# what I use
model = "gpt-5.5"   # for now
sandbox_mode = 'read-only'

# my gateway
[model_providers.mine]
name = "Mine" # a name
base_url = "http://127.0.0.1:9/v1"
env_key = "FAKE_KEY"
http_headers = { "x-a" = "1", x-b = "2" }

[mcp_servers.demo]
command = "demo"
args = [
  "one", # first
  "two",
]
enabled = false
`;

/** What a write has left of the file is heard as an answer, too: it is written into the configuration as a value. */
async function keepFile({ stage }: Desk, client: AppClient): Promise<void> {
  const text = await readFile(join(stage.codexHome, "config.toml"), "utf8");
  await client.request("fs/writeFile", {
    path: join(stage.workspace, "left"),
    dataBase64: Buffer.from(text).toString("base64"),
  });
  await client.request("fs/readFile", { path: join(stage.workspace, "left") });
}

const stage = { baseUrl: "http://127.0.0.1:9/v1", homeFiles: { "config.toml": handWritten } };

const set = (client: AppClient, keyPath: string, value: unknown, mergeStrategy = "replace"): Promise<unknown> =>
  client.request("config/value/write", { keyPath, value, mergeStrategy });

const trusted = async ({ codexHome, workspace }: Stage): Promise<void> => {
  const project = `[projects.${JSON.stringify(workspace)}]\ntrust_level = "trusted"\n`;
  await writeFile(join(codexHome, "config.toml"), `model = "gpt-5.5"\n\n${project}`);
};

export const configDialogues: Dialogue[] = [
  {
    name: "config is read with its layers, of no folder and of an untrusted one",
    script: () => [],
    stage: { ...stage, files: { ".codex/config.toml": `model_reasoning_effort = "low"\n` } },
    async play(desk) {
      const client = await desk.connect();
      await client.request("config/read", {});
      await client.request("config/read", { includeLayers: true, cwd: desk.stage.workspace });
      await client.request("config/read", { cwd: "/not/there" });
    },
  },
  {
    name: "a trusted project has its say in its own folders, but for what is the user's",
    script: () => [],
    stage: {
      baseUrl: "http://127.0.0.1:9/v1",
      files: {
        ".codex/config.toml": `model = "project"\nmodel_provider = "elsewhere"\nnotify = ["x"]\n`,
        "inner/.codex/config.toml": `model_verbosity = "high"\n`,
      },
    },
    setup: trusted,
    async play(desk) {
      const client = await desk.connect();
      await client.request("config/read", { includeLayers: true, cwd: join(desk.stage.workspace, "inner") });
      await client.request("config/read", { includeLayers: true });
    },
  },
  {
    name: "values are written into the user's file, and the rest of it stays",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      await set(client, "model", "gpt-6-sol");
      await set(client, "model_verbosity", "low", "upsert");
      await set(client, "model_providers.mine.base_url", "http://127.0.0.1:8/v1");
      await set(client, `projects."/a/b.c".trust_level`, "trusted", "upsert");
      await set(client, "mcp_servers.demo", { args: ["three"], env: { KEY: "value" } }, "upsert");
      await keepFile(desk, client);
      await set(client, "mcp_servers.demo", { command: "other" });
      await set(client, "sandbox_mode", null);
      await set(client, "not_there.at_all", null);
      await keepFile(desk, client);
      await client.request("config/read", { includeLayers: true });
    },
  },
  {
    name: "several values are written together, or none",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      const edit = (keyPath: string, value: unknown): unknown => ({ keyPath, value, mergeStrategy: "upsert" });
      await client.request("config/batchWrite", { edits: [] });
      await client.request("config/batchWrite", {
        edits: [edit("model", "gpt-6-sol"), edit("features", { goals: false }), edit("tui.theme", "dark")],
        reloadUserConfig: true,
      });
      await client.request("config/batchWrite", {
        edits: [edit("model", "lost"), edit("sandbox_mode", "sometimes")],
      });
      await client.request("config/batchWrite", { edits: [edit("model", "lost"), edit("notice", { a: null })] });
      await keepFile(desk, client);
    },
    wanted: ownWords("What is wrong with a value is said in our words."),
  },
  {
    name: "a write that must not be made is refused",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      for (const keyPath of ["", "  ", "a..b", ".a", "a.", `a."b`, `a.""`, "model.inner", "profile"])
        await set(client, keyPath, "x");
      await set(client, "sandbox_mode", 5);
      await set(client, "model_providers.openai", { name: "mine", base_url: "http://127.0.0.1:9" }, "upsert");
      await set(client, "mcp_servers.empty", { args: ["x"] }, "upsert");
      await client.request("config/value/write", { keyPath: "model", mergeStrategy: "replace" });
      await set(client, "model", "x", "merge");
      const write = { keyPath: "model", value: "x", mergeStrategy: "replace" };
      await client.request("config/value/write", { ...write, expectedVersion: "sha256:0" });
      await client.request("config/value/write", { ...write, filePath: "/elsewhere.toml" });
      await client.request("config/value/write", { ...write, filePath: "config.toml" });
      await client.request("config/value/write", { ...write, filePath: join(desk.stage.codexHome, "config.toml") });
      await keepFile(desk, client);
    },
    wanted: ownWords("What is wrong with a value is said in our words."),
  },
  {
    name: "a version that was read is taken once",
    script: () => [],
    stage,
    async play(desk) {
      const client = await desk.connect();
      const { layers } = await client.call("config/read", { includeLayers: true });
      const [{ version: expectedVersion }] = layers as [{ version: string }];
      const write = { keyPath: "model", value: "first", mergeStrategy: "replace", expectedVersion };
      await client.request("config/value/write", write);
      await client.request("config/value/write", { ...write, value: "second" });
      await keepFile(desk, client);
    },
  },
  {
    name: "requirements, features, permission profiles and modes",
    script: () => [],
    stage: {
      ...stage,
      homeFiles: {
        "config.toml": `default_permissions = ":workspace"\n\n[permissions.careful]\ndescription = "Reads"\nextends = ":read-only"\n`,
      },
    },
    async play(desk) {
      const client = await desk.connect();
      await client.request("configRequirements/read");
      await client.request("permissionProfile/list", {});
      await client.request("permissionProfile/list", { limit: 2, cursor: "1" });
      await client.request("permissionProfile/list", { cursor: "x" });
      await client.request("collaborationMode/list", {});
      await client.request("experimentalFeature/enablement/set", {
        enablement: { memories: true, goals: true, no: true },
      });
      await client.request("config/read", {});
      await client.request("experimentalFeature/list", { cursor: "1000" });
      await client.request("experimentalFeature/list", { threadId: "none" });
      await client.request("config/mcpServer/reload");
    },
  },
  {
    name: "features are listed with whether they are on",
    script: () => [],
    stage: { ...stage, homeFiles: { "config.toml": `[features]\ngoals = false\nmemories = true\nno_such = true\n` } },
    async play(desk) {
      const client = await desk.connect();
      await client.request("experimentalFeature/list", { limit: 500 });
      await client.request("experimentalFeature/enablement/set", {
        enablement: { remote_plugin: false, hooks: false },
      });
      await client.request("experimentalFeature/list", {});
    },
    wanted: {
      reason: "Features are listed by name, and those that are tried out are not praised.",
      change: (real) =>
        changed(real, (reply) => {
          const { result } = reply as { result?: { data?: { name: string }[] } };
          if (result?.data === undefined) return reply;
          const plain = result.data.map((feature) => ({
            ...feature,
            displayName: null,
            description: null,
            announcement: null,
          }));
          return { result: { ...result, data: plain.sort((one, other) => (one.name < other.name ? -1 : 1)) } };
        }),
    },
  },
];
