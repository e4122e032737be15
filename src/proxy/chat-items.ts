import type { ChatMessage } from "../protocol/chat/chat-completions.ts";
import type { ResponseItem } from "../protocol/response-items.ts";
import { itemsOfCompletion, itemsOfMessages } from "../model/chat/history.ts";
import { ToolTable } from "../model/dialect/tool-table.ts";

/**
 * The items of the Responses API that say what chat messages say. `tools`, as the Responses API has them, tell which calls are of
 * custom tools and of namespaces; without them all are of functions.
 */
export const itemsOfChat = (messages: readonly ChatMessage[], tools: readonly unknown[] = []): ResponseItem[] =>
  itemsOfMessages(messages, new ToolTable(tools, []));

/** The items of a chat completion that was not streamed. @throws Error for one that is an error, or no answer */
export function itemsOfChatCompletion(completion: unknown, tools: readonly unknown[] = []): ResponseItem[] {
  let count = 0;
  const { items, end } = itemsOfCompletion(completion, new ToolTable(tools, []), (prefix) => `${prefix}${count++}`);
  if (end.type === "failed") throw new Error(end.failure.message);
  return items;
}
