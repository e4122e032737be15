import { refused } from "../request-error.ts";

/** One page of a list, in Codex's words. */
export interface Page<Value> {
  data: Value[];
  nextCursor: string | null;
  backwardsCursor: string | null;
}

interface Asked {
  cursor?: string | null | undefined;
  limit?: number | null | undefined;
  sortDirection?: "asc" | "desc" | null | undefined;
}

/** How many are told where nobody says, and at the most. */
const usual = 25;
const most = 100;

export const pageSize = (limit: number | null | undefined, otherwise = usual): number =>
  Math.min(Math.max(limit ?? otherwise, 1), most);

interface Cursor {
  threadId: string;
  id: string;
  /** The page begins with the one that is named, and not behind it. */
  inclusive: boolean;
}

const cursorTo = (threadId: string, id: string, inclusive: boolean): string =>
  JSON.stringify({ threadId, id, inclusive } satisfies Cursor);

function cursorOf(text: string, threadId: string): Cursor {
  try {
    const cursor = JSON.parse(text) as Partial<Cursor> | null;
    if (cursor?.threadId === threadId && typeof cursor.id === "string") {
      return { threadId, id: cursor.id, inclusive: cursor.inclusive === true };
    }
  } catch {
    // Said below.
  }
  throw refused(`invalid cursor: ${text}`);
}

/** A page of what a thread consists of, oldest first in `all`; its cursors name places, and hold when more is added. */
export function pageOf<Value>(
  threadId: string,
  all: readonly Value[],
  idOf: (value: Value) => string,
  { cursor, limit, sortDirection }: Asked,
): Page<Value> {
  const ordered = sortDirection === "desc" ? all.toReversed() : all;
  let begin = 0;
  if (cursor != null) {
    const { id, inclusive } = cursorOf(cursor, threadId);
    const at = ordered.findIndex((value) => idOf(value) === id);
    if (at === -1) throw refused(`invalid cursor: ${cursor}`);
    begin = inclusive ? at : at + 1;
  }
  const data = ordered.slice(begin, begin + pageSize(limit));
  const [first, last] = [data[0], data.at(-1)];
  const more = begin + data.length < ordered.length;
  return {
    data,
    nextCursor: more && last !== undefined ? cursorTo(threadId, idOf(last), false) : null,
    backwardsCursor: first === undefined ? null : cursorTo(threadId, idOf(first), true),
  };
}

/** A cursor with which a page, newest first, begins at the end; null where there is nothing. */
export const endCursor = (threadId: string, lastId: string | undefined): string | null =>
  lastId === undefined ? null : cursorTo(threadId, lastId, true);

/** Where an item stands: its id alone may be another turn's too. */
export const itemKey = (turnId: string, item: { type: string; id: string }): string =>
  `${turnId}/${item.type}/${item.id}`;
