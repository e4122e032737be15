import type { Config } from "../../config/config.ts";
import { readMcpServers, type McpServerConfig } from "../../config/mcp-servers.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { SettingsMethods } from "../../protocol/settings-methods.ts";
import type { McpServerFacts } from "../../protocol/settings.ts";
import { dial } from "../../tools/mcp/dial.ts";
import { readLogin } from "../../tools/mcp/oauth/login-store.ts";
import { McpServer } from "../../tools/mcp/server.ts";
import { isOffered } from "../../tools/mcp/tool-list.ts";
import type { LiveThread } from "../thread/live-thread.ts";

interface Choice {
  /** The only one that is asked for; null: all. */
  only: string | null;
  brief: boolean;
}

interface Servers {
  servers: McpServerFacts[];
}

type Rpc = Record<string, unknown>;

/** Servers of a thread as they stand; nobody is waited for. */
export async function threadServers({ config, mcp }: LiveThread, choice: Choice): Promise<Servers> {
  return factsOf(config, choice, ({ name }) => mcp?.all().find((server) => server.name === name) ?? null);
}

/** Starts the configured servers to see what they offer, and ends them again. */
export async function configuredServers(config: Config, choice: Choice): Promise<Servers> {
  const started = new Map<string, McpServer>();
  try {
    return await factsOf(config, choice, async (server) => {
      const fresh = await begin(config, server);
      started.set(server.name, fresh);
      return fresh;
    });
  } finally {
    await Promise.all([...started.values()].map((server) => server.close()));
  }
}

async function factsOf(
  config: Config,
  { only, brief }: Choice,
  find: (server: McpServerConfig) => McpServer | null | Promise<McpServer | null>,
): Promise<Servers> {
  const wanted = readMcpServers(config.settings).filter(({ name }) => only === null || name === only);
  const facts = wanted.map(async (server): Promise<McpServerFacts> => {
    const live = server.enabled ? await find(server) : null;
    const ready = live?.state === "ready";
    return {
      name: server.name,
      enabled: server.enabled,
      state: live === null ? null : live.state === "closed" ? "lost" : live.state,
      failure: live === null || ready || live.state === "starting" ? null : live.failure,
      origin: server.transport.type === "stdio" ? null : new URL(server.transport.url).origin,
      login: loginOf(server, config),
      info: live?.info ?? null,
      capabilities: live?.capabilities ?? null,
      tools: live?.tools.map(({ source }) => source) ?? [],
      ...(await resourcesOf(ready && !brief ? live : null)),
    };
  });
  return { servers: await Promise.all(facts) };
}

function loginOf({ name, transport }: McpServerConfig, { homes }: Config): McpServerFacts["login"] {
  if (transport.type === "stdio") return "none";
  if (transport.bearerTokenVariable !== null) return "token";
  return readLogin(name, transport.url, homes.runtime) === null ? "unknown" : "oauth";
}

async function resourcesOf(server: McpServer | null): Promise<Pick<McpServerFacts, "resources" | "resourceTemplates">> {
  if (server?.capabilities?.["resources"] === undefined) return { resources: [], resourceTemplates: [] };
  const [resources, resourceTemplates] = await Promise.all([
    listOf(server, "resources/list", "resources"),
    listOf(server, "resources/templates/list", "resourceTemplates"),
  ]);
  return { resources, resourceTemplates };
}

const maxPages = 100;

/** All pages; what a server does not answer is not there. */
async function listOf(server: McpServer, method: string, key: string): Promise<Rpc[]> {
  const all: Rpc[] = [];
  let cursor: unknown;
  for (let page = 0; page < maxPages; page++) {
    const answer: Rpc = await server.query(method, cursor === undefined ? {} : { cursor }).catch(() => ({}));
    const entries = answer[key];
    if (Array.isArray(entries)) all.push(...(entries as Rpc[]));
    if (typeof answer["nextCursor"] !== "string" || answer["nextCursor"] === cursor) break;
    cursor = answer["nextCursor"];
  }
  return all;
}

/** A server outside of any thread; what a project configures is not started so. */
async function begin(config: Config, server: McpServerConfig): Promise<McpServer> {
  const { cwd, environment, secretNames, homes } = config;
  const place = { threadId: "", cwd, environment, secretNames, runtimeHome: homes.runtime };
  const fresh = new McpServer(server, { dial: (which) => dial(which, place), changed: () => {} });
  fresh.start();
  await fresh.settled;
  return fresh;
}

const unknown = (name: string): AgentError => new AgentError("mcp_failed", `unknown MCP server '${name}'`);

async function inThread({ mcp }: LiveThread, name: string): Promise<McpServer> {
  const server = mcp?.all().find((one) => one.name === name);
  if (server === undefined) throw unknown(name);
  await server.settled;
  if (server.state === "failed")
    throw new AgentError("mcp_failed", `failed to get client: MCP startup failed: ${server.failure}`);
  return server;
}

export const threadResource = async (live: LiveThread, name: string, uri: string): Promise<Rpc> =>
  ask(await inThread(live, name), "resources/read", { uri });

export async function configuredResource(config: Config, name: string, uri: string): Promise<Rpc> {
  const server = readMcpServers(config.settings).find((one) => one.name === name && one.enabled);
  if (server === undefined) throw unknown(name);
  const fresh = await begin(config, server);
  try {
    if (fresh.state !== "ready")
      throw new AgentError("mcp_failed", `failed to get client: MCP startup failed: ${fresh.failure}`);
    return await ask(fresh, "resources/read", { uri });
  } finally {
    await fresh.close();
  }
}

export async function callTool(
  live: LiveThread,
  { server: name, tool, arguments: args = null, meta }: Omit<SettingsMethods["mcp/call"]["params"], "threadId">,
): Promise<Rpc> {
  const server = await inThread(live, name);
  if (!isOffered(tool, server.config))
    throw new AgentError("mcp_failed", `tool '${tool}' is disabled for MCP server '${name}'`);
  if (args !== null && (typeof args !== "object" || Array.isArray(args))) {
    const given = JSON.stringify(args);
    const what = `tool call failed for \`${name}/${tool}\``;
    throw new AgentError("mcp_failed", `${what}: MCP tool arguments must be a JSON object, got ${given}`);
  }
  const _meta = { ...meta, threadId: live.info.threadId };
  return ask(server, "tools/call", { _meta, name: tool, ...(args !== null && { arguments: args }) });
}

/** What the server answers. Its own errors keep their number: `details.rpc`. */
async function ask(server: McpServer, method: string, params: Rpc): Promise<Rpc> {
  try {
    return await server.query(method, params);
  } catch (error) {
    const { cause } = error as Error;
    const { code, data } = (cause ?? {}) as { code?: unknown; data?: unknown };
    if (typeof code !== "number" || !Number.isInteger(code)) throw new AgentError("mcp_failed", messageOf(error));
    const message = messageOf(cause).replace(/^MCP error -?\d+: /, "");
    throw new AgentError("mcp_failed", message, { details: { rpc: { code, ...(data !== undefined && { data }) } } });
  }
}
