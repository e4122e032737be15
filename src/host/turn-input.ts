import { AgentError } from "../protocol/errors.ts";
import type { InputElement } from "../protocol/items.ts";
import type { InputPart } from "../protocol/response-items.ts";
import type { FileSystem } from "../system/ports.ts";
import { resolvePath } from "../system/paths.ts";
import { imageType } from "../tools/view-image.ts";
import type { TurnInput } from "../kernel/turn-setup.ts";

const maxImageBytes = 20 * 1024 * 1024;

function imageUrl(path: string, files: FileSystem): string {
  const stat = files.stat(path);
  if (stat === null) throw new AgentError("usage", `image file not found: ${path}`);
  if (stat.kind !== "file") throw new AgentError("usage", `not an image file: ${path}`);
  if (stat.size > maxImageBytes) throw new AgentError("usage", `image file is larger than 20 MiB: ${path}`);
  const bytes = Buffer.from(files.readBytes(path));
  const type = imageType(bytes);
  if (type === null) throw new AgentError("usage", `not a PNG, JPEG, GIF or WebP image: ${path}`);
  return `data:${type};base64,${bytes.toString("base64")}`;
}

export interface InputContext {
  cwd: string;
  files: FileSystem;
  /** How the model wants images; null when it reads none. */
  imageDetail: "original" | "high" | null;
  /** The messages that bring in what the prompt mentions, and the skills that were chosen, by their paths. */
  attachments(text: string, chosen: readonly string[]): TurnInput["attachments"];
}

/**
 * Makes the user message of what a user gave: images first, each between markers that name it, then the text.
 * @throws AgentError `usage` for an image that cannot be read or that the model could not see.
 */
export function turnInput(elements: readonly InputElement[], context: InputContext): TurnInput {
  const images: InputPart[] = [];
  const texts: InputPart[] = [];
  const imageKinds: string[] = [];
  const chosen: Extract<InputElement, { type: "skill" }>[] = [];
  let number = 0;
  for (const element of elements) {
    if (element.type === "text") {
      texts.push({ type: "input_text", text: element.text });
      continue;
    }
    if (element.type === "skill") {
      chosen.push(element);
      continue;
    }
    if (context.imageDetail === null)
      throw new AgentError("usage", "this model reads no images; leave the image out or choose another model");
    const detail = context.imageDetail;
    number++;
    if (element.type === "image") {
      images.push({ type: "input_image", image_url: element.url, detail });
      imageKinds.push("user.image");
      continue;
    }
    images.push(
      { type: "input_text", text: `<image name=[Image #${number}] path="${element.path}">` },
      { type: "input_image", image_url: imageUrl(resolvePath(context.cwd, element.path), context.files), detail },
      { type: "input_text", text: "</image>" },
    );
    imageKinds.push("user.image_open", "user.image", "user.image_close");
  }
  // A prompt always says something.
  if (chosen.length > 0 && texts.length === 0 && images.length === 0)
    texts.push({ type: "input_text", text: chosen.map(({ name }) => `$${name}`).join(" ") });
  const text = texts.map((part) => (part as { text: string }).text).join("\n");
  return {
    elements,
    content: [...images, ...texts],
    kinds: [...imageKinds, ...texts.map(() => "user.text")],
    attachments: context.attachments(
      text,
      chosen.map(({ path }) => path),
    ),
  };
}
