import type { JsonSchema } from "../../protocol/tool-spec.ts";

/**
 * What a server says of its arguments, in the part of JSON Schema that providers take. The same words stay and the
 * same go as with Codex (found by offering it one of each), so that both show a model the same tool.
 */

type Schema = Record<string, unknown>;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Deep enough for anything that somebody wrote by hand. */
const maxDepth = 64;

class Unfit extends Error {}

/** Null where it is no schema that a model could be shown: the tool is then left out. */
export function shownSchema(input: unknown): JsonSchema | null {
  try {
    const root = isObject(input) ? input : {};
    const shown = convert({ ...root, ...(root["type"] === undefined && { type: "object" }) }, 0);
    const definitions = reachable(shown, root);
    const properties = shown["properties"] === undefined ? { properties: {} } : {};
    return ordered({ ...shown, ...properties, ...definitions }) as JsonSchema;
  } catch (error) {
    if (error instanceof Unfit) return null;
    throw error;
  }
}

const names = ["string", "number", "integer", "boolean", "object", "array", "null"];

function convert(value: unknown, depth: number): Schema {
  if (depth > maxDepth) throw new Unfit();
  if (typeof value === "boolean") return { type: "string" };
  if (!isObject(value)) throw new Unfit();
  const { description, $ref: reference } = value;
  if (description !== undefined && typeof description !== "string") throw new Unfit();
  const shown: Schema = {};
  if (description !== undefined) shown["description"] = description;
  if (typeof reference === "string") return ordered({ ...shown, $ref: reference });
  const choices = ["anyOf", "oneOf", "allOf"].filter((word) => Array.isArray(value[word]));
  for (const word of choices) shown[word] = (value[word] as unknown[]).map((choice) => convert(choice, depth + 1));
  const type = typeOf(value);
  if (type === null) return choices.length > 0 ? ordered(shown) : {};
  shown["type"] = type;
  const options = "const" in value ? [value["const"]] : value["enum"];
  if (Array.isArray(options)) shown["enum"] = options;
  const types = Array.isArray(type) ? type : [type];
  if (types.includes("object")) addMembers(shown, value, depth);
  if (types.includes("array")) {
    shown["items"] = value["items"] === undefined ? { type: "string" } : convertItems(value["items"], depth);
    if (typeof value["minItems"] === "number") shown["minItems"] = value["minItems"];
  }
  return ordered(shown);
}

/** A list of schemas, one for each place, cannot be shown. */
function convertItems(items: unknown, depth: number): Schema {
  if (Array.isArray(items)) throw new Unfit();
  return convert(items, depth + 1);
}

function addMembers(shown: Schema, value: Schema, depth: number): void {
  const { properties, required, additionalProperties: others } = value;
  if (properties === undefined) shown["properties"] = {};
  else if (isObject(properties)) {
    const entries = Object.entries(properties).toSorted(([one], [other]) => (one < other ? -1 : 1));
    shown["properties"] = Object.fromEntries(entries.map(([name, member]) => [name, convert(member, depth + 1)]));
  }
  if (Array.isArray(required)) shown["required"] = required.filter((name) => typeof name === "string");
  if (typeof others === "boolean") shown["additionalProperties"] = others;
  else if (isObject(others)) shown["additionalProperties"] = convert(others, depth + 1);
}

/** What is said, else what the other words allow to be concluded; null when they allow nothing. */
function typeOf(value: Schema): string | string[] | null {
  const { type } = value;
  if (typeof type === "string" && names.includes(type)) return type;
  if (Array.isArray(type)) {
    const known = type.filter((name) => names.includes(name as string)) as string[];
    if (known.length > 0) return known;
  }
  const has = (...words: string[]): boolean => words.some((word) => value[word] !== undefined);
  if (has("properties", "required", "additionalProperties")) return "object";
  if (has("items", "prefixItems")) return "array";
  if (has("enum", "const", "format") || "const" in value) return "string";
  if (has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return "number";
  return null;
}

/** The definitions that something refers to, by the word under which the server keeps them. */
function reachable(shown: Schema, root: Schema): Schema {
  const found: Record<string, Schema> = {};
  const waiting: unknown[] = [shown];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...(next as unknown[]));
    if (!isObject(next)) continue;
    waiting.push(...Object.values(next));
    const place = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(typeof next["$ref"] === "string" ? next["$ref"] : "");
    if (place === null) continue;
    const [, word, name] = place as unknown as [string, string, string];
    const kept = root[word];
    if (!isObject(kept) || !Object.hasOwn(kept, name) || found[word]?.[name] !== undefined) continue;
    const definition = convert(kept[name], 0);
    (found[word] ??= {})[name] = definition;
    waiting.push(definition);
  }
  return found;
}

const order = [
  "$ref",
  "type",
  "description",
  "enum",
  "items",
  "minItems",
  "properties",
  "required",
  "additionalProperties",
  "anyOf",
  "oneOf",
  "allOf",
  "$defs",
  "definitions",
];

const ordered = (schema: Schema): Schema =>
  Object.fromEntries(order.filter((word) => schema[word] !== undefined).map((word) => [word, schema[word]]));
