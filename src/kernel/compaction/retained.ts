import { isMessage, messageText, type MessageItem, type ResponseItem } from "../../protocol/response-items.ts";
import { approximateTokens, cutMiddle } from "../../tools/truncate.ts";
import type { CompactedItem, MessageMark } from "../journal-port.ts";
import { isSummaryText } from "./prompts.ts";

/** What the harness says in the user's place begins like this, in files that do not tell what a message is. */
const harnessOpenings = /^(<[a-z_]+[> ]|# AGENTS\.md instructions)/;

const isUserKind = (kind: string): boolean => kind === "user.text" || kind === "user.image";

/** A message that a person wrote: no context, no summary, no notice of the harness. */
export function isUserPrompt(item: ResponseItem, mark: MessageMark | undefined): item is MessageItem {
  if (!isMessage(item) || item.role !== "user") return false;
  if (mark !== undefined && mark.kinds.length > 0) return mark.kinds.some(isUserKind);
  const text = messageText(item);
  return !isSummaryText(text) && (!harnessOpenings.test(text) || text.startsWith("<image name="));
}

/** What the person wrote in it, without images and the markers around them. */
function writtenText(item: MessageItem, mark: MessageMark | undefined): string {
  const kinds = mark?.kinds.length === item.content.length ? mark.kinds : null;
  const texts = item.content.flatMap((part, index) => {
    if (part.type !== "input_text") return [];
    if (kinds !== null) return kinds[index] === "user.text" ? [part.text] : [];
    const marksImage = part.text.startsWith("<image name=") || part.text === "</image>";
    return marksImage && item.content.some(({ type }) => type === "input_image") ? [] : [part.text];
  });
  return texts.join("\n");
}

const tokensOf = (text: string): number => approximateTokens(Buffer.byteLength(text));

export interface Retained {
  items: CompactedItem[];
  /** Something of what the user wrote is missing. */
  cut: boolean;
  /** Images that were left out. */
  images: number;
}

/**
 * The user's own messages, oldest first: the newest within the budget, the one that overflows it cut in the middle.
 * As Codex keeps them, without images.
 */
export function retainedPrompts(
  history: readonly ResponseItem[],
  marks: ReadonlyMap<string, MessageMark>,
  budgetTokens: number,
): Retained {
  const retained: Retained = { items: [], cut: false, images: 0 };
  let left = budgetTokens;
  for (const item of history.toReversed()) {
    const mark = isMessage(item) && item.id !== undefined ? marks.get(item.id) : undefined;
    if (!isUserPrompt(item, mark)) continue;
    if (left <= 0) {
      retained.cut = true;
      break;
    }
    retained.images += item.content.filter(({ type }) => type === "input_image").length;
    const text = writtenText(item, mark);
    if (text === "") continue;
    const tokens = tokensOf(text);
    const parts = tokens <= left ? [text] : cutMiddle(text, left);
    retained.cut ||= tokens > left;
    left -= tokens;
    const content = parts.map((part) => ({ type: "input_text" as const, text: part }));
    const kinds = parts.map(() => "user.text");
    retained.items.unshift({
      item: { ...item, content },
      kinds,
      mark: mark === undefined ? { turnId: "", kinds, createdAtMs: null, sequence: null } : { ...mark, kinds },
    });
  }
  return retained;
}
