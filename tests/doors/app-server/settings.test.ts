import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { appServerInMemory, type AppClient } from "../../support/app-client.ts";
import { handmade } from "../../support/mcp/servers.ts";
import { startOAuthServer } from "../../support/mcp/oauth-server.ts";
import { configFile, makeStage, ours, run, type Stage, type StageOptions } from "../../support/run.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const baseUrl = "http://127.0.0.1:9/v1";

async function start(
  options: StageOptions = {},
): Promise<{ client: AppClient; stage: Stage; other(): Promise<AppClient> }> {
  const stage = await makeStage({ baseUrl, git: true, ...options });
  const server = appServerInMemory(stage);
  ends.push(
    () => stage.dispose(),
    () => server.close(),
  );
  return { client: await server.connect(), stage, other: () => server.connect() };
}

it("a client is told of settings without effect, and of projects that are not trusted", async () => {
  const { client, stage } = await start({
    config: `modle = "x"`,
    files: { ".codex/config.toml": `model = "y"\n` },
  });
  const { params: unknown } = await client.next("configWarning");
  expect(unknown["summary"]).toContain("`modle`");
  const { params: untrusted } = await client.next("configWarning");
  expect(untrusted["summary"]).toContain(join(stage.workspace, ".codex"));
});

it("a client is told of a configuration that cannot be read, and can repair it", async () => {
  const { client } = await start({ config: `sandbox_mode = "sometimes"` });
  const { params } = await client.next("configWarning");
  expect(params["details"]).toContain("sandbox_mode");
  const broken = await client.request("thread/start", {});
  expect(broken).toMatchObject({ error: { message: expect.stringContaining("sandbox_mode") } });
  await client.call("config/value/write", { keyPath: "sandbox_mode", value: "read-only", mergeStrategy: "replace" });
  expect(await client.call("thread/start", {})).toHaveProperty("thread");
});

it("who writes with an error is told which, by a code", async () => {
  const { client } = await start();
  const write = { keyPath: "model", value: "x", mergeStrategy: "replace" };
  const codeOf = async (params: object): Promise<unknown> => {
    const reply = await client.request("config/value/write", { ...write, ...params });
    return "error" in reply ? reply.error.data : reply;
  };
  expect(await codeOf({ expectedVersion: "old" })).toEqual({ config_write_error_code: "configVersionConflict" });
  expect(await codeOf({ keyPath: "a..b" })).toEqual({ config_write_error_code: "configValidationError" });
  expect(await codeOf({ filePath: "/x" })).toEqual({ config_write_error_code: "configLayerReadonly" });
});

it("a key is told to nobody who does not ask for it, and every client hears of the login", async () => {
  const key = "sk-very-secret-key-0123456789";
  const { client, stage, other } = await start({ homeFiles: { "config.toml": "" } });
  const second = await other();
  await client.call("account/login/start", { type: "apiKey", apiKey: ` ${key}\n` });
  expect((await second.next("account/updated")).params).toEqual({ authMode: "apikey", planType: null });
  expect(await readFile(join(stage.codexHome, "auth.json"), "utf8")).toContain(key);
  await client.call("account/read", {});
  await client.call("getAuthStatus", {});
  await client.request("account/login/start", { type: "apiKey", apiKey: "two words" });
  await client.request("account/login/start", { type: "apiKey", apiKey: "" });
  expect(JSON.stringify([client.told, second.told, client.replies])).not.toContain(key);
  expect(await client.call("getAuthStatus", { includeToken: true })).toMatchObject({ authToken: key });
});

it("a login with tokens that a client brings is refused with what to do instead", async () => {
  const { client } = await start();
  const tokens = { type: "chatgptAuthTokens", accessToken: "brought", chatgptAccountId: "account" };
  const reply = await client.request("account/login/start", tokens);
  expect(reply).toMatchObject({ error: { message: expect.stringContaining("log in with chatgpt") } });
});

it("servers that the configuration names anew are there for threads that are open", async () => {
  const { client, stage } = await start({ config: handmade("first") });
  const { thread } = await client.call("thread/start", { cwd: stage.workspace });
  const { id: threadId } = thread as { id: string };
  const isReady = (name: string) => (params: Record<string, unknown>) =>
    params["name"] === name && params["status"] === "ready";
  if (!client.told.some(({ params }) => isReady("first")(params)))
    await client.next("mcpServer/startupStatus/updated", isReady("first"));
  await writeFile(
    join(stage.codexHome, "config.toml"),
    configFile(baseUrl, { config: `${handmade("first")}\n${handmade("second")}` }),
  );
  const echo = (server: string): Promise<unknown> =>
    client.request("mcpServer/tool/call", { threadId, server, tool: "echo", arguments: { text: "hi" } });
  expect(await echo("second")).toMatchObject({ error: { message: "unknown MCP server 'second'" } });
  await client.call("config/mcpServer/reload");
  await client.next("mcpServer/startupStatus/updated", isReady("second"));
  expect(await echo("second")).toMatchObject({ result: { content: [{ text: "echo: hi" }] } });
  expect(await echo("first")).toMatchObject({ result: {} });
  await writeFile(join(stage.codexHome, "config.toml"), configFile(baseUrl, { config: handmade("second") }));
  await client.call("config/mcpServer/reload");
  expect(await echo("first")).toMatchObject({ error: { message: "unknown MCP server 'first'" } });
});

/** A repository that the user trusts, with a server of the user's own and perhaps some that it brings. */
async function trustedProject(brought: string | null): Promise<Awaited<ReturnType<typeof start>>> {
  const began = await start(brought === null ? {} : { files: { ".codex/config.toml": brought } });
  const { codexHome, workspace } = began.stage;
  const provider = `\n[projects.${JSON.stringify(workspace)}]\ntrust_level = "trusted"\n`;
  await writeFile(join(codexHome, "config.toml"), configFile(baseUrl, { config: handmade("mine"), provider }));
  return began;
}

const planting = (name: string): string =>
  `[mcp_servers.${name}]\ncommand = "sh"\nargs = ["-c", "touch planted"]\nrequired = false\n`;

const echoOf = (client: AppClient, threadId: unknown, server: string): Promise<unknown> =>
  client.request("mcpServer/tool/call", { threadId, server, tool: "echo", arguments: { text: "hi" } });

it("a server that a project brings after a thread was opened starts no sooner than it is trusted", async () => {
  const { client, stage } = await trustedProject(null);
  const { thread } = await client.call("thread/start", { cwd: stage.workspace });
  const { id: threadId } = thread as { id: string };
  await mkdir(join(stage.workspace, ".codex"));
  await writeFile(join(stage.workspace, ".codex/config.toml"), planting("planted"));
  await client.call("config/mcpServer/reload");
  const refused = await echoOf(client, threadId, "planted");
  expect(existsSync(join(stage.workspace, "planted"))).toBe(false);
  expect(refused).toMatchObject({ error: { message: "unknown MCP server 'planted'" } });
  await client.next("warning", ({ message }) => String(message).includes("brings mcp:planted (starts sh -c"));
  expect(await echoOf(client, threadId, "mine")).toMatchObject({ result: {} });
  await run(ours(), stage, ["approvals", "trust", "--all"]);
  await client.call("config/mcpServer/reload");
  await echoOf(client, threadId, "planted");
  expect(existsSync(join(stage.workspace, "planted"))).toBe(true);
});

it("a server of a project's that has changed since it was trusted is left out of threads that are open", async () => {
  const { client, stage } = await trustedProject(handmade("docs"));
  await run(ours(), stage, ["approvals", "trust", "--all"]);
  const { thread } = await client.call("thread/start", { cwd: stage.workspace });
  const { id: threadId } = thread as { id: string };
  expect(await echoOf(client, threadId, "docs")).toMatchObject({ result: {} });
  await writeFile(join(stage.workspace, ".codex/config.toml"), planting("docs"));
  await client.call("config/mcpServer/reload");
  const refused = await echoOf(client, threadId, "docs");
  expect(existsSync(join(stage.workspace, "planted"))).toBe(false);
  expect(refused).toMatchObject({ error: { message: "unknown MCP server 'docs'" } });
  await client.next("warning", ({ message }) => String(message).includes("it has changed since it was trusted"));
});

it("a thread keeps the servers that it was started with when those of the configuration are read again", async () => {
  const { client, stage } = await start({ config: handmade("mine") });
  const file = join(import.meta.dirname, "../../support/mcp/server.mjs");
  const own = { command: process.execPath, args: [file], startup_timeout_sec: 90 };
  const { thread } = await client.call("thread/start", { cwd: stage.workspace, config: { mcp_servers: { own } } });
  const { id: threadId } = thread as { id: string };
  expect(await echoOf(client, threadId, "own")).toMatchObject({ result: {} });
  await client.call("config/mcpServer/reload");
  expect(await echoOf(client, threadId, "own")).toMatchObject({ result: {} });
  expect(await echoOf(client, threadId, "mine")).toMatchObject({ result: {} });
});

it(
  "a login at an MCP server is begun by a client, ended in the browser, and told of",
  { timeout: 60_000 },
  async () => {
    const server = await startOAuthServer();
    ends.push(() => server.close());
    const { client } = await start({ config: `[mcp_servers.locked]\nurl = "${server.url}"\n` });
    const { authorizationUrl, loginId } = await client.call("mcpServer/oauth/login", { name: "locked" });
    await server.allow(String(authorizationUrl));
    const done = await client.next("mcpServer/oauthLogin/completed");
    expect(done.params).toEqual({ name: "locked", threadId: null, loginId, success: true });
    const { data } = await client.call("mcpServerStatus/list", {});
    expect(data).toMatchObject([{ name: "locked", authStatus: "oAuth", tools: { whoami: {} } }]);

    const again = await client.call("mcpServer/oauth/login", { name: "locked" });
    await server.allow(String(again["authorizationUrl"]), true);
    const refused = await client.next("mcpServer/oauthLogin/completed");
    expect(refused.params).toMatchObject({ success: false, error: expect.stringContaining("locked") });
  },
);

it("the settings of the kernel are shown with their defaults, all others as they are written", async () => {
  const { client } = await start({
    config: `[tui]\ntheme = "dark"\n[mcp_servers.one]\ncommand = "x"\nenv = { KEY = "value" }`,
  });
  const { config } = await client.call("config/read", {});
  expect(config).toMatchObject({
    tui: { theme: "dark" },
    history: { persistence: "save-all", max_bytes: null },
    mcp_servers: { one: { command: "x", args: [], enabled: true, env: { KEY: "value" } } },
    model_providers: { fake: { wire_api: "responses", requires_openai_auth: false } },
    sandbox_mode: null,
  });
  expect(Object.keys((config as { tui: object }).tui)).toEqual(["theme"]);
});

it("models are listed with what can be done with them, and without praise", async () => {
  const { client } = await start();
  const { data } = await client.call("model/list", { includeHidden: true });
  const models = data as Record<string, unknown>[];
  expect(models.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  expect(models.filter(({ hidden }) => hidden).length).toBeGreaterThan(0);
  for (const model of models)
    expect(model).toMatchObject({ availabilityNux: null, serviceTiers: [], upgradeInfo: null });
});

it("a tool that a client calls cannot ask back", async () => {
  const { client, stage } = await start({ config: handmade("demo") });
  const { thread } = await client.call("thread/start", { cwd: stage.workspace });
  const { id: threadId } = thread as { id: string };
  const { content } = await client.call("mcpServer/tool/call", { threadId, server: "demo", tool: "ask" });
  expect(JSON.stringify(content)).toContain("decline");
  expect(client.told.filter(({ id }) => id !== undefined)).toEqual([]);
});

it("a client hears when skills of a thread's folder change", async () => {
  const skill = "---\nname: one\ndescription: d\n---\n";
  const { client, stage } = await start({ files: { ".agents/skills/one/SKILL.md": skill } });
  await client.call("thread/start", { cwd: stage.workspace });
  const heard = client.next("skills/changed").then(() => true);
  let told = false;
  // The folder is watched some time after the thread is there.
  for (let count = 0; !told; count++) {
    await writeFile(join(stage.workspace, ".agents/skills/one/SKILL.md"), `${skill}${count}`);
    told = await Promise.race([heard, new Promise<boolean>((resolve) => setTimeout(resolve, 200, false))]);
  }
  expect(client.told.filter(({ method }) => method === "skills/changed").length).toBeGreaterThan(0);
});

it("the last words of a server that does not start are told without secrets", async () => {
  const key = "sk-very-secret-key-0123456789";
  const { client, stage } = await start({
    config: `[mcp_servers.chatty]\ncommand = "/bin/sh"\nargs = ["-c", "echo no access with ${key} >&2; exit 3"]\n`,
    env: { FAKE_KEY: key },
  });
  const { thread } = await client.call("thread/start", { cwd: stage.workspace });
  const { id: threadId } = thread as { id: string };
  const hasFailed = ({ status }: Record<string, unknown>): boolean => status === "failed";
  if (!client.told.some(({ params }) => hasFailed(params)))
    await client.next("mcpServer/startupStatus/updated", hasFailed);
  const shown = await Promise.all([{}, { threadId }].map((which) => client.call("mcpServerStatus/list", which)));
  expect(JSON.stringify(shown)).toContain("no access with");
  expect(JSON.stringify([shown, client.told])).not.toContain(key);
});
