import { refused } from "../request-error.ts";

/** A page of a list that stands still: a cursor is the place of its first entry. Without a limit, the rest of the list. */
export function countedPage<Entry>(
  all: readonly Entry[],
  { cursor, limit }: { cursor?: string | null | undefined; limit?: number | null | undefined },
  what: string,
): { data: Entry[]; nextCursor: string | null } {
  const start = cursor == null ? 0 : Number(/^\d{1,15}$/.test(cursor) ? cursor : Number.NaN);
  if (Number.isNaN(start)) throw refused(`invalid cursor: ${cursor}`);
  if (start > all.length) throw refused(`cursor ${start} exceeds total ${what} ${all.length}`);
  const end = Math.min(all.length, start + Math.max(1, limit ?? all.length));
  return { data: all.slice(start, end), nextCursor: end < all.length ? String(end) : null };
}
