import {
  calledName,
  isMessage,
  isToolCall,
  isToolCallOutput,
  type ContentPart,
  type InputPart,
  type ReasoningItem,
  type ResponseItem,
} from "../../protocol/response-items.ts";

/** An item of a thread's past. `kinds` says what the parts of a message are that no model wrote. */
export interface PastEntry {
  /** Its number in the thread, counted from 1. */
  readonly sequence: number;
  readonly item: ResponseItem;
  readonly kinds: readonly string[];
}

/** What the model can read again: a line that says what it is, and the whole text. */
export interface HistoryEntry {
  readonly id: number;
  readonly title: string;
  readonly text: string;
}

const textOf = (parts: readonly (ContentPart | InputPart)[]): string =>
  parts.map((part) => ("text" in part ? part.text : part.type === "input_image" ? "[image]" : "")).join("\n");

const reasoningText = ({ summary, content }: ReasoningItem): string =>
  [...(summary ?? []), ...(content ?? [])].map(({ text }) => text).join("\n");

/** Messages, thoughts that can be read, calls and outputs; not the context that the model is told anew anyway. */
export function historyEntries(past: readonly PastEntry[]): HistoryEntry[] {
  const calls = new Map<string, number>();
  const entries: HistoryEntry[] = [];
  for (const { sequence: id, item, kinds } of past) {
    if (isMessage(item)) {
      const fromUser = kinds.length === 0 || kinds.some((kind) => kind.startsWith("user."));
      if (item.role === "developer" || (item.role === "user" && !fromUser)) continue;
      entries.push({ id, title: item.role, text: textOf(item.content) });
    } else if (item.type === "reasoning") {
      const text = reasoningText(item as ReasoningItem);
      if (text !== "") entries.push({ id, title: "reasoning", text });
    } else if (isToolCall(item)) {
      calls.set(item.call_id, id);
      const input = item.type === "custom_tool_call" ? item.input : item.arguments;
      entries.push({
        id,
        title: `call of ${calledName(item)}`,
        text: typeof input === "string" ? input : JSON.stringify(input),
      });
    } else if (isToolCallOutput(item)) {
      const output = item.type === "tool_search_output" ? JSON.stringify(item.tools) : item.output;
      const of = calls.get(item.call_id);
      entries.push({
        id,
        title: of === undefined ? "output" : `output of #${of}`,
        text: typeof output === "string" ? output : textOf(output),
      });
    }
  }
  return entries;
}
