import { asRecord } from "../../protocol/fields.ts";
import type { OutputFormat } from "../dialect/conversation.ts";

/** Keywords that Anthropic's models can be held to; what others ask for is said in the description. */
const known = new Set([
  "$ref",
  "$defs",
  "definitions",
  "type",
  "title",
  "description",
  "default",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "enum",
  "const",
  "anyOf",
  "allOf",
]);
const formats = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);

/** A schema as `output_config.format` takes it: closed objects, and no bounds on numbers, texts and lists. */
export function fittedSchema(schema: unknown): Record<string, unknown> {
  const fields = asRecord(schema) ?? {};
  const fitted: Record<string, unknown> = {};
  const said: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (key === "oneOf") fitted["anyOf"] = each(value);
    else if (key === "anyOf" || key === "allOf") fitted[key] = each(value);
    else if (key === "items") fitted[key] = fittedSchema(value);
    else if (key === "properties" || key === "$defs" || key === "definitions")
      fitted[key] = Object.fromEntries(
        Object.entries(asRecord(value) ?? {}).map(([name, inner]) => [name, fittedSchema(inner)]),
      );
    else if (known.has(key)) fitted[key] = value;
    else if (key === "format" && formats.has(String(value))) fitted[key] = value;
    else if (key === "minItems" && (value === 0 || value === 1)) fitted[key] = value;
    else if (!key.startsWith("$")) said.push(`${key}: ${JSON.stringify(value)}`);
  }
  const isObject = fitted["type"] === "object" || (Array.isArray(fitted["type"]) && fitted["type"].includes("object"));
  if (isObject || fitted["properties"] !== undefined) fitted["additionalProperties"] = false;
  if (said.length > 0) {
    const description = typeof fitted["description"] === "string" ? `${fitted["description"]}\n\n` : "";
    fitted["description"] = `${description}{${said.join(", ")}}`;
  }
  return fitted;
}

const each = (value: unknown): unknown[] => (Array.isArray(value) ? value.map(fittedSchema) : []);

/** What a model is told that cannot be held to a form. */
export function formatText(format: OutputFormat): string {
  const alone = "with nothing before or after it and no fence around it";
  if (format.type === "json_object") return `Your final answer must be one JSON object, ${alone}.`;
  return `Your final answer must be one JSON value, ${alone}, that satisfies this JSON Schema:\n${JSON.stringify(format.schema)}`;
}
