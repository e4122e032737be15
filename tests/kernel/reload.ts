import { ThreadFold } from "../../src/journal/fold-thread.ts";
import { nothingTold, writeRecords } from "../../src/journal/record-writer.ts";
import type { JournalRecord, StoredThread } from "../../src/kernel/journal-port.ts";
import { createIds } from "../../src/system/ids.ts";
import { FakeClock, steadyRandom, threadId } from "./kit.ts";

/** What is read again of a thread that was written as these records, by the journal itself. */
export function reload(records: readonly JournalRecord[]): StoredThread {
  const clock = new FakeClock();
  const ids = createIds(clock, steadyRandom);
  const { text } = writeRecords(
    records,
    { threadId, sessionId: threadId, pid: 1, nowMs: clock.time, newUuid: () => ids.uuid() },
    { ordinal: 1, sequence: 0, order: 0, turnOpens: false, failure: null, rootTurn: null, told: nothingTold },
  );
  const fold = new ThreadFold();
  const file = { path: "/thread.jsonl", threadId, generation: null, started: "", compressed: false };
  let start = 0;
  for (const line of text.split("\n").slice(0, -1)) {
    fold.add({ text: line, start, end: start + line.length + 1, complete: true }, file, null);
    start += line.length + 1;
  }
  return fold.finish(
    {
      id: threadId,
      path: file.path,
      createdAtMs: 0,
      cwd: "/work",
      originator: "tests",
      source: "cli",
      agent: null,
      modelProvider: null,
      sessionId: threadId,
      threadSource: null,
      version: "",
      baseInstructions: null,
      git: null,
      forkedFromId: null,
      forkedFromOrdinal: null,
      windowId: null,
      clientTools: [],
      legacy: false,
    },
    null,
  );
}
