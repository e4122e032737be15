import type { RolloutStore } from "../../journal/store.ts";
import type { Journal, NewThread, StoredThread } from "../../kernel/journal-port.ts";
import type { Opening } from "./live-thread.ts";

/** The journal of a thread, and what stood in it before. @throws AgentError `thread_not_found`, `thread_busy`, ... */
export async function openJournal(
  opening: Opening,
  newThread: NewThread,
  store: RolloutStore,
): Promise<{ journal: Journal; stored: StoredThread | null }> {
  if (opening.type === "new") return { journal: store.create(newThread), stored: null };
  const { journal, thread } =
    opening.type === "resume"
      ? await store.resume(opening.threadId)
      : await store.fork(opening.threadId, newThread, opening.throughTurn);
  return { journal, stored: thread };
}
