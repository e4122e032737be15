import type { Journal, JournalRecord, PastItem } from "./journal-port.ts";

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
    async past() {
      let sequence = 0;
      return records.flatMap((record): PastItem[] => {
        if (record.type !== "response.item") return [];
        const past = { sequence: ++sequence, item: record.item, kinds: record.kinds ?? [] };
        return record.summarising ? [] : [past];
      });
    },
    sync: async () => undefined,
    close: async () => undefined,
  };
}
