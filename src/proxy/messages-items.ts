import type { ResponseItem } from "../protocol/response-items.ts";
import { itemsOfAnswer, itemsOfMessages as itemsOf, type HistoryMessage } from "../model/messages/history.ts";
import { ToolTable } from "../model/dialect/tool-table.ts";

/**
 * The items of the Responses API that say what messages of Anthropic's API say. `tools`, as the Responses API has them, tell which
 * calls are of custom tools and of namespaces; without them all are of functions. @throws Error for blocks that no item can say
 */
export const itemsOfMessages = (messages: readonly HistoryMessage[], tools: readonly unknown[] = []): ResponseItem[] =>
  itemsOf(messages, new ToolTable(tools, []));

/** The items of an answer of that API that was not streamed. @throws Error for one that is an error, or no answer */
export function itemsOfMessagesAnswer(message: unknown, tools: readonly unknown[] = []): ResponseItem[] {
  let count = 0;
  const { items, end } = itemsOfAnswer(message, new ToolTable(tools, []), (prefix) => `${prefix}${count++}`);
  if (end.type === "failed") throw new Error(end.failure.message);
  return items;
}
