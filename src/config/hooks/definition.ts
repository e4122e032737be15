import type { HookEventName } from "../../protocol/hooks.ts";
import { eventsByConfigName } from "./events.ts";

/** A hook as a file writes it, checked; what was left out is null. */
export type HandlerDefinition =
  | {
      readonly type: "command";
      readonly command: string;
      readonly async: boolean;
      readonly timeout: number | null;
      readonly statusMessage: string | null;
      readonly additionalContextLimit: number | null;
    }
  | {
      readonly type: "mcp_tool";
      readonly server: string;
      readonly tool: string;
      readonly input: Record<string, unknown>;
      /** The same with its numbers as Codex hashes them. */
      readonly hashedInput: unknown;
      readonly timeout: number | null;
      readonly statusMessage: string | null;
    }
  | { readonly type: "prompt" | "agent" };

export interface GroupDefinition {
  readonly event: HookEventName;
  /** Position among the groups of its event. */
  readonly index: number;
  readonly matcher: string | null;
  readonly handlers: readonly HandlerDefinition[];
}

/** A definition that cannot be understood; the message says where and what. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
}

type Table = Record<string, unknown>;

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : typeof value === "object"
        ? "a table"
        : `a ${typeof value}`;

function fail(place: string, wanted: string, found: unknown): never {
  throw new DefinitionError(`\`${place}\` must be ${wanted}, not ${kindOf(found)}`);
}

const tableAt = (value: unknown, place: string): Table => (isTable(value) ? value : fail(place, "a table", value));

function listAt(value: unknown, place: string): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : fail(place, "a list", value);
}

function textAt(table: Table, key: string, place: string): string {
  const value = table[key];
  return typeof value === "string" ? value : fail(`${place}.${key}`, "a string", value);
}

function textOrNull(table: Table, key: string, place: string): string | null {
  return table[key] === undefined || table[key] === null ? null : textAt(table, key, place);
}

function countOrNull(table: Table, key: string, place: string): number | null {
  const value = table[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== "number") fail(`${place}.${key}`, "a number", value);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new DefinitionError(`\`${place}.${key}\` must be a whole number that is not negative, not ${value}`);
}

function handlerAt(value: unknown, place: string, exact: unknown): HandlerDefinition {
  const table = tableAt(value, place);
  const type = textAt(table, "type", place);
  switch (type) {
    case "command": {
      const runsAside =
        table["async"] ?? (table["async"] === undefined ? false : fail(`${place}.async`, "true or false", null));
      if (typeof runsAside !== "boolean") fail(`${place}.async`, "true or false", runsAside);
      textOrNull(table, "commandWindows", place);
      return {
        type,
        command: textAt(table, "command", place),
        async: runsAside,
        timeout: countOrNull(table, "timeout", place),
        statusMessage: textOrNull(table, "statusMessage", place),
        additionalContextLimit: countOrNull(table, "additionalContextLimit", place),
      };
    }
    case "mcp_tool":
      return {
        type,
        server: textAt(table, "server", place),
        tool: textAt(table, "tool", place),
        input:
          table["input"] === undefined ? {} : withoutNull(tableAt(table["input"], `${place}.input`), `${place}.input`),
        hashedInput: numbersAsText(within(exact, "input") ?? {}),
        timeout: countOrNull(table, "timeout", place),
        statusMessage: textOrNull(table, "statusMessage", place),
      };
    case "prompt":
    case "agent":
      return { type };
    default:
      throw new DefinitionError(
        `\`${place}.type\` is "${type}"; a hook is of type command or mcp_tool (prompt and agent are passed over)`,
      );
  }
}

/** Codex keeps the input as TOML, which knows no null: it refuses the whole file. */
function withoutNull<Value>(value: Value, place: string): Value {
  if (value === null) fail(place, "a value that TOML has", value);
  if (typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) withoutNull(inner as unknown, `${place}.${key}`);
  }
  return value;
}

/** How Codex's library for JSON shows a number to a hash: by its text, so that `2.0` is not `2`. */
const numberKey = "$serde_json::private::Number";

function numbersAsText(value: unknown): unknown {
  if (typeof value === "number") return { [numberKey]: String(value) };
  if (Array.isArray(value)) return value.map(numbersAsText);
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, numbersAsText(inner)]));
}

const within = (value: unknown, key: string | number): unknown => (value as Table | undefined)?.[key];

/**
 * The groups of a table `hooks`, by event in the order of the table. Events that nobody knows are passed over.
 * `exact` is the same table with its numbers as the file writes them, where that can be told.
 * @throws DefinitionError
 */
export function parseGroups(hooks: unknown, exact: unknown = hooks): GroupDefinition[] {
  const groups: GroupDefinition[] = [];
  for (const [name, listed] of Object.entries(tableAt(hooks, "hooks"))) {
    const event = eventsByConfigName.get(name);
    if (event === undefined) continue;
    listAt(listed, `hooks.${name}`).forEach((value, index) => {
      const place = `hooks.${name}[${index}]`;
      const group = tableAt(value, place);
      const handlers = listAt(group["hooks"], `${place}.hooks`).map((handler, at) =>
        handlerAt(handler, `${place}.hooks[${at}]`, within(within(within(within(exact, name), index), "hooks"), at)),
      );
      groups.push({ event, index, matcher: textOrNull(group, "matcher", place), handlers });
    });
  }
  return groups;
}

/** The file with each number in the form that is hashed. */
function exactNumbers(text: string): unknown {
  // TypeScript does not know yet that a reviver is given the source of a value.
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" ? { [numberKey]: context?.source ?? String(value) } : value;
  return JSON.parse(text, revive);
}

/** The groups of a file `hooks.json`. @throws DefinitionError */
export function parseHooksFile(text: string): GroupDefinition[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new DefinitionError((error as Error).message);
  }
  const table = tableAt(content, "the file");
  const unknown = Object.keys(table).find((key) => key !== "hooks" && key !== "description");
  if (unknown !== undefined) {
    throw new DefinitionError(
      `\`${unknown}\` is not known; the file holds \`hooks\`, and \`description\` where wanted`,
    );
  }
  textOrNull(table, "description", "the file");
  return table["hooks"] === undefined ? [] : parseGroups(table["hooks"], within(exactNumbers(text), "hooks"));
}
