import type { ResponseItem } from "../../protocol/response-items.ts";
import { Refusal } from "../http/refusal.ts";
import type { ResponseStore, StoredResponse } from "../store.ts";

const notFound = (id: string): Refusal =>
  new Refusal(404, `there is no response ${JSON.stringify(id)} here: it was not kept, or not for so long`, {
    code: "response_not_found",
  });

/** What a response that goes on from another begins with. @throws Refusal (404) where that one is not known */
export async function conversationBefore(store: ResponseStore, id: string): Promise<StoredResponse> {
  const found = await store.get(id);
  if (found !== null) return found;
  throw new Refusal(404, `Previous response with id '${id}' not found.`, {
    code: "previous_response_not_found",
    param: "previous_response_id",
  });
}

/** JSON of the answer to a request about a response that was made. @throws Refusal */
export async function answerStored(
  store: ResponseStore,
  method: string,
  id: string,
  rest: string | null,
  query: URLSearchParams,
): Promise<string> {
  if (method === "DELETE" && rest === null) {
    if (!(await store.delete(id))) throw notFound(id);
    return JSON.stringify({ id, object: "response", deleted: true });
  }
  if (method !== "GET")
    throw new Refusal(405, `${method} is not understood here`, { headers: { allow: "GET, DELETE" } });
  const found = await store.get(id);
  if (found === null) throw notFound(id);
  if (rest === "input_items") return inputItems(found, query);
  if (query.get("stream") === "true")
    throw new Refusal(501, "responses that have ended are not streamed a second time; leave out `stream`");
  return found.json;
}

const prefixes: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
  web_search_call: "ws",
};

function inputItems({ id: responseId, input }: StoredResponse, query: URLSearchParams): string {
  const all = input.map((item: ResponseItem, index) => ({
    ...item,
    id: item.id ?? `${prefixes[item.type] ?? "item"}_${responseId.slice("resp_".length)}_${index}`,
  }));
  if (query.get("order") !== "asc") all.reverse();
  const limit = Math.min(100, Math.max(1, Number(query.get("limit") ?? 20) || 20));
  const after = query.get("after");
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const data = all.slice(start, start + limit);
  return JSON.stringify({
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < all.length,
  });
}
