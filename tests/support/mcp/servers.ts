import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ModelItem } from "../fake-model.ts";

const oracles = join(import.meta.dirname, "..", "..", "oracle", "node_modules", "@modelcontextprotocol");

/** A reference server of tests/oracle; a test that cannot find it fails. */
function reference(name: string): string {
  const file = join(oracles, name, "dist", "index.js");
  if (!existsSync(file)) throw new Error(`there is no ${file}; npm test installs it`);
  return file;
}

interface TableOptions {
  env?: Record<string, string>;
  /** TOML lines for the table itself. */
  more?: string;
  /** Default: it is, since the real Codex waits for no other server longer than a second. */
  required?: boolean;
}

const stdioTable = (
  name: string,
  args: readonly string[],
  { env = {}, more = "", required = true }: TableOptions = {},
): string =>
  [
    `[mcp_servers.${name}]`,
    `command = ${JSON.stringify(process.execPath)}`,
    `args = ${JSON.stringify(args)}`,
    `env = { ${Object.entries(env)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
      .join(", ")} }`,
    `required = ${required}`,
    ...(more.includes("startup_timeout_sec") ? [] : ["startup_timeout_sec = 90"]),
    more,
    "",
  ].join("\n");

/** `config.toml` of the server that is made by hand. */
export const handmade = (name = "demo", options: TableOptions = {}): string =>
  stdioTable(name, [join(import.meta.dirname, "server.mjs")], options);

export const everything = (options: TableOptions = {}): string =>
  stdioTable("everything", [reference("server-everything"), "stdio"], options);

export const filesystem = (folder: string, options: TableOptions = {}): string =>
  stdioTable("fs", [reference("server-filesystem"), folder], options);

export const everythingFile = (): string => reference("server-everything");

/** A call by both names. */
export function mcpCall(id: string, namespace: string, name: string, args: unknown): ModelItem {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return {
    type: "function_call",
    id: `fc_${id}`,
    status: "completed",
    name,
    namespace,
    arguments: text,
    call_id: `call_${id}`,
  };
}

export const searchCall = (id: string, args: unknown): ModelItem => ({
  type: "tool_search_call",
  id: `ts_${id}`,
  call_id: `search_${id}`,
  status: "completed",
  execution: "client",
  arguments: args,
});
