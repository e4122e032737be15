import type { ReasoningItem } from "../../protocol/response-items.ts";

/**
 * What a server wants to have back of an answer beside its text: Gemini signs calls (`extra_content`), OpenRouter hands on what its
 * providers sign or encrypt (`reasoning_details`). It travels in `encrypted_content` of a reasoning item, marked.
 */
export interface ChatSeal {
  /** Of the answer's calls, in their order; null where a call has none. */
  calls?: unknown[];
  details?: unknown[];
}

const mark = "codex-agent.chat:";

export const chatSealText = (seal: ChatSeal): string => `${mark}${JSON.stringify(seal)}`;

/** Null for what other providers sealed. */
export function chatSealOf({ encrypted_content: text }: ReasoningItem): ChatSeal | null {
  if (typeof text !== "string" || !text.startsWith(mark)) return null;
  try {
    const seal = JSON.parse(text.slice(mark.length)) as ChatSeal | null;
    return typeof seal === "object" ? seal : null;
  } catch {
    return null;
  }
}
