import { hookEventNames, type HookFacts, type HookHandler } from "../../protocol/hooks.ts";
import { configError } from "../config-error.ts";
import { readConfigText } from "../read-text.ts";
import { isTable, valueAt, type TomlTable } from "../toml/toml-values.ts";
import {
  DefinitionError,
  parseGroups,
  parseHooksFile,
  type GroupDefinition,
  type HandlerDefinition,
} from "./definition.ts";
import { configName, rulesOf, snakeName } from "./events.ts";
import { fingerprint } from "./fingerprint.ts";
import { compileMatcher } from "./matcher.ts";
import type { HookPlace } from "./places.ts";

/** What is configured, in the order in which it is shown and reported. */
export interface ConfiguredHooks {
  readonly hooks: readonly HookFacts[];
  /** What was passed over, in sentences for the user. */
  readonly warnings: readonly string[];
}

/**
 * Reads the hooks of all places. A file `hooks.json` that cannot be understood costs its own hooks and a warning.
 * `state` is what the user has said about hooks, by key.
 * @throws AgentError for a table in a `config.toml` that cannot be understood.
 */
export function readHooks(places: readonly HookPlace[], state: TomlTable): ConfiguredHooks {
  const hooks: HookFacts[] = [];
  const warnings: string[] = [];
  const reader: Reader = { state, hooks, warnings };
  for (const place of places) {
    const { file, tomlPath, table } = place;
    const before = hooks.length;
    if (file !== null) addHooks(reader, place, file, groupsOfFile(file, warnings));
    const fromFile = hooks.length > before;
    if (table !== null) {
      addHooks(reader, place, keyPath(place, table), groupsOfTable(table, tomlPath));
      if (fromFile && file !== null) {
        warnings.push(`Hooks come from both ${file} and ${tomlPath}; keep them in one of the two.`);
      }
    }
  }
  return { hooks, warnings };
}

interface Reader {
  readonly state: TomlTable;
  readonly hooks: HookFacts[];
  readonly warnings: string[];
}

/** Hooks that an administrator requires belong to the folder of their programs, where one is named. */
function keyPath({ tomlPath }: HookPlace, table: TomlTable): string {
  const folder = table["managed_dir"] ?? table["managedDir"];
  return tomlPath.endsWith("requirements.toml") && typeof folder === "string" ? folder : tomlPath;
}

function groupsOfFile(file: string, warnings: string[]): GroupDefinition[] {
  try {
    return parseHooksFile(readConfigText(file) ?? "{}");
  } catch (error) {
    warnings.push(`The hooks of ${file} are not used, for the file cannot be understood: ${(error as Error).message}`);
    return [];
  }
}

function groupsOfTable(table: TomlTable, tomlPath: string): GroupDefinition[] {
  try {
    return parseGroups(plain(table));
  } catch (error) {
    if (error instanceof DefinitionError) throw configError(`${error.message} (${tomlPath})`);
    throw error;
  }
}

/** Whole numbers of TOML come as `bigint` where they are large. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** By event in the fixed order, whatever the order of the file. */
function addHooks(reader: Reader, place: HookPlace, path: string, groups: readonly GroupDefinition[]): void {
  for (const event of hookEventNames) {
    for (const group of groups) if (group.event === event) addGroup(reader, place, path, group);
  }
}

function addGroup(reader: Reader, place: HookPlace, path: string, group: GroupDefinition): void {
  const { warnings } = reader;
  const { event } = group;
  const matcher = rulesOf(event).matched ? group.matcher : null;
  const problem = compileMatcher(matcher);
  if (typeof problem === "string") {
    warnings.push(
      `The matcher ${JSON.stringify(matcher)} of a ${configName(event)} hook in ${path} is not valid, so that its hooks are not used: ${problem}`,
    );
    return;
  }
  group.handlers.forEach((handler, index) => {
    const skipped = reasonToSkip(handler, group);
    if (skipped !== null) warnings.push(`A ${configName(event)} hook in ${path} is not used: ${skipped}`);
    else addHook(reader, place, path, { ...group, matcher }, handler as UsableHandler, index);
  });
}

type UsableHandler = Extract<HandlerDefinition, { type: "command" | "mcp_tool" }>;

function reasonToSkip(handler: HandlerDefinition, { event }: GroupDefinition): string | null {
  switch (handler.type) {
    case "command":
      return handler.command.trim() === "" ? "its command is empty" : null;
    case "mcp_tool":
      if (handler.server.trim() === "" || handler.tool.trim() === "") return "it names no server or no tool";
      return event === "sessionEnd" ? "tools of MCP servers cannot be called at the end of a session" : null;
    default:
      return `hooks of type ${handler.type} are not supported`;
  }
}

function addHook(
  { state, hooks, warnings }: Reader,
  { source }: HookPlace,
  path: string,
  { event, matcher, index: group }: GroupDefinition,
  handler: UsableHandler,
  index: number,
): void {
  const { defaultTimeout, longestTimeout } = rulesOf(event);
  const asked = Math.max(1, handler.timeout ?? defaultTimeout);
  const timeoutSec = Math.min(asked, longestTimeout);
  const name = configName(event);
  if (timeoutSec < asked) {
    warnings.push(`A ${name} hook in ${path} asks for ${asked} s; it gets ${timeoutSec} s, the most at this point.`);
  }
  const awaited = event === "sessionEnd";
  if (awaited && handler.type === "command" && handler.async) {
    warnings.push(`A ${name} hook in ${path} is marked async; it is waited for all the same.`);
  }
  const key = `${path}:${snakeName(event)}:${group}:${index}`;
  const currentHash = fingerprint(event, matcher, hashed(handler, timeoutSec));
  const isManaged = source === "system";
  const said = valueAt(state, [key]);
  const stored = isTable(said) ? said["trusted_hash"] : undefined;
  hooks.push({
    key,
    eventName: event,
    ...shownHandler(handler, awaited),
    matcher,
    timeoutSec,
    statusMessage: handler.statusMessage,
    additionalContextLimit: handler.type === "command" ? handler.additionalContextLimit : null,
    sourcePath: path,
    source,
    displayOrder: hooks.length,
    enabled: isManaged || !isTable(said) || said["enabled"] !== false,
    isManaged,
    currentHash,
    trustStatus: isManaged
      ? "managed"
      : typeof stored !== "string"
        ? "untrusted"
        : stored === currentHash
          ? "trusted"
          : "modified",
  });
}

/** What the hash is taken over: the handler with its defaults, and nothing that was left out. */
function hashed(handler: UsableHandler, timeout: number): Record<string, unknown> {
  const { statusMessage } = handler;
  const common = { type: handler.type, timeout, ...(statusMessage !== null && { statusMessage }) };
  if (handler.type === "mcp_tool") {
    return { ...common, server: handler.server, tool: handler.tool, input: handler.hashedInput };
  }
  const { command, async, additionalContextLimit: limit } = handler;
  return { ...common, command, async, ...(limit !== null && { additionalContextLimit: limit }) };
}

const shownHandler = (handler: UsableHandler, awaited: boolean): HookHandler =>
  handler.type === "command"
    ? { handlerType: "command", command: handler.command, async: handler.async && !awaited }
    : { handlerType: "mcpTool", server: handler.server, tool: handler.tool, input: handler.input };
