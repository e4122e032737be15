import { parseNested } from "../protocol/nested-json.ts";
import type { JsonSchema } from "../protocol/tool-spec.ts";
import { CallError } from "./tool.ts";

const failed = (reason: string): CallError => new CallError(`failed to parse function arguments: ${reason}`);

const typeName = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  if (typeof value === "object") return "map";
  if (typeof value === "string") return `string ${JSON.stringify(value)}`;
  if (typeof value === "number")
    return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  return `${typeof value} \`${String(value)}\``;
};

const expectedName: Record<string, string> = {
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "a boolean",
  array: "a sequence",
  object: "a map",
};

function matches(value: unknown, type: string): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Where a text ends, in the words of Codex's parser. */
function endOf(text: string): string {
  const lines = text.trimEnd().split("\n");
  return `line ${lines.length} column ${lines.at(-1)!.length}`;
}

function check(value: unknown, schema: JsonSchema, where: string): void {
  if (schema.type !== undefined && !matches(value, schema.type)) {
    throw failed(`${where}invalid type: ${typeName(value)}, expected ${expectedName[schema.type] ?? schema.type}`);
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    const names = schema.enum.map((name) => `\`${name}\``).join(", ");
    throw failed(`${where}unknown variant \`${String(value)}\`, expected one of ${names}`);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    value.forEach((entry, index) => check(entry, schema.items!, `${where}[${index}]: `));
  }
  if (schema.type === "object" && schema.properties !== undefined) {
    const record = value as Record<string, unknown>;
    for (const name of schema.required ?? []) {
      if (record[name] === undefined) throw failed(`${where}missing field \`${name}\``);
    }
    for (const [name, property] of Object.entries(schema.properties)) {
      const entry = record[name];
      const absent = entry === undefined || (entry === null && !schema.required?.includes(name));
      if (!absent) check(entry, property, `${where}${name}: `);
    }
  }
}

/**
 * The decoded arguments of a function call, checked against the tool's schema. Fields that are null count as
 * absent; unknown fields are passed over, as Codex does.
 * @throws {CallError} when the text is not JSON or does not fit.
 */
export function parseArguments<Arguments>(input: string, schema: JsonSchema): Arguments {
  let value: unknown;
  try {
    value = parseNested(input);
  } catch (error) {
    throw failed(input.trim() === "" ? "EOF while parsing a value at line 1 column 0" : (error as Error).message);
  }
  try {
    check(value, schema, "");
  } catch (error) {
    throw error instanceof CallError ? new CallError(`${error.message} at ${endOf(input)}`) : error;
  }
  const record = value as Record<string, unknown>;
  for (const name of Object.keys(record)) if (record[name] === null) delete record[name];
  return value as Arguments;
}
