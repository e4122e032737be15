import type { ImageBlock, TextBlock } from "../../protocol/messages/messages-api.ts";
import { readable, unseenImage } from "../dialect/history/words.ts";
import { UntranslatableError } from "../dialect/untranslatable.ts";

export type Part = TextBlock | ImageBlock;

export const textBlock = (text: string): TextBlock => ({ type: "text", text });

/** The API refuses text of nothing but blank space. */
export const isBlank = (text: string): boolean => text.trim() === "";

const textTypes = new Set(["input_text", "output_text", "text", "summary_text", "reasoning_text"]);
const shownForms = /^data:(image\/(?:jpe?g|png|gif|webp));base64,(?=.)/i;

function imageBlock(url: string): Part {
  const found = shownForms.exec(url);
  if (found !== null) {
    const form = found[1]!.toLowerCase().replace("jpg", "jpeg");
    return { type: "image", source: { type: "base64", media_type: form, data: url.slice(found[0].length) } };
  }
  if (/^https?:\/\//.test(url)) return { type: "image", source: { type: "url", url } };
  const form = /^data:([\w/+.-]+)/.exec(url)?.[1] ?? "an address";
  return textBlock(`[There is an image here (${form}) that cannot be shown to this model.]`);
}

/**
 * The parts of an item's content, those that are blank left out.
 * @throws UntranslatableError for parts that a message has no words for
 */
export function partsOf(content: unknown, vision: boolean): Part[] {
  if (typeof content === "string") return isBlank(content) ? [] : [textBlock(content)];
  if (content === null || content === undefined) return [];
  if (!Array.isArray(content)) throw new UntranslatableError("`content` is neither text nor a list of parts");
  return content.flatMap((each): Part[] => {
    const part = (typeof each === "object" && each !== null ? each : {}) as Record<string, unknown>;
    const type = String(part["type"]);
    const said = (value: unknown): Part[] => {
      const text = String(value ?? "");
      return isBlank(text) ? [] : [textBlock(text)];
    };
    if (textTypes.has(type)) return said(part["text"]);
    if (type === "refusal") return said(part["refusal"]);
    if (type === "encrypted_content") return said(readable(String(part["encrypted_content"] ?? "")));
    if (type !== "input_image")
      throw new UntranslatableError(`content parts of the type \`${type}\` cannot be shown to this model`);
    const url = part["image_url"];
    if (typeof url !== "string")
      throw new UntranslatableError("an `input_image` without `image_url` cannot be shown to this model");
    return [vision ? imageBlock(url) : textBlock(unseenImage)];
  });
}

/** The text of parts; images are named where they stand. */
export const textOf = (parts: readonly Part[]): string[] =>
  parts.map((part) => (part.type === "text" ? part.text : unseenImage));

/** What a tool said: text, a content list, or a value of another kind, which is said as JSON. */
export function outputParts(output: unknown, vision: boolean): Part[] {
  const areParts =
    typeof output === "string" ||
    (Array.isArray(output) && output.every((part) => typeof (part as { type?: unknown } | null)?.type === "string"));
  if (areParts || output === undefined || output === null) return partsOf(output, vision);
  return [textBlock(JSON.stringify(output))];
}
