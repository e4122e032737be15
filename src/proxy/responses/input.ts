import { asRecord, type Fields } from "../../protocol/fields.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import { UntranslatableError } from "../../model/dialect/untranslatable.ts";

/** Parts of messages and outputs that some dialect has words for. */
const knownParts = new Set([
  "input_text",
  "output_text",
  "text",
  "summary_text",
  "reasoning_text",
  "refusal",
  "input_image",
  "encrypted_content",
]);
const roles = new Set(["user", "assistant", "developer", "system"]);

/** Items that point at something the provider of the Responses API keeps. */
const elsewhere: Readonly<Record<string, string>> = {
  item_reference: "refers to an item that is kept elsewhere: send the item itself",
  input_file: "holds a file, which the models behind this bridge are not shown: send its text",
  input_audio: "holds audio, which the models behind this bridge are not played",
};

/**
 * What a client sent as `input`, as items with all that their kinds have.
 * @throws UntranslatableError for what no dialect has words for
 */
export function readInput(input: unknown): ResponseItem[] {
  if (input === undefined || input === null) return [];
  if (typeof input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  if (!Array.isArray(input)) throw new UntranslatableError("`input` is neither text nor a list of items");
  return input.map((item: unknown, index) => readItem(item, `input[${index}]`));
}

function readItem(value: unknown, where: string): ResponseItem {
  const item = asRecord(value);
  if (item === null) throw new UntranslatableError(`\`${where}\` is no object`);
  const type = item["type"] ?? ("role" in item ? "message" : undefined);
  if (typeof type !== "string") throw new UntranslatableError(`\`${where}\` has neither a \`type\` nor a \`role\``);
  const foreign = elsewhere[type];
  if (foreign !== undefined) throw new UntranslatableError(`\`${where}\` ${foreign}`);
  switch (type) {
    case "message":
      return readMessage(item, where);
    case "reasoning":
      return { ...item, type, summary: Array.isArray(item["summary"]) ? item["summary"] : [] };
    case "function_call":
      wantText(item, ["name", "call_id"], where);
      return typeof item["arguments"] === "string"
        ? (item as unknown as ResponseItem)
        : ({ ...item, arguments: JSON.stringify(item["arguments"] ?? {}) } as ResponseItem);
    case "custom_tool_call": {
      wantText(item, ["name"], where);
      const callId = typeof item["call_id"] === "string" ? item["call_id"] : item["name"];
      const input = typeof item["input"] === "string" ? item["input"] : JSON.stringify(item["input"] ?? "");
      return { ...item, call_id: callId, input } as ResponseItem;
    }
    case "function_call_output":
    case "custom_tool_call_output":
      wantText(item, ["call_id"], where);
      return { ...item, output: readOutput(item["output"], where) } as ResponseItem;
    default:
      return item as unknown as ResponseItem;
  }
}

function wantText(item: Fields, names: readonly string[], where: string): void {
  for (const name of names)
    if (typeof item[name] !== "string") throw new UntranslatableError(`\`${where}.${name}\` is not text`);
}

function readMessage(item: Fields, where: string): ResponseItem {
  const { role, content } = item;
  if (typeof role !== "string" || !roles.has(role))
    throw new UntranslatableError(`\`${where}.role\` is ${JSON.stringify(role)}; there are: ${[...roles].join(", ")}`);
  const type = role === "assistant" ? "output_text" : "input_text";
  const parts = typeof content === "string" ? [{ type, text: content }] : content;
  if (!Array.isArray(parts)) throw new UntranslatableError(`\`${where}.content\` is neither text nor a list of parts`);
  checkParts(parts, `${where}.content`);
  return { ...item, type: "message", content: parts } as ResponseItem;
}

/** Text, parts, or a value of another kind, which is said as JSON. */
function readOutput(output: unknown, where: string): unknown {
  if (typeof output === "string") return output;
  const areParts = Array.isArray(output) && output.every((part) => typeof asRecord(part)?.["type"] === "string");
  if (!areParts) return output === undefined || output === null ? "" : JSON.stringify(output);
  checkParts(output, `${where}.output`);
  return output;
}

function checkParts(parts: readonly unknown[], where: string): void {
  for (const [index, value] of parts.entries()) {
    const part = asRecord(value);
    const type = part?.["type"];
    const here = `${where}[${index}]`;
    if (part === null || typeof type !== "string")
      throw new UntranslatableError(`\`${here}\` is no part with a \`type\``);
    const foreign = elsewhere[type];
    if (foreign !== undefined) throw new UntranslatableError(`\`${here}\` ${foreign}`);
    if (!knownParts.has(type))
      throw new UntranslatableError(`\`${here}\` is of the type \`${type}\`, which this model cannot be shown`);
    if (type === "input_image" && typeof part["image_url"] !== "string")
      throw new UntranslatableError(`\`${here}\` has no \`image_url\`: images that a provider keeps are not here`);
  }
}
