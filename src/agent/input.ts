import { AgentError } from "../protocol/errors.ts";
import type { InputElement } from "../protocol/items.ts";

/** `image`: a path, an http(s) or data URL, or the bytes of a PNG, JPEG, GIF or WebP file. */
export type ContentPart = { type: "text"; text: string } | { type: "image"; image: string | Uint8Array };
export type Input = string | readonly ContentPart[];

const command = /^\/[a-z][a-z0-9_-]*(\s|$)/i;

/** @throws AgentError `usage` for input that no model can be given. */
export function elementsOf(input: Input): InputElement[] {
  if (typeof input === "string") return [{ type: "text", text: spoken(input) }];
  if (!Array.isArray(input)) throw new AgentError("usage", "the input is a text, or a list of parts");
  return (input as ContentPart[]).map(elementOf);
}

/** A text that begins with a slash is a command, unless it begins with two. */
function spoken(text: string): string {
  if (text.startsWith("//")) return text.slice(1);
  const [name] = command.exec(text) ?? [];
  if (name === undefined) return text;
  throw new AgentError("usage", `there is no command ${name.trim()}; a text that begins with / is written with two`);
}

function elementOf(part: ContentPart): InputElement {
  if (part.type === "text" && typeof part.text === "string") return { type: "text", text: part.text };
  if (part.type === "image") {
    const { image } = part;
    if (image instanceof Uint8Array) return { type: "image", url: dataUrl(image) };
    if (typeof image === "string") {
      return /^(https?|data):/.test(image) ? { type: "image", url: image } : { type: "localImage", path: image };
    }
  }
  throw new AgentError(
    "usage",
    `an input part of type ${JSON.stringify(part.type)} is not supported; text and image are`,
  );
}

const signatures: readonly (readonly [string, string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["52494646", "image/webp"],
];

function dataUrl(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = buffer.subarray(0, 4).toString("hex");
  const type = signatures.find(([signature]) => start.startsWith(signature))?.[1];
  if (type === undefined) throw new AgentError("usage", "the bytes of an image are no PNG, JPEG, GIF or WebP file");
  return `data:${type};base64,${buffer.toString("base64")}`;
}
