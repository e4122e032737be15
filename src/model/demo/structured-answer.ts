import type { Report } from "./report.ts";

type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const maxDepth = 12;

/**
 * A value that a simple schema takes, with what the reports say put where it fits: words into strings, what was
 * found into lists of strings, how much of it into numbers, whether all went well into booleans.
 */
export function structuredAnswer(schema: unknown, reports: readonly Report[], text: string): unknown {
  const facts = { text, ok: reports.every(({ ok }) => ok), found: reports.flatMap(({ found }) => found) };
  return valueFor(schema, isSchema(schema) ? schema : {}, facts, 0);
}

interface Facts {
  text: string;
  ok: boolean;
  found: string[];
}

function valueFor(given: unknown, root: Schema, facts: Facts, depth: number): unknown {
  const schema = isSchema(given) ? given : {};
  if (depth > maxDepth) return null;
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  const reference = schema["$ref"];
  if (typeof reference === "string") return valueFor(resolveReference(reference, root), root, facts, depth + 1);
  for (const word of ["anyOf", "oneOf"]) {
    const choices = schema[word];
    if (Array.isArray(choices))
      return valueFor(
        choices.find((choice) => isSchema(choice) && choice["type"] !== "null") ?? choices[0],
        root,
        facts,
        depth + 1,
      );
  }
  const type = Array.isArray(schema["type"]) ? schema["type"].find((name) => name !== "null") : schema["type"];
  switch (type) {
    case "string":
      return facts.text.slice(0, limit(schema["maxLength"])).padEnd(minimum(schema["minLength"]), ".");
    case "integer":
    case "number":
      return within(schema, facts.found.length);
    case "boolean":
      return facts.ok;
    case "array":
      return list(schema, root, facts, depth);
    case "null":
      return null;
    default:
      return isSchema(schema["properties"]) || type === "object" ? object(schema, root, facts, depth) : facts.text;
  }
}

function object(schema: Schema, root: Schema, facts: Facts, depth: number): Record<string, unknown> {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, valueFor(property, root, facts, depth + 1)]),
  );
}

function list(schema: Schema, root: Schema, facts: Facts, depth: number): unknown[] {
  const items = isSchema(schema["items"]) ? schema["items"] : { type: "string" };
  const least = minimum(schema["minItems"]);
  const simple = items["type"] === "string" && items["enum"] === undefined && items["const"] === undefined;
  const values: unknown[] = simple
    ? facts.found
        .slice(0, limit(schema["maxItems"]))
        .map((text) => valueFor(items, root, { ...facts, text }, depth + 1))
    : [];
  while (values.length < least) values.push(valueFor(items, root, facts, depth + 1));
  return values;
}

const limit = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const minimum = (value: unknown): number => (typeof value === "number" ? Math.min(value, 1000) : 0);

function within(schema: Schema, value: number): number {
  const least = typeof schema["minimum"] === "number" ? schema["minimum"] : -Infinity;
  const most = typeof schema["maximum"] === "number" ? schema["maximum"] : Infinity;
  return Math.min(most, Math.max(least, value));
}

function resolveReference(reference: string, root: Schema): unknown {
  if (!reference.startsWith("#")) return {};
  let at: unknown = root;
  for (const name of reference
    .slice(1)
    .split("/")
    .filter((part) => part !== ""))
    at = isSchema(at) ? at[name.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  return at;
}
