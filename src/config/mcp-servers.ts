import { configError } from "./config-error.ts";
import { describeValue, formatKeyPath, isTable, type TomlTable, type TomlValue } from "./toml/toml-values.ts";

/** Who decides about a call: the server's hints, always the user, the user where it is no mere reading, nobody. */
export type McpApprovalMode = "auto" | "prompt" | "writes" | "approve";

export interface StdioServer {
  readonly type: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variables that it gets from our environment, beside the few that every program needs. */
  readonly envVars: readonly string[];
  /** Null: the thread's directory. */
  readonly cwd: string | null;
}

export interface HttpServer {
  readonly type: "streamable_http";
  readonly url: string;
  readonly bearerTokenVariable: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Header name to the variable that holds its value. */
  readonly variableHeaders: Readonly<Record<string, string>>;
  /** What is asked for at a login, when the user does not say. */
  readonly scopes: readonly string[];
}

/** A table `[mcp_servers.NAME]`, as Codex 0.169 reads it. */
export interface McpServerConfig {
  readonly name: string;
  readonly enabled: boolean;
  /** A thread cannot be opened without it. */
  readonly required: boolean;
  /** Null: {@link defaultStartupMs}, {@link defaultToolMs}. */
  readonly startupTimeoutMs: number | null;
  readonly toolTimeoutMs: number | null;
  /** Null: all of its tools. */
  readonly enabledTools: readonly string[] | null;
  readonly disabledTools: readonly string[] | null;
  readonly approvalMode: McpApprovalMode;
  readonly toolApprovalModes: Readonly<Record<string, McpApprovalMode>>;
  /** All of its tools may run side by side, not only those that only read. */
  readonly parallel: boolean;
  readonly transport: StdioServer | HttpServer;
}

/** As measured at Codex 0.169. */
export const defaultStartupMs = 30_000;
export const defaultToolMs = 300_000;

const stdioKeys = ["command", "args", "env", "env_vars", "cwd"];
const httpKeys = ["url", "bearer_token_env_var", "http_headers", "env_http_headers", "scopes"];
const approvalModes: readonly string[] = ["auto", "prompt", "writes", "approve"];

/** The configured servers by name. @throws AgentError `config` that names the key. */
export function readMcpServers(settings: TomlTable): McpServerConfig[] {
  const servers = settings["mcp_servers"];
  if (servers === undefined) return [];
  if (!isTable(servers)) throw configError("`mcp_servers` must be a table");
  return Object.entries(servers)
    .map(([name, table]) => readServer(name, table))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function readServer(name: string, table: TomlValue): McpServerConfig {
  const path = formatKeyPath(["mcp_servers", name]);
  const wrong = (key: string, wanted: string): never => {
    throw configError(`\`${path}.${key}\` must be ${wanted}, found ${describeValue((table as TomlTable)[key]!)}`);
  };
  if (!isTable(table)) throw configError(`\`${path}\` must be a table`);
  const reader = { table, wrong };
  return {
    name,
    enabled: flag(reader, "enabled") ?? true,
    required: flag(reader, "required") ?? false,
    startupTimeoutMs: seconds(reader, "startup_timeout_sec") ?? milliseconds(reader, "startup_timeout_ms"),
    toolTimeoutMs: seconds(reader, "tool_timeout_sec"),
    enabledTools: texts(reader, "enabled_tools"),
    disabledTools: texts(reader, "disabled_tools"),
    approvalMode: approvalMode(table["default_tools_approval_mode"], `${path}.default_tools_approval_mode`) ?? "auto",
    toolApprovalModes: toolApprovalModes(table["tools"], `${path}.tools`),
    parallel: flag(reader, "supports_parallel_tool_calls") ?? false,
    transport: transport(reader, path),
  };
}

interface Reader {
  readonly table: TomlTable;
  wrong(key: string, wanted: string): never;
}

function transport(reader: Reader, path: string): StdioServer | HttpServer {
  const { table } = reader;
  const command = text(reader, "command");
  const url = text(reader, "url");
  const [foreign, kind] = command === null ? [stdioKeys, "url"] : [httpKeys, "command"];
  const stray = foreign.find((key) => table[key] !== undefined);
  if (command === null && url === null) {
    throw configError(`\`${path}\` needs \`command\` (a program to start) or \`url\` (a server to connect to)`);
  }
  if (stray !== undefined) throw configError(`\`${path}.${stray}\` does not go with \`${path}.${kind}\``);
  if (command !== null) {
    return {
      type: "stdio",
      command,
      args: texts(reader, "args") ?? [],
      env: textMap(reader, "env"),
      envVars: variableNames(reader),
      cwd: text(reader, "cwd"),
    };
  }
  if (!URL.canParse(url!) || !/^https?:$/.test(new URL(url!).protocol)) {
    throw configError(`\`${path}.url\` must be an http or https address, found ${JSON.stringify(url)}`);
  }
  return {
    type: "streamable_http",
    url: url!,
    bearerTokenVariable: text(reader, "bearer_token_env_var"),
    headers: textMap(reader, "http_headers"),
    variableHeaders: textMap(reader, "env_http_headers"),
    scopes: texts(reader, "scopes") ?? [],
  };
}

function text({ table, wrong }: Reader, key: string): string | null {
  const value = table[key];
  return value === undefined ? null : typeof value === "string" ? value : wrong(key, "a string");
}

function flag({ table, wrong }: Reader, key: string): boolean | null {
  const value = table[key];
  return value === undefined ? null : typeof value === "boolean" ? value : wrong(key, "true or false");
}

function texts({ table, wrong }: Reader, key: string): string[] | null {
  const value = table[key];
  if (value === undefined) return null;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string"))
    return wrong(key, "a list of strings");
  return value as string[];
}

function textMap({ table, wrong }: Reader, key: string): Record<string, string> {
  const value = table[key] ?? {};
  if (!isTable(value) || !Object.values(value).every((entry) => typeof entry === "string"))
    return wrong(key, "a table of strings");
  return { ...value } as Record<string, string>;
}

/** Fractions are fine; a timer takes no more than 24 days. */
function seconds({ table, wrong }: Reader, key: string): number | null {
  const value = table[key];
  if (value === undefined) return null;
  const fits = typeof value === "number" && value > 0 && value < 2_000_000;
  return fits ? value * 1000 : wrong(key, "a number of seconds above zero");
}

function milliseconds({ table, wrong }: Reader, key: string): number | null {
  const value = table[key];
  if (value === undefined) return null;
  return typeof value === "number" && value > 0 && value < 2e9 ? value : wrong(key, "milliseconds above zero");
}

/** Names, or tables that say more of where a variable comes from, of which the name counts. */
function variableNames({ table, wrong }: Reader): string[] {
  const value = table["env_vars"] ?? [];
  const nameOf = (entry: TomlValue): TomlValue | undefined => (isTable(entry) ? entry["name"] : entry);
  const names = Array.isArray(value) ? value.map(nameOf) : [undefined];
  return names.every((name) => typeof name === "string") ? (names as string[]) : wrong("env_vars", "a list of names");
}

function approvalMode(value: TomlValue | undefined, path: string): McpApprovalMode | null {
  if (value === undefined) return null;
  if (typeof value === "string" && approvalModes.includes(value)) return value as McpApprovalMode;
  const choices = approvalModes.map((mode) => `"${mode}"`).join(", ");
  throw configError(`\`${path}\` must be one of ${choices}, found ${describeValue(value)}`);
}

function toolApprovalModes(value: TomlValue | undefined, path: string): Record<string, McpApprovalMode> {
  if (value === undefined) return {};
  if (!isTable(value)) throw configError(`\`${path}\` must be a table`);
  const modes: Record<string, McpApprovalMode> = Object.create(null) as Record<string, McpApprovalMode>;
  for (const [tool, entry] of Object.entries(value)) {
    const place = `${path}.${formatKeyPath([tool])}`;
    if (!isTable(entry)) throw configError(`\`${place}\` must be a table`);
    const mode = approvalMode(entry["approval_mode"], `${place}.approval_mode`);
    if (mode !== null) modes[tool] = mode;
  }
  return modes;
}
