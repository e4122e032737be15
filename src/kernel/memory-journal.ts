import type { Journal, JournalRecord } from "./journal-port.ts";

/** A journal that is kept in memory alone: for embedding without a disk, and for tests. */
export function memoryJournal(threadId: string, records: JournalRecord[] = []): Journal {
  let next = 1;
  return {
    threadId,
    path: null,
    append(added) {
      records.push(...added);
      return added.filter((record) => record.type === "response.item").map(() => next++);
    },
    nextSequence: () => next,
    sync: async () => undefined,
    close: async () => undefined,
  };
}
