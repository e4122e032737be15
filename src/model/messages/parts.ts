import type { ImageBlock, TextBlock } from "../../protocol/messages/messages-api.ts";
import { outputPieces, piecesOf, type Piece } from "../dialect/history/content.ts";
import { unseenImage } from "../dialect/history/words.ts";

export type Part = TextBlock | ImageBlock;

export const textBlock = (text: string): TextBlock => ({ type: "text", text });

/** The API refuses text of nothing but blank space. */
export const isBlank = (text: string): boolean => text.trim() === "";

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

const messageParts = (pieces: readonly Piece[]): Part[] =>
  pieces.flatMap((piece): Part[] => {
    if (piece.kind === "image") return [imageBlock(piece.url)];
    return isBlank(piece.text) ? [] : [textBlock(piece.text)];
  });

/** The parts of an item's content, those that are blank left out. @throws UntranslatableError for parts that a message has no words for */
export const partsOf = (content: unknown, vision: boolean): Part[] => messageParts(piecesOf(content, vision));

/** What a tool said. @throws UntranslatableError as `partsOf` */
export const outputParts = (output: unknown, vision: boolean): Part[] => messageParts(outputPieces(output, vision));

/** The text of parts; images are named where they stand. */
export const textOf = (parts: readonly Part[]): string[] =>
  parts.map((part) => (part.type === "text" ? part.text : unseenImage));
