import type { AgentMessage, Reasoning, WebSearch } from "../protocol/items.ts";
import {
  isMessage,
  messageText,
  type ReasoningItem,
  type ResponseItem,
  type WebSearchCallItem,
} from "../protocol/response-items.ts";

const idPrefixes: Readonly<Record<string, string>> = {
  message: "msg_",
  reasoning: "rs_",
  function_call: "fc_",
  custom_tool_call: "ctc_",
  tool_search_call: "ts_",
};

/** The item with an id: some providers give theirs none, and the thread needs one. */
export function withId(item: ResponseItem, newId: () => string): ResponseItem {
  const prefix = idPrefixes[item.type];
  const known = typeof item.id === "string" && item.id !== "";
  return prefix === undefined || known ? item : { ...item, id: `${prefix}${newId()}` };
}

/** What a door shows of an item that the model sent; null for calls, which their tools show, and for what nobody shows. */
export function shownItem(item: ResponseItem): AgentMessage | Reasoning | WebSearch | null {
  if (isMessage(item)) {
    if (item.role !== "assistant") return null;
    return {
      type: "agentMessage",
      id: item.id ?? "",
      text: messageText(item),
      ...(item.phase !== undefined && { phase: item.phase }),
    };
  }
  if (item.type === "reasoning") {
    const { id, summary, content } = item as ReasoningItem;
    return {
      type: "reasoning",
      id: id ?? "",
      summary: (summary ?? []).map((part) => part.text),
      content: (content ?? []).map((part) => part.text),
    };
  }
  if (item.type === "web_search_call") {
    const { id, action } = item as WebSearchCallItem;
    return { type: "webSearch", id: id ?? "", query: queryOf(action), action: action ?? { type: "other" } };
  }
  return null;
}

/** A search in words: its query, its page, or what is looked for in a page. */
function queryOf(action: Record<string, unknown> | undefined): string {
  const text = (name: string): string => (typeof action?.[name] === "string" ? (action[name] as string) : "");
  if (action?.["type"] === "find_in_page") return `'${text("pattern")}' in ${text("url")}`;
  return text("query") || text("url");
}
