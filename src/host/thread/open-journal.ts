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
  if (opening.type === "fork" && opening.throughTurn === null) {
    // It knows nothing of the thread that it is said to come from.
    store.read(opening.threadId);
    return { journal: store.create({ ...newThread, copiedFromId: opening.threadId }), stored: null };
  }
  const { journal, thread } =
    opening.type === "resume"
      ? await store.resume(opening.threadId)
      : await store.fork(opening.threadId, newThread, opening.throughTurn ?? undefined);
  return { journal, stored: thread };
}
