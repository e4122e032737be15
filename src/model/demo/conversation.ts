import {
  isMessage,
  isToolCall,
  isToolCallOutput,
  messageText,
  type MessageItem,
  type ResponseItem,
  type ToolCallItem,
} from "../../protocol/response-items.ts";

/** A tool call of the history with what came of it; null while its output is not there. */
export interface Call {
  item: Exclude<ToolCallItem, { type: "tool_search_call" }>;
  output: string | null;
}

/** What the demo model makes of a history. */
export interface Conversation {
  /** Working directory as the environment context last told it; null when it never did. */
  cwd: string | null;
  /** What the user has asked since the last answer, in order. */
  prompts: string[];
  /** The calls made for these prompts. */
  calls: Call[];
  /** Calls of earlier turns. */
  earlierCalls: Call[];
}

/** User messages that the runtime wrote: context, instructions, skills, hooks. They open with a tag of its own or a known heading. */
const isContext = (text: string): boolean =>
  /^\s*(<(?:[a-z]+(?:_[a-z]+)+|skill)[\s>]|# AGENTS\.md instructions)/.test(text);

const isPrompt = (item: MessageItem): boolean => item.role === "user" && !isContext(messageText(item));

/** Where the unanswered part begins: after the last answer or interrupt. */
function openFrom(input: readonly ResponseItem[]): number {
  const last = input.findLastIndex(
    (item) =>
      isMessage(item) &&
      (item.role === "assistant" || (item.role === "user" && messageText(item).startsWith("<turn_aborted>"))),
  );
  return last + 1;
}

export function readConversation(input: readonly ResponseItem[]): Conversation {
  const outputs = new Map<string, string>();
  let cwd: string | null = null;
  for (const item of input) {
    if (isToolCallOutput(item) && item.type !== "tool_search_output")
      outputs.set(item.call_id, outputText(item.output));
    else if (isMessage(item) && item.role === "user") cwd = /<cwd>([^<]+)<\/cwd>/.exec(contextText(item))?.[1] ?? cwd;
  }
  const start = openFrom(input);
  const prompts: string[] = [];
  const calls: Call[] = [];
  const earlierCalls: Call[] = [];
  input.forEach((item, index) => {
    if (isToolCall(item) && item.type !== "tool_search_call")
      (index < start ? earlierCalls : calls).push({ item, output: outputs.get(item.call_id) ?? null });
    else if (index >= start && isMessage(item) && isPrompt(item)) prompts.push(messageText(item).trim());
  });
  return { cwd, prompts, calls, earlierCalls };
}

/** The environment context may be one part among others. */
const contextText = (item: MessageItem): string => {
  const text = messageText(item);
  return isContext(text) && text.includes("<environment_context>") ? text : "";
};

const outputText = (output: string | readonly { type: string }[]): string =>
  typeof output === "string" ? output : output.map((part) => ("text" in part ? String(part.text) : "")).join("");
