import type { SearchCall } from "../../model/dialect/assembler.ts";
import type { WebSearch } from "../../model/dialect/respond.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";

/** What a model wants to be searched for. */
interface Queries {
  query?: string;
  queries?: string[];
}

/** Text that is no JSON is what is searched for. */
function queriesOf(text: string): Queries {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === "" ? {} : { query: text.trim() };
  }
  if (typeof value === "string") return { query: value };
  const { query, queries } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const list = Array.isArray(queries) ? queries.filter((each): each is string => typeof each === "string") : [];
  const first = typeof query === "string" && query !== "" ? query : list[0];
  if (first === undefined) return {};
  const all = [first, ...list.filter((each) => each !== first)];
  return { query: first, ...(list.length > 0 && { queries: all }) };
}

type Find = (queries: Queries, signal: AbortSignal) => Promise<string> | string;

const mock: Find = (queries) => JSON.stringify({ results: [], mock: true, ...queries });

const limitMs = 20_000;
const maxCharacters = 200_000;

/** `POST`s the queries as JSON; what comes back is what the model is told, whatever it is. */
const over =
  (url: string): Find =>
  async (queries, signal) => {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: queries.query ?? "", queries: queries.queries ?? [queries.query ?? ""] }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
      });
      const text = (await answer.text()).slice(0, maxCharacters);
      return answer.ok ? text : JSON.stringify({ error: `the search failed with status ${answer.status}` });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return JSON.stringify({ error: `the search failed: ${messageOf(error)}` });
    }
  };

/** Searches for the models of a bridge; null: they are not offered any. */
export function webSearchOf(
  kind: string,
): ((newId: (prefix: string) => string, signal: AbortSignal) => WebSearch) | null {
  if (kind === "none") return null;
  const find = kind === "mock" ? mock : over(kind);
  return (newId, signal) => ({
    async search(calls: readonly SearchCall[]) {
      const asked = calls.map(({ arguments: text }) => queriesOf(text));
      const outputs = await Promise.all(asked.map((queries) => find(queries, signal)));
      const items = asked.map((queries): ResponseItem => ({
        type: "web_search_call",
        id: newId("ws_"),
        status: "completed",
        action: { type: "search", ...queries },
      }));
      return { items, outputs };
    },
  });
}
