import type { ChatImagePart, ChatPart } from "../../protocol/chat/chat-completions.ts";
import { outputPieces, piecesOf, type Piece } from "../dialect/history/content.ts";

/** Details that every server knows; a finer one than that is the finest that they have. */
const details = new Set(["auto", "low", "high"]);

/** Neighbouring texts are one part. */
function chatParts(pieces: readonly Piece[]): ChatPart[] {
  const parts: ChatPart[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (piece.kind === "image") {
      const { url, detail } = piece;
      const known = typeof detail === "string" && { detail: details.has(detail) ? detail : "high" };
      parts.push({ type: "image_url", image_url: { url, ...known } });
    } else if (last?.type === "text") last.text += piece.text;
    else if (piece.text !== "") parts.push({ type: "text", text: piece.text });
  }
  return parts;
}

/** The parts of an item's content. @throws UntranslatableError for parts that a chat message has no words for */
export const partsOf = (content: unknown, vision: boolean): ChatPart[] => chatParts(piecesOf(content, vision));

/** What a tool said. @throws UntranslatableError as `partsOf` */
export const outputParts = (output: unknown, vision: boolean): ChatPart[] => chatParts(outputPieces(output, vision));

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
