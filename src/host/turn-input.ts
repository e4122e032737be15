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
 * Makes the user message of what a user gave, in its order; images from files stand between markers that name them.
 * @throws AgentError `usage` for an image that cannot be read or that the model could not see.
 */
export function turnInput(elements: readonly InputElement[], context: InputContext): TurnInput {
  const content: InputPart[] = [];
  const kinds: string[] = [];
  const texts: string[] = [];
  const chosen: Extract<InputElement, { type: "skill" }>[] = [];
  let number = 0;
  for (const element of elements) {
    if (element.type === "text") {
      texts.push(element.text);
      content.push({ type: "input_text", text: element.text });
      kinds.push("user.text");
      continue;
    }
    if (element.type === "mention") continue;
    if (element.type === "skill") {
      chosen.push(element);
      continue;
    }
    if (context.imageDetail === null)
      throw new AgentError("usage", "this model reads no images; leave the image out or choose another model");
    const detail = context.imageDetail;
    number++;
    if (element.type === "image") {
      content.push({ type: "input_image", image_url: element.url, detail });
      kinds.push("user.image");
      continue;
    }
    content.push(
      { type: "input_text", text: `<image name=[Image #${number}] path="${element.path}">` },
      { type: "input_image", image_url: imageUrl(resolvePath(context.cwd, element.path), context.files), detail },
      { type: "input_text", text: "</image>" },
    );
    kinds.push("user.image_open", "user.image", "user.image_close");
  }
  // A prompt always says something.
  if (chosen.length > 0 && content.length === 0) {
    const names = chosen.map(({ name }) => `$${name}`).join(" ");
    texts.push(names);
    content.push({ type: "input_text", text: names });
    kinds.push("user.text");
  }
  return {
    elements,
    content,
    kinds,
    attachments: context.attachments(
      texts.join("\n"),
      chosen.map(({ path }) => path),
    ),
  };
}
