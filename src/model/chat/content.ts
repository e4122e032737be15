import type { ToolOutput } from "../../protocol/response-items.ts";
import type { ChatImagePart, ChatPart } from "../../protocol/chat/chat-completions.ts";
import { readable, unseenImage } from "../dialect/history/words.ts";
import { UntranslatableError } from "../dialect/untranslatable.ts";

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const textTypes = new Set(["input_text", "output_text", "text", "summary_text", "reasoning_text"]);
/** Details that every server knows; a finer one than that is the finest that they have. */
const details = new Set(["auto", "low", "high"]);

function imagePart(part: Record<string, unknown>): ChatImagePart {
  const { image_url: url, detail } = part;
  if (typeof url !== "string")
    throw new UntranslatableError("an `input_image` without `image_url` cannot be shown to this model");
  return {
    type: "image_url",
    image_url: { url, ...(typeof detail === "string" && { detail: details.has(detail) ? detail : "high" }) },
  };
}

/**
 * The parts of an item's content, neighbouring texts in one.
 * @throws UntranslatableError for parts that a chat message has no words for
 */
export function partsOf(content: unknown, vision: boolean): ChatPart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (content === null || content === undefined) return [];
  if (!Array.isArray(content)) throw new UntranslatableError("`content` is neither text nor a list of parts");
  const parts: ChatPart[] = [];
  const say = (text: string): void => {
    const last = parts.at(-1);
    if (last?.type === "text") last.text += text;
    else if (text !== "") parts.push({ type: "text", text });
  };
  for (const each of content) {
    const part = record(each);
    const type = String(part["type"]);
    if (textTypes.has(type)) say(String(part["text"] ?? ""));
    else if (type === "refusal") say(String(part["refusal"] ?? ""));
    else if (type === "encrypted_content") {
      say(readable(String(part["encrypted_content"] ?? "")));
    } else if (type !== "input_image")
      throw new UntranslatableError(`content parts of the type \`${type}\` cannot be shown to this model`);
    else if (vision) parts.push(imagePart(part));
    else say(unseenImage);
  }
  return parts;
}

/** As a message takes them: text where that is all. */
export function messageContent(parts: ChatPart[]): string | ChatPart[] {
  const only = parts[0];
  if (only === undefined) return "";
  return parts.length === 1 && only.type === "text" ? only.text : parts;
}

export const textOf = (parts: readonly ChatPart[]): string =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("");

export const imagesOf = (parts: readonly ChatPart[]): ChatImagePart[] =>
  parts.filter((part): part is ChatImagePart => part.type === "image_url");

/** What a tool said: text, a content list, or a value of another kind, which is said as JSON. */
export function outputParts(output: ToolOutput | unknown, vision: boolean): ChatPart[] {
  const areParts =
    typeof output === "string" ||
    (Array.isArray(output) && output.every((part) => typeof record(part)["type"] === "string"));
  if (areParts) return partsOf(output, vision);
  return output === undefined || output === null ? [] : [{ type: "text", text: JSON.stringify(output) }];
}
