import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompactedItem, Journal, JournalRecord } from "../../src/kernel/journal-port.ts";
import type { MessageItem } from "../../src/protocol/response-items.ts";
import { answer, call, completed, ids, newThread, prompt, sketch, started, temporaryHome } from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const message = (role: MessageItem["role"], text: string): MessageItem => ({
  type: "message",
  id: `msg_${ids.uuid()}`,
  role,
  content: [{ type: role === "assistant" ? "output_text" : "input_text", text }],
});

function compacted(turnId: string, items: readonly CompactedItem[], windowNumber: number): JournalRecord {
  const [windowId, previousWindowId, firstWindowId] = [ids.uuid(), ids.uuid(), ids.uuid()];
  return {
    type: "history.compacted",
    turnId,
    message: "sum",
    items,
    sampledThrough: 3,
    windowNumber,
    windowId,
    previousWindowId,
    firstWindowId,
    responseId: "resp",
  };
}

const fresh = (text: string, kind: string): CompactedItem => ({
  item: message("user", text),
  kinds: [kind],
  mark: null,
});

/** Two entries, a summary that is being made, and the line that puts it in their place. */
function summedUp(journal: Journal): { turnId: string; kept: CompactedItem; line: JournalRecord } {
  const turnId = ids.uuid();
  journal.append([started(turnId), prompt(turnId, "one", 0), call(turnId, "k1", 1)]);
  journal.append([answer(turnId, "did it", 1)]);
  journal.append([
    { type: "response.item", turnId, item: message("assistant", "SUM"), sampledThrough: 3, summarising: true },
  ]);
  const kept: CompactedItem = {
    item: message("user", "one"),
    kinds: ["user.text"],
    mark: { turnId, kinds: ["user.text"], createdAtMs: 5000, sequence: 1 },
  };
  const line = compacted(turnId, [kept, fresh("sum", "compaction.summary")], 1);
  return { turnId, kept, line };
}

describe("a history that was replaced by a summary", () => {
  it("is read back as the new one, with what is known of its messages", async () => {
    const meta = newThread(ids.uuid());
    const journal = home.store.create(meta);
    const { turnId, kept, line } = summedUp(journal);
    journal.append([line, completed(turnId, null)]);
    await journal.close();
    const { journal: again, thread } = await home.store.resume(meta.id);
    expect(sketch(thread.history)).toEqual(["user: one", "user: sum"]);
    expect(thread.windowNumber).toBe(1);
    expect(thread.windowId).toBe((line as { windowId: string }).windowId);
    expect(thread.marks.get(kept.item.id as string)).toEqual(kept.mark);
    const [summary] = thread.history.slice(-1);
    // One for the prompt, call and answer, the summary as it was made, and the message that holds it.
    expect(thread.marks.get(summary?.id as string)).toMatchObject({ kinds: ["compaction.summary"], sequence: 5 });
    expect(again.nextSequence()).toBe(6);
    await again.close();
  });

  it("is the old one when the program died while the summary was made", async () => {
    const meta = newThread(ids.uuid());
    const journal = home.store.create(meta);
    summedUp(journal);
    await journal.close();
    const { thread } = await home.store.resume(meta.id);
    expect(sketch(thread.history)).toEqual(["user: one", "function_call k1", "assistant: did it"]);
    expect(thread.windowNumber).toBe(0);
    expect(thread.windowId).toBeNull();
  });

  it("stays readable: all of it, by number, over further summaries and forks, and without a file", async () => {
    const meta = newThread(ids.uuid());
    for (const journal of [home.store.create(meta), home.store.create({ ...newThread(ids.uuid()), ephemeral: true })]) {
      const { turnId, line } = summedUp(journal);
      journal.append([line]);
      const later = journal.nextSequence();
      journal.append([prompt(turnId, "two", 4), compacted(turnId, [fresh("sum two", "compaction.summary")], 2)]);
      const past = await journal.past();
      expect(past.map(({ sequence, item }) => [sequence, ...sketch([item])])).toEqual([
        [1, "user: one"],
        [2, "function_call k1"],
        [3, "assistant: did it"],
        [later, "user: two"],
      ]);
      expect(past[0]?.kinds).toEqual(["user.text"]);
      journal.append([completed(turnId, null)]);
      await journal.close();
    }
    const { journal: fork } = await home.store.fork(meta.id, newThread(ids.uuid()));
    const turnId = ids.uuid();
    fork.append([started(turnId), prompt(turnId, "three", 9), completed(turnId, null)]);
    expect((await fork.past()).map(({ item }) => sketch([item])[0])).toEqual([
      "user: one",
      "function_call k1",
      "assistant: did it",
      "user: two",
      "user: three",
    ]);
    await fork.close();
    const { journal: passing } = await home.store.fork(meta.id, { ...newThread(ids.uuid()), ephemeral: true });
    passing.append([prompt(turnId, "four", 9)]);
    expect((await passing.past()).map(({ item }) => sketch([item])[0]).slice(-2)).toEqual(["user: two", "user: four"]);
  });
});
