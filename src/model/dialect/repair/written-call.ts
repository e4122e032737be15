import type { TableTool, ToolTable } from "../tool-table.ts";
import { findTool } from "./find-tool.ts";
import { fitTypes } from "./fit-types.ts";
import { hasAllRequired } from "./json-schema.ts";
import { isObject, parseJson, readObject } from "./read-object.ts";

/** A call that stood in a text. */
export interface WrittenCall {
  name: string;
  arguments: string;
}

/** How much of a call has to be there before it counts: what could be data as well needs all that its tool requires. */
export type Strictness = "marked" | "bare";

const marks = new Set(["function", "function_call", "tool_call"]);

/** Where an object begins like a call; null while too little is there. Decides early for what is plainly data. */
export function beginsLikeCall(head: string, table: ToolTable): boolean | null {
  const first = /^\{\s*(?:"([^"]*)"?|'([^']*)'?|([A-Za-z_]*))/.exec(head);
  const key = first?.[1] ?? first?.[2] ?? first?.[3] ?? "";
  const keys = ["name", "arguments", "parameters", "type", "id"];
  if (!keys.some((known) => known.startsWith(key))) return false;
  if (!/^\{\s*["']?[A-Za-z_]/.test(head)) return /^\{\s*["']?$/.test(head) ? null : false;
  const name = /^\{\s*["']?name["']?\s*:\s*(["'])((?:(?!\1)[^\\\n])*)(\1)?/.exec(head);
  if (name === null) return head.length > longestHead ? key !== "name" : null;
  if (name[3] === undefined) return head.length > longestHead ? false : null;
  return findTool(name[2]!, table) !== null;
}

/** Characters; every name of a tool fits. */
export const longestHead = 300;

/** The call that an object says: `name` with `arguments` or `parameters`, and nothing that a call does not have. */
export function callOf(text: string, table: ToolTable, strictness: Strictness): WrittenCall | null {
  const read = readObject(text)?.value;
  if (read === undefined) return null;
  const { name, arguments: args, parameters, type, id, ...others } = read;
  const given = args ?? parameters;
  if (typeof name !== "string" || Object.keys(others).length > 0 || (args !== undefined && parameters !== undefined))
    return null;
  if (type !== undefined && !marks.has(String(type))) return null;
  if (id !== undefined && typeof id !== "string" && typeof id !== "number") return null;
  if (given === undefined && strictness === "bare") return null;
  return callWith(name, typeof given === "string" ? given : JSON.stringify(given ?? {}), table, strictness);
}

/** A call of an offered tool whose arguments can be read; null for anything else. */
export function callWith(name: string, text: string, table: ToolTable, strictness: Strictness): WrittenCall | null {
  const tool = findTool(name, table);
  if (tool === null) return null;
  if (tool.kind === "custom" && strictness === "marked") return { name, arguments: text };
  const read = readObject(text.trim() === "" ? "{}" : text)?.value;
  if (read === undefined || (strictness === "bare" && !hasAllRequired(tool.parameters, read))) return null;
  return { name, arguments: text };
}

/** A call of a form that has names and texts, but no types: they are those that the tool declares. */
export function callWithTexts(
  name: string,
  fields: readonly (readonly [string, string])[],
  table: ToolTable,
): WrittenCall | null {
  const tool = findTool(name, table);
  if (tool === null) return null;
  const value = Object.fromEntries(fields.map(([key, text]) => [key, fieldValue(tool, key, text)]));
  return { name, arguments: JSON.stringify(fitTypes(tool.parameters, value).value) };
}

/** Of what no type is declared, a text that is JSON is taken as that. */
function fieldValue({ parameters }: TableTool, key: string, text: string): unknown {
  const properties = parameters["properties"];
  const declared = isObject(properties) && Object.hasOwn(properties, key);
  if (declared) return text;
  return parseJson(text) ?? text;
}
