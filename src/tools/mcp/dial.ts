import { resolve } from "node:path";
import type { HttpServer, McpServerConfig, StdioServer } from "../../config/mcp-servers.ts";
import type { Dialled } from "./server.ts";
import { StdioTransport } from "./transport/stdio.ts";

export interface DialPlace {
  readonly threadId: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that hold the provider's key: no server gets them from our environment. */
  readonly secretNames: ReadonlySet<string>;
  /** Where logins are kept. */
  readonly runtimeHome: string;
}

/** What any program may know, as Codex has it; the rest is named in `env_vars`. */
const ordinary = [
  "HOME",
  "LANG",
  "LC_ALL",
  "LOGNAME",
  "PATH",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "USER",
  "__CF_USER_TEXT_ENCODING",
];

/** Marks the processes of a server, so that they can be told from others when we have died. */
export const serverCallId = (name: string): string => `mcp_${name}`;

export async function dial(config: McpServerConfig, place: DialPlace): Promise<Dialled> {
  if (config.transport.type === "stdio") {
    const process = startProcess(config.name, config.transport, place);
    return { transport: process, process };
  }
  return { transport: await connect(config, config.transport, place), process: null };
}

function startProcess(name: string, server: StdioServer, place: DialPlace): StdioTransport {
  return new StdioTransport({
    command: server.command,
    args: server.args,
    env: serverEnvironment(name, server, place),
    cwd: server.cwd === null ? place.cwd : resolve(place.cwd, server.cwd),
  });
}

/** The provider's key is nobody else's: a server that needs it is given it in `env`, in so many words. */
function serverEnvironment(name: string, server: StdioServer, place: DialPlace): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const variable of [...ordinary, ...server.envVars]) {
    const value = place.environment[variable];
    if (value !== undefined && !place.secretNames.has(variable)) environment[variable] = value;
  }
  const marks = { CODEX_THREAD_ID: place.threadId, CODEX_TOOL_CALL_ID: serverCallId(name) };
  return { ...environment, ...marks, ...server.env };
}

/** What the user should know of a server's configuration before it is started. */
export function dialWarnings(config: McpServerConfig, place: DialPlace): string[] {
  if (config.transport.type !== "stdio") return [];
  const kept = config.transport.envVars.filter((variable) => place.secretNames.has(variable));
  return kept.map(
    (variable) =>
      `MCP server \`${config.name}\` does not get ${variable}, which holds a key of the model's provider; write it into its \`env\` if it must have one.`,
  );
}

async function connect(config: McpServerConfig, server: HttpServer, place: DialPlace): Promise<Dialled["transport"]> {
  const headers: Record<string, string> = { ...server.headers };
  for (const [header, variable] of Object.entries(server.variableHeaders)) {
    const value = place.environment[variable];
    if (value !== undefined && value !== "") headers[header] = value;
  }
  const token = server.bearerTokenVariable === null ? undefined : place.environment[server.bearerTokenVariable];
  if (server.bearerTokenVariable !== null && !token) {
    throw new Error(`Environment variable ${server.bearerTokenVariable} for MCP server '${config.name}' is not set`);
  }
  if (token) headers["authorization"] = `Bearer ${token}`;
  const { httpTransport } = await import("./transport/http.ts");
  return httpTransport(config.name, server.url, headers, place.runtimeHome);
}
