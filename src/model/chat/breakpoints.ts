import type { ChatMessage, ChatPart } from "../../protocol/chat/chat-completions.ts";

/** Anthropic takes four in a request. */
const atTheEnd = 2;

/**
 * Marks up to where a provider is to cache, in the way that OpenRouter and others hand on to Anthropic: behind what never changes, and
 * behind the last two things that were not the model's own, the first of which the request before ended with.
 */
export function markBreakpoints(messages: readonly ChatMessage[]): ChatMessage[] {
  const marked = new Set<number>();
  const head = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  if (head !== 0) marked.add((head < 0 ? messages.length : head) - 1);
  let left = atTheEnd;
  let grouped = false;
  for (let index = messages.length - 1; index >= 0 && left > 0; index--) {
    const assistant = messages[index]!.role === "assistant";
    if (!assistant && !grouped) {
      marked.add(index);
      left--;
    }
    grouped = !assistant;
  }
  return messages.map((message, index) => (marked.has(index) ? withMark(message) : message));
}

function withMark(message: ChatMessage): ChatMessage {
  const { content } = message;
  const parts: ChatPart[] = typeof content === "string" ? [{ type: "text", text: content }] : [...(content ?? [])];
  const last = parts.pop();
  if (last === undefined || (last.type === "text" && last.text === "")) return message;
  return { ...message, content: [...parts, { ...last, cache_control: { type: "ephemeral" } }] } as ChatMessage;
}
