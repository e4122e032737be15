import { afterEach, beforeEach, expect, test } from "vitest";
import type { Journal, JournalRecord } from "../../src/kernel/journal-port.ts";
import { memoryJournal } from "../../src/kernel/memory-journal.ts";
import { AgentError } from "../../src/protocol/errors.ts";
import {
  type Act,
  ActedModel,
  answers,
  bench,
  type Bench,
  broken,
  call,
  completed,
  ends,
  expectResumable,
  expectValid,
  gate,
  input,
  journaledItems,
  say,
  threadId,
  told,
  tool,
  usage,
} from "./kit.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(() => void process.off("unhandledRejection", note));

const full = (): AgentError =>
  new AgentError(
    "internal",
    "The thread file /x.jsonl cannot be written: ENOSPC. Free some space on its disk, then resume the thread.",
  );

/** Fails at the `from`-th append for `times` appends. */
function failing(from: number, times: number) {
  let count = 0;
  return {
    journal: (records: JournalRecord[]): Journal => {
      const inner = memoryJournal(threadId, records);
      return {
        ...inner,
        append(added) {
          const now = count++;
          if (now >= from && now < from + times) throw full();
          return inner.append(added);
        },
      };
    },
    count: () => count,
  };
}

const script = (): Act[] => [
  (emit) => {
    emit({ type: "item.done", item: say("a") });
    emit({ type: "item.done", item: call("c1", "quick") });
    emit({ type: "item.done", item: call("c2", "slow") });
    emit({ type: "item.done", item: call("c3", "unknown") });
    return completed({ usage: usage(10, 1) });
  },
  () => broken(),
  answers(call("c4", "alone")),
  answers(say("end")),
];

const tools = [
  tool("quick", () => "quick", { effect: "once" }),
  tool("slow", async () => (await new Promise((resolve) => setImmediate(resolve)), "slow")),
  tool("alone", () => "alone", { parallel: false }),
];

async function settle(table: Bench): Promise<void> {
  await table.thread.idle();
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setImmediate(resolve));
}

test.each([[1], [2], [3], [1000]])(
  "a journal that cannot be written %i times, from any append on, fails the turn clearly and the thread goes on when it can",
  async (times) => {
    for (let from = 0; ; from++) {
      const disk = failing(from, times);
      const client = new ActedModel([...script(), ...Array.from({ length: 8 }, () => answers(say("again")))]);
      const table = bench({ client, tools, journal: disk.journal });
      table.thread.submit(input("first"));
      await settle(table);
      if (disk.count() <= from) break;
      expect(
        ends(table.events).map((end) => end.type),
        `append ${from}`,
      ).toEqual(["turn.failed"]);
      expect(table.ofType("turn.failed")[0]?.error.message).toMatch(/cannot be written: ENOSPC/);
      expect(unhandled).toEqual([]);
      if (times > 3) continue;
      // Appends that failed at the end of the turn may use up what is left of the fault.
      for (let again = 0; again < times && ends(table.events).at(-1)?.type !== "turn.completed"; again++) {
        table.thread.submit(input("next"));
        await settle(table);
      }
      expect(ends(table.events).at(-1)?.type, `append ${from}`).toBe("turn.completed");
      expectValid(client.requests.at(-1)!.input);
      expectResumable(table.records);
      // What is on the disk is what the model is given, order of outputs aside.
      const kept = told([say("base"), ...journaledItems(table.records)]);
      table.thread.submit(input("check"));
      await settle(table);
      const seen = told(client.requests.at(-1)!.input).slice(0, -1);
      expect(kept.toSorted()).toEqual(seen.toSorted());
      expect(unhandled).toEqual([]);
    }
  },
);

test("a sync that is refused fails the turn instead of being told to the model", async () => {
  const client = new ActedModel([answers(call("c1", "once")), answers(say("end"))]);
  let ran = 0;
  const table = bench({
    client,
    tools: [tool("once", () => (ran++, "x"), { effect: "once" })],
    journal: (records) => ({
      ...memoryJournal(threadId, records),
      sync: () => Promise.reject(new AgentError("thread_locked", "another writer")),
    }),
  });
  table.thread.submit(input("first"));
  await settle(table);
  expect(ran).toBe(0);
  expect(client.requests).toHaveLength(1);
  expect(table.ofType("turn.failed").map(({ error }) => error.code)).toEqual(["thread_locked"]);
  expect(unhandled).toEqual([]);
});

test("a listener that throws costs nothing", async () => {
  const client = new ActedModel(script());
  const table = bench({
    client,
    tools,
    emit: () => {
      throw new Error("a listener's own fault");
    },
  });
  table.thread.submit(input("first"));
  await settle(table);
  expect(ends(table.events).map(({ type }) => type)).toEqual(["turn.completed"]);
  expect(client.requests).toHaveLength(4);
  expectResumable(table.records);
  expect(unhandled).toEqual([]);
});

test("an item that ends in the background when nothing can be written any more is told with a warning", async () => {
  let late: (() => void) | undefined;
  const disk = { broken: false };
  const client = new ActedModel([answers(call("c1", "leaves")), answers(say("end"))]);
  const table = bench({
    client,
    tools: [
      tool("leaves", (_, { items }) => {
        const item = {
          type: "toolCall",
          id: "i1",
          tool: "leaves",
          arguments: {},
          status: "completed",
          result: null,
        } as const;
        items.started(item);
        late = () => items.completed(item);
        return "went on";
      }),
    ],
    journal: (records) => {
      const inner = memoryJournal(threadId, records);
      return {
        ...inner,
        append: (added) => {
          if (disk.broken) throw full();
          return inner.append(added);
        },
      };
    },
  });
  table.thread.submit(input("first"));
  await settle(table);
  disk.broken = true;
  expect(late).not.toThrow();
  expect(table.ofType("warning").at(-1)?.message).toMatch(/ENOSPC/);
  expect(table.ofType("item.completed").at(-1)?.item.id).toBe("i1");
});

test("what a user's command printed that outlives its turn, and cannot be kept, is told with a warning", async () => {
  const disk = { broken: false };
  const turn = gate();
  const words = gate<string>();
  const table = bench({
    client: new ActedModel([(...asked) => turn.promise.then(() => answers(say("end"))(...asked))]),
    journal: (records) => {
      const inner = memoryJournal(threadId, records);
      return {
        ...inner,
        append: (added) => {
          if (disk.broken) throw full();
          return inner.append(added);
        },
      };
    },
  });
  table.thread.submit(input("first"));
  await table.event("turn.started");
  table.thread.errand(() => words.promise);
  turn.open();
  await settle(table);
  disk.broken = true;
  words.open("built");
  await settle(table);
  expect(unhandled).toEqual([]);
  expect(table.ofType("warning").map(({ message }) => message)).toEqual([expect.stringMatching(/not told .*ENOSPC/)]);
});
