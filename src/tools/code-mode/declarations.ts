import type { JsonSchema } from "../../protocol/tool-spec.ts";

const plainName = /^[A-Za-z_$][\w$]*$/;
const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
const comment = (text: string): string =>
  text
    .split("\n")
    .map((line) => `// ${line}\n`)
    .join("");

/** A JSON Schema as a TypeScript type; what it cannot say is `unknown`. */
export function typeOf(schema: JsonSchema): string {
  const { anyOf, oneOf, type } = schema as { anyOf?: unknown; oneOf?: unknown; type?: unknown };
  const either = anyOf ?? oneOf;
  if (Array.isArray(either)) return either.map((one) => typeOf(one as JsonSchema)).join(" | ");
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(type)) return type.map((one: string) => typeOf({ ...schema, type: one })).join(" | ");
  switch (schema.type) {
    case "integer":
      return "number";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return schema.type;
    case "array":
      return `Array<${schema.items === undefined ? "unknown" : typeOf(schema.items)}>`;
    case "object":
      return objectType(schema);
    default:
      return schema.properties === undefined ? "unknown" : objectType(schema);
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const names = Object.keys(properties).sort();
  const open = additionalProperties !== false && names.length === 0;
  if (open) return "{ [key: string]: unknown }";
  if (names.length === 0) return "{}";
  const members = names.map((name) => {
    const member = properties[name]!;
    const key = plainName.test(name) ? name : JSON.stringify(name);
    const said = member.description === undefined ? "" : comment(member.description);
    return `${said}${key}${required.includes(name) ? "" : "?"}: ${typeOf(member)};\n`;
  });
  return `{\n${indent(members.join(""))}}`;
}
