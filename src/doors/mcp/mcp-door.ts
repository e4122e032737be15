import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { changeFile } from "../../config/edit/change-file.ts";
import { editToml } from "../../config/edit/edit-toml.ts";
import { findHomes } from "../../config/homes.ts";
import { loadConfig } from "../../config/load.ts";
import { readMcpServers, type HttpServer, type McpServerConfig } from "../../config/mcp-servers.ts";
import type { TomlTable } from "../../config/toml/toml-values.ts";
import { AgentError } from "../../protocol/errors.ts";
import { openPage } from "../../system/open-page.ts";
import { forgetLogin, readLogin } from "../../tools/mcp/oauth/login-store.ts";
import { serverDetails, serverJson, serverTables, type LoginState } from "./server-text.ts";

export interface AddRequest {
  name: string;
  server: TomlTable;
}

const say = (text: string): void => {
  process.stdout.write(text);
};

const load = (overrides: readonly string[]): Promise<Config> => loadConfig({ env: environment(), overrides });

const environment = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined)) as Record<string, string>;

/** What is known of the login without asking the server. */
function loginState({ name, transport }: McpServerConfig, { homes }: Config): LoginState {
  if (transport.type === "stdio") return "unsupported";
  if (transport.bearerTokenVariable !== null) return "bearer_token";
  return readLogin(name, transport.url, homes.runtime) === null ? "unknown" : "o_auth";
}

export async function list(overrides: readonly string[], json: boolean): Promise<number> {
  const config = await load(overrides);
  const servers = readMcpServers(config.settings).map((server) => ({ server, login: loginState(server, config) }));
  if (json) {
    const shown = servers.map(({ server, login }) => ({ ...serverJson(server), auth_status: login }));
    say(`${JSON.stringify(shown, null, 2)}\n`);
  } else if (servers.length === 0) {
    say("No MCP servers configured yet. Try `codex-agent mcp add my-tool -- my-command`.\n");
  } else {
    say(serverTables(servers));
  }
  return 0;
}

export async function get(name: string, overrides: readonly string[], json: boolean): Promise<number> {
  const server = find(await load(overrides), name);
  if (!json) say(serverDetails(server));
  else {
    const { startup_timeout_sec, tool_timeout_sec, ...head } = serverJson(server);
    const { enabledTools: enabled_tools, disabledTools: disabled_tools } = server;
    say(
      `${JSON.stringify({ ...head, enabled_tools, disabled_tools, startup_timeout_sec, tool_timeout_sec }, null, 2)}\n`,
    );
  }
  return 0;
}

function find(config: Config, name: string): McpServerConfig {
  const server = readMcpServers(config.settings).find((one) => one.name === name);
  if (server === undefined) throw new AgentError("config", `No MCP server named '${name}' found.`);
  return server;
}

export async function add({ name, server }: AddRequest): Promise<number> {
  checkName(name);
  // What could not be read again is not written.
  const [read] = readMcpServers({ mcp_servers: { [name]: server } });
  await change((file, text) => editToml(file, text, { path: ["mcp_servers", name], value: server }));
  say(`Added global MCP server '${name}'.\n`);
  if (read?.transport.type === "streamable_http" && read.transport.bearerTokenVariable === null)
    say(`If it wants a login: \`codex-agent mcp login ${name}\`\n`);
  return 0;
}

export async function remove(name: string): Promise<number> {
  checkName(name);
  let found = false;
  await change(async (file, text) => {
    const changed = await editToml(file, text, { path: ["mcp_servers", name], value: undefined });
    found = changed !== text;
    return changed;
  });
  say(found ? `Removed global MCP server '${name}'.\n` : `No MCP server named '${name}' found.\n`);
  return 0;
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9\-_:@/.]+$/.test(name)) return;
  throw new AgentError(
    "usage",
    `Error: invalid server name '${name}' (use letters, numbers, '-', '_', ':', '@', '/', '.')`,
  );
}

/** Rewrites the user's `config.toml`, unless nothing changes. */
async function change(edit: (file: string, text: string) => Promise<string>): Promise<void> {
  const homes = findHomes(environment());
  const file = join(homes.codex, "config.toml");
  await changeFile(homes, file, (text) => edit(file, text));
}

/** How long a user may take in the browser. */
const loginLimitMs = 5 * 60_000;

export async function logIn(
  name: string,
  overrides: readonly string[],
  scopes: readonly string[] | null,
  browser: boolean,
): Promise<number> {
  const config = await load(overrides);
  const server = httpServer(config, name, "login");
  const { login } = await import("../../tools/mcp/oauth/login.ts");
  const port = config.settings["mcp_oauth_callback_port"];
  await login({
    name,
    url: server.url,
    scopes: scopes ?? server.scopes,
    runtimeHome: config.homes.runtime,
    port: typeof port === "number" ? port : null,
    open(page) {
      say(`Log in at \`${name}\` on this page:\n${page}\n`);
      if (browser) openPage(page);
    },
    limitMs: loginLimitMs,
  });
  say(`Logged in to MCP server '${name}'.\n`);
  return 0;
}

export async function logOut(name: string, overrides: readonly string[]): Promise<number> {
  const config = await load(overrides);
  const { url } = httpServer(config, name, "logout");
  const known = forgetLogin(name, url, config.homes.runtime);
  say(known ? `Forgot the login at MCP server '${name}'.\n` : `There is no login at MCP server '${name}'.\n`);
  return 0;
}

function httpServer(config: Config, name: string, what: string): HttpServer {
  const { transport } = find(config, name);
  if (transport.type === "streamable_http") return transport;
  throw new AgentError("config", `OAuth ${what} is only supported for streamable HTTP servers.`);
}
