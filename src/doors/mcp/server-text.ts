import type { McpServerConfig } from "../../config/mcp-servers.ts";

/** Codex's words for how we stand with a server. */
export type LoginState = "unsupported" | "bearer_token" | "o_auth" | "unknown";

const loginNames: Record<LoginState, string> = {
  unsupported: "Unsupported",
  bearer_token: "Bearer token",
  o_auth: "OAuth",
  unknown: "Unknown",
};

/** Columns as wide as their longest cell, two spaces between them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}\n`).join("");
}

const orDash = (text: string): string => (text === "" ? "-" : text);
const masked = (names: readonly string[]): string => orDash(names.map((name) => `${name}=*****`).join(", "));
const sortedNames = (values: Readonly<Record<string, string>>): string[] => Object.keys(values).toSorted();
const status = ({ enabled }: McpServerConfig): string => (enabled ? "enabled" : "disabled");

/** What `mcp list` prints: processes first, then addresses. Values of variables stay hidden. */
export function serverTables(servers: readonly { server: McpServerConfig; login: LoginState }[]): string {
  const processes: string[][] = [];
  const addresses: string[][] = [];
  for (const { server, login } of servers) {
    const { name, transport } = server;
    const end = [status(server), loginNames[login]];
    if (transport.type === "stdio") {
      const env = masked([...sortedNames(transport.env), ...transport.envVars]);
      processes.push([name, transport.command, orDash(transport.args.join(" ")), env, transport.cwd ?? "-", ...end]);
    } else {
      addresses.push([name, transport.url, transport.bearerTokenVariable ?? "-", ...end]);
    }
  }
  const tables = [
    ...(processes.length > 0
      ? [table([["Name", "Command", "Args", "Env", "Cwd", "Status", "Auth"], ...processes])]
      : []),
    ...(addresses.length > 0 ? [table([["Name", "Url", "Bearer Token Env Var", "Status", "Auth"], ...addresses])] : []),
  ];
  return tables.join("\n");
}

/** What `mcp get` prints. */
export function serverDetails(server: McpServerConfig): string {
  const { name, transport } = server;
  if (!server.enabled) return `${name} (disabled)\n`;
  const given = (key: string, value: string | null | undefined): [string, string][] =>
    value === null || value === undefined ? [] : [[key, value]];
  const rows: [string, string][] = [
    ["enabled", "true"],
    ...given("enabled_tools", server.enabledTools?.join(", ")),
    ...given("disabled_tools", server.disabledTools?.join(", ")),
    ["transport", transport.type],
  ];
  if (transport.type === "stdio") {
    rows.push(
      ["command", transport.command],
      ["args", orDash(transport.args.join(" "))],
      ["cwd", transport.cwd ?? "-"],
      ["env", masked([...sortedNames(transport.env), ...transport.envVars])],
    );
  } else {
    const variables = sortedNames(transport.variableHeaders).map(
      (header) => `${header}=${transport.variableHeaders[header]}`,
    );
    rows.push(
      ["url", transport.url],
      ["bearer_token_env_var", transport.bearerTokenVariable ?? "-"],
      ["http_headers", masked(sortedNames(transport.headers))],
      ["env_http_headers", orDash(variables.join(", "))],
      ["http_headers_helper", "-"],
    );
  }
  rows.push(...given("startup_timeout_sec", seconds(server.startupTimeoutMs)?.toString()));
  rows.push(...given("tool_timeout_sec", seconds(server.toolTimeoutMs)?.toString()));
  rows.push(["remove", `codex-agent mcp remove ${name}`]);
  return `${name}\n${rows.map(([key, value]) => `  ${key}: ${value}\n`).join("")}`;
}

interface ServerJson {
  name: string;
  enabled: boolean;
  disabled_reason: null;
  transport: Record<string, unknown>;
  startup_timeout_sec: number | null;
  tool_timeout_sec: number | null;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const orNull = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null =>
  Object.keys(values).length === 0 ? null : values;

/** A server as Codex writes it for programs. */
export function serverJson({ name, enabled, transport, startupTimeoutMs, toolTimeoutMs }: McpServerConfig): ServerJson {
  const { type } = transport;
  const shown =
    transport.type === "stdio"
      ? {
          type,
          command: transport.command,
          args: transport.args,
          env: orNull(transport.env),
          env_vars: transport.envVars,
          cwd: transport.cwd,
        }
      : {
          type,
          url: transport.url,
          bearer_token_env_var: transport.bearerTokenVariable,
          http_headers: orNull(transport.headers),
          env_http_headers: orNull(transport.variableHeaders),
          http_headers_helper: null,
        };
  return {
    name,
    enabled,
    disabled_reason: null,
    transport: shown,
    startup_timeout_sec: seconds(startupTimeoutMs),
    tool_timeout_sec: seconds(toolTimeoutMs),
  };
}
