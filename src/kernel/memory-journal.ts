import type { Journal, JournalRecord, PastItem } from "./journal-port.ts";

/** Numbers that a record gives away: one for an item, one for each message that a compaction makes. */
function numbersOf(record: JournalRecord): number {
  if (record.type === "response.item") return 1;
  if (record.type !== "history.compacted") return 0;
  return record.items.filter(({ mark }) => (mark?.sequence ?? null) === null).length;
}

/** A journal that is kept in memory alone, behind the records that are there: for embedding without a disk, and for tests. */
export function memoryJournal(threadId: string, records: JournalRecord[] = []): Journal {
  let next = records.reduce((count, record) => count + numbersOf(record), 1);
  return {
    threadId,
    path: null,
    append(added) {
      records.push(...added);
      const sequences: number[] = [];
      for (const record of added) {
        if (record.type === "response.item") sequences.push(next);
        next += numbersOf(record);
      }
      return sequences;
    },
    nextSequence: () => next,
    async past() {
      const past: PastItem[] = [];
      let sequence = 1;
      for (const record of records) {
        if (record.type === "response.item" && !record.summarising)
          past.push({ sequence, item: record.item, kinds: record.kinds ?? [] });
        sequence += numbersOf(record);
      }
      return past;
    },
    sync: async () => undefined,
    close: async () => undefined,
  };
}
