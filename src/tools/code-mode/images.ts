import type { InputPart } from "../../protocol/response-items.ts";
import { imageType } from "../view-image.ts";

/** An image that a script shows, or the text that stands for it where the model cannot be given it. */
export function imagePart(url: string, readsImages: boolean): InputPart {
  if (!readsImages) {
    return { type: "input_text", text: "image content omitted because you do not support image input" };
  }
  const data = /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1];
  const type = data === undefined ? null : imageType(Buffer.from(data.slice(0, 64), "base64"));
  if (type === null) return { type: "input_text", text: "image content omitted because it could not be processed" };
  return { type: "input_image", image_url: `data:${type};base64,${data}` };
}
