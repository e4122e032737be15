import type { RolloutStore } from "../journal/store.ts";
import type { ParamsOf, ResultOf } from "../protocol/methods.ts";
import type { StoredTurn } from "../protocol/threads.ts";
import { textOf } from "./stored-thread.ts";

/** Threads that are looked through at a time. */
const step = 50;

/** Looks through what was said in the threads of a list, in its order. */
export function searchThreads(
  store: RolloutStore,
  { text, limit = 20, ...query }: ParamsOf<"thread/search">,
): ResultOf<"thread/search"> {
  const wanted = text.toLowerCase();
  const found: ResultOf<"thread/search">["found"] = [];
  let cursor = query.cursor ?? null;
  let previous: string | null = null;
  for (;;) {
    // One more at a time than are still missing would cost a cursor between pages.
    const page = store.list({ ...query, cursor, limit: Math.min(step, limit - found.length) });
    previous ??= page.previous;
    for (const thread of page.threads) {
      const place = placeIn(store.read(thread.id).turns, wanted);
      if (place !== null) found.push({ thread, ...place });
    }
    cursor = page.next;
    if (cursor === null || found.length === limit)
      return { found, next: cursor, previous: found.length === 0 ? null : previous };
  }
}

function placeIn(turns: readonly StoredTurn[], wanted: string): { words: string; at: number } | null {
  for (const item of turns.flatMap(({ items }) => items)) {
    const words = item.type === "userMessage" ? textOf(item.content) : item.type === "agentMessage" ? item.text : "";
    const at = words.toLowerCase().indexOf(wanted);
    if (at >= 0) return { words, at };
  }
  return null;
}
