import type { ContentPart, MessageItem, ReasoningItem } from "../../protocol/response-items.ts";

/** An item of an answer whose pieces are still coming. */
export interface OpenItem {
  readonly kind: "reasoning" | "text" | "refusal";
  readonly id: string;
  readonly index: number;
  parts: string[];
  /** What its provider wants to have back with it. */
  seal: string | null;
  /** How many of the parts earlier answers have said. */
  earlier: number;
}

/** The item as it is told of when it begins. A refusal shows as one from the start: its pieces have names of their own in the API. */
export function begun({ kind, id }: OpenItem): ReasoningItem | MessageItem {
  if (kind === "reasoning") return { type: "reasoning", id, summary: [], content: [] };
  const content: ContentPart[] = kind === "refusal" ? [{ type: "refusal", refusal: "" }] : [];
  return { type: "message", id, role: "assistant", status: "in_progress", content };
}

/** The item as it is in the end. */
export function finished(open: OpenItem, status: string): ReasoningItem | MessageItem {
  const { kind, id, seal } = open;
  const text = open.parts.join("");
  if (kind === "reasoning")
    return {
      type: "reasoning",
      id,
      summary: [],
      content: text === "" ? [] : [{ type: "reasoning_text", text }],
      ...(seal !== null && { encrypted_content: seal }),
    };
  const part: ContentPart =
    kind === "refusal" ? { type: "refusal", refusal: text } : { type: "output_text", text, annotations: [] };
  return { type: "message", id, role: "assistant", status, content: [part] };
}
