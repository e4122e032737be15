import { isMessage, type ContentPart, type InputPart, type ResponseItem } from "../protocol/response-items.ts";
import { approximateTokens } from "../tools/truncate.ts";

/** Tokens of an image, however large its bytes are: what providers count for one of a common size. */
const imageTokens = 1600;
/** Names, ids and punctuation around what an item says. */
const frameTokens = 8;

const textTokens = (text: string): number => approximateTokens(Buffer.byteLength(text));

const partTokens = (part: ContentPart | InputPart): number =>
  part.type === "input_image" ? imageTokens : "text" in part ? textTokens(part.text) : textTokens(JSON.stringify(part));

const partsTokens = (parts: readonly (ContentPart | InputPart)[]): number =>
  parts.reduce((sum, part) => sum + partTokens(part), 0);

/** Roughly what an item takes of a context window: four bytes of text are one token. */
export function itemTokens(item: ResponseItem): number {
  if (isMessage(item)) return frameTokens + partsTokens(item.content);
  const { output } = item as { output?: unknown };
  if (Array.isArray(output)) return frameTokens + partsTokens(output as InputPart[]);
  if (typeof output === "string") return frameTokens + textTokens(output);
  return textTokens(JSON.stringify(item));
}

export const historyTokens = (items: readonly ResponseItem[]): number =>
  items.reduce((sum, item) => sum + itemTokens(item), 0);
