import { fieldsOf } from "../../../protocol/fields.ts";
import { UntranslatableError } from "../untranslatable.ts";
import { readable, unseenImage } from "./words.ts";

/** A piece of an item's content: text, or an image by its URL, as finely as `detail` says. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly url: string; readonly detail: unknown };

const textTypes = new Set(["input_text", "output_text", "text", "summary_text", "reasoning_text"]);

const textPiece = (value: unknown): Piece => ({ kind: "text", text: String(value ?? "") });

/** Texts may be empty. @throws UntranslatableError for parts that no message has words for */
export function piecesOf(content: unknown, vision: boolean): Piece[] {
  if (typeof content === "string") return [textPiece(content)];
  if (content === null || content === undefined) return [];
  if (!Array.isArray(content)) throw new UntranslatableError("`content` is neither text nor a list of parts");
  return content.map((each) => pieceOf(fieldsOf(each), vision));
}

function pieceOf(part: Record<string, unknown>, vision: boolean): Piece {
  const type = String(part["type"]);
  if (textTypes.has(type)) return textPiece(part["text"]);
  if (type === "refusal") return textPiece(part["refusal"]);
  if (type === "encrypted_content") return textPiece(readable(String(part["encrypted_content"] ?? "")));
  if (type !== "input_image")
    throw new UntranslatableError(`content parts of the type \`${type}\` cannot be shown to this model`);
  if (!vision) return textPiece(unseenImage);
  const { image_url: url, detail } = part;
  if (typeof url !== "string")
    throw new UntranslatableError("an `input_image` without `image_url` cannot be shown to this model");
  return { kind: "image", url, detail };
}

/** What a tool said: text, a content list, or a value of another kind, which is said as JSON. */
export function outputPieces(output: unknown, vision: boolean): Piece[] {
  const areParts =
    typeof output === "string" ||
    (Array.isArray(output) && output.every((part) => typeof fieldsOf(part)["type"] === "string"));
  if (areParts || output === undefined || output === null) return piecesOf(output, vision);
  return [textPiece(JSON.stringify(output))];
}
