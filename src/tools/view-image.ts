import { resolve } from "node:path";
import type { JsonSchema } from "../protocol/tool-spec.ts";
import { parseArguments } from "./arguments.ts";
import { isOpened, openFile } from "./open-file.ts";
import { judged, placeOf, type Place } from "./place.ts";
import { mistakenCall, refusal, softError } from "./results.ts";
import type { CallContext, Tool, ToolResult } from "./tool.ts";

const maxBytes = 20 * 1024 * 1024;

const parameters: JsonSchema = {
  type: "object",
  properties: { path: { type: "string", description: "The image file, absolute or from the working directory." } },
  required: ["path"],
  additionalProperties: false,
};

/** Puts a local image before the model. */
export const viewImageTool: Tool = {
  name: "view_image",
  spec: {
    type: "function",
    name: "view_image",
    description: "Look at an image file on this machine (PNG, JPEG, GIF or WebP, at most 20 MiB).",
    strict: false,
    parameters,
  },
  parallel: true,
  prepare(input, context) {
    const { path } = parseArguments<{ path: string }>(input, parameters);
    if (path === "" || path.includes("\0")) return mistakenCall("`path` must name an image file.");
    const place = placeOf(resolve(context.cwd, path));
    return {
      effect: "none",
      action: { kind: "read", paths: [judged(place)] },
      refusal: refusal(place.path, "read"),
      run: () => view(place, context),
    };
  },
};

async function view(place: Place, context: CallContext): Promise<ToolResult> {
  const { path } = place;
  if (context.imageDetail === null) return softError(`\`${path}\` was not opened: this model takes no images.`);
  const file = await openFile(place);
  if (!isOpened(file)) return file;
  await using opened = file;
  if (opened.size > maxBytes) return softError(`\`${path}\` has ${opened.size} bytes; an image may have ${maxBytes}.`);
  const bytes = await readUpTo(opened.handle, maxBytes + 1);
  if (bytes.length > maxBytes) return softError(`\`${path}\` has more than ${maxBytes} bytes, the limit of an image.`);
  const mime = imageType(bytes);
  if (mime === null) return softError(`\`${path}\` is not a PNG, JPEG, GIF or WebP image.`);

  const item = { type: "imageView", id: context.callId, path } as const;
  context.items.started(item);
  context.items.completed(item);
  const image_url = `data:${mime};base64,${bytes.toString("base64")}`;
  return { output: [{ type: "input_image", image_url, detail: context.imageDetail }], ok: true, data: { image_url } };
}

async function readUpTo(
  handle: { createReadStream(options: { end: number; autoClose: boolean }): AsyncIterable<Buffer> },
  count: number,
) {
  const chunks: Buffer[] = [];
  for await (const chunk of handle.createReadStream({ end: count - 1, autoClose: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The MIME type by the first bytes; names lie. */
export function imageType(bytes: Uint8Array): "image/png" | "image/jpeg" | "image/gif" | "image/webp" | null {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "image/gif";
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "image/webp";
  return null;
}
