import type { McpResult } from "../../protocol/items.ts";
import type { InputPart, ToolOutput } from "../../protocol/response-items.ts";
import type { CallContext } from "../tool.ts";
import { imageType } from "../view-image.ts";

/** What a server answered to `tools/call`, as far as it is used; servers may send anything. */
export interface RawResult {
  content?: unknown;
  structuredContent?: unknown;
  isError?: unknown;
  _meta?: unknown;
}

/** What is kept and shown of a result at most; the model's own share is cut separately, by tokens. */
const shownBytes = 1024 * 1024;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const left = (kind: string): string => `<${kind} content omitted because you do not support ${kind} input>`;

const text = (value: string): InputPart => ({ type: "input_text", text: value });

/** The line that stands before what every call of a server brings. */
export const wallTime = (seconds: number): string => `Wall time: ${seconds.toFixed(4)} seconds\nOutput:`;

/** A failure in the form of a result. */
export const failureOutput = (seconds: number, message: string): ToolOutput => [text(wallTime(seconds)), text(message)];

/** What the model reads: the structured part where there is one, else the blocks. */
export function modelOutput(result: RawResult, seconds: number, images: CallContext["imageDetail"]): ToolOutput {
  const head = wallTime(seconds);
  if (result.structuredContent !== undefined && result.structuredContent !== null)
    return `${head}\n${JSON.stringify(result.structuredContent)}`;
  return [text(head), ...blocksOf(result).flatMap((block) => modelPart(block, images))];
}

const blocksOf = (result: RawResult): Record<string, unknown>[] =>
  Array.isArray(result.content) ? result.content.filter(isObject) : [];

/** The text of a result, block after block; what is no text is left out. */
export const textOf = (result: RawResult): string =>
  blocksOf(result)
    .flatMap(({ type, text: said }) => (type === "text" && typeof said === "string" ? [said] : []))
    .join("\n");

function modelPart(block: Record<string, unknown>, images: CallContext["imageDetail"]): InputPart[] {
  if (block["type"] === "text" && typeof block["text"] === "string")
    return block["text"] === "" ? [] : [text(block["text"])];
  if (block["type"] === "image" && typeof block["data"] === "string") {
    if (images === null) return [text(left("image"))];
    // What it is, its first bytes say; a provider refuses the whole request for what is none.
    const type = imageType(Buffer.from(block["data"].slice(0, 64), "base64"));
    if (type === null) return [text("image content omitted because it could not be processed")];
    return [{ type: "input_image", image_url: `data:${type};base64,${block["data"]}`, detail: images }];
  }
  if (block["type"] === "audio") return [text(left("audio"))];
  return [text(JSON.stringify(block))];
}

/** What people and the journal are shown. */
export function shownResult(result: RawResult): McpResult {
  const content = blocksOf(result).map((block) =>
    block["type"] === "audio" ? { type: "text", text: left("audio") } : block,
  );
  const structured = result.structuredContent ?? null;
  const shown: McpResult = {
    content,
    structuredContent: structured,
    isError: result.isError === true,
    meta: isObject(result._meta) ? result._meta : null,
  };
  return clipResult(shown);
}

/** The result, or where it has more than so many bytes of JSON, the beginning of it as a text. */
export function clipResult(result: McpResult, bytes = shownBytes): McpResult {
  const json = JSON.stringify([result.content, result.structuredContent, result.meta]);
  // A character of JSON has three bytes at most.
  if (json.length * 3 <= bytes || Buffer.byteLength(json) <= bytes) return result;
  const [first] = result.content as { type?: unknown; text?: unknown }[];
  const whole = first?.type === "text" && typeof first.text === "string" ? first.text : json;
  const kept = Buffer.from(whole.slice(0, bytes)).subarray(0, bytes).toString("utf8");
  const said = { type: "text", text: `Truncated tool output:\n${kept}` };
  return { content: [said], structuredContent: null, isError: result.isError, meta: null };
}
