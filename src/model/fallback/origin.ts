import type { ReasoningItem, ResponseItem } from "../../protocol/response-items.ts";
import { sealOf } from "../dialect/seal.ts";

/**
 * Reasoning that a stand-in made says so in its `encrypted_content`: nobody but the model that made it can read what is in there,
 * and most providers refuse a request that holds another's. What the first model of a chain made is not marked.
 */
const mark = "codex-agent.from.";

const isReasoning = (item: ResponseItem): item is ReasoningItem => item.type === "reasoning";

/** The item with the name of whoever made it; items of other kinds, and those that carry a seal of their own, as they are. */
export function withOrigin(item: ResponseItem, maker: string): ResponseItem {
  if (!isReasoning(item) || sealOf(item) !== null) return item;
  return { ...item, encrypted_content: `${mark}${encodeURIComponent(maker)}:${item.encrypted_content ?? ""}` };
}

/** Who made the item, and the item as it came from there; `maker` null: it is not marked. */
export function originOf(item: ReasoningItem): { maker: string | null; item: ReasoningItem } {
  const { encrypted_content: text } = item;
  if (typeof text !== "string" || !text.startsWith(mark)) return { maker: null, item };
  const colon = text.indexOf(":", mark.length);
  const content = text.slice(colon + 1);
  return {
    maker: decodeURIComponent(text.slice(mark.length, colon)),
    item: { ...item, encrypted_content: content === "" ? null : content },
  };
}
