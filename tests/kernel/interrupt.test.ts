import { expect, test } from "vitest";
import type { Journal, JournalRecord } from "../../src/kernel/journal-port.ts";
import { memoryJournal } from "../../src/kernel/memory-journal.ts";
import {
  type Act,
  ActedModel,
  answers,
  bench,
  type Bench,
  type BenchOptions,
  broken,
  call,
  completed,
  ends,
  expectResumable,
  expectValid,
  FakeClock,
  gate,
  input,
  journaledItems,
  say,
  threadId,
  told,
  tool,
} from "./kit.ts";
import { until } from "../support/until.ts";

const never = new Promise<never>(() => undefined);

/** Interrupts, then has the thread run one more turn and looks at what the model was given. */
async function thenGoOn(table: Bench, client: ActedModel): Promise<string[]> {
  await table.thread.idle();
  expect(ends(table.events).map(({ type }) => type)).toEqual(["turn.interrupted"]);
  expectResumable(table.records);
  table.thread.submit(input("go on"));
  await table.thread.idle();
  expect(ends(table.events).at(-1)?.type).toBe("turn.completed");
  const seen = client.requests.at(-1)!.input;
  expectValid(seen);
  expect(told(seen).at(-1)).toBe("user: go on");
  expect(told(seen)[0]).toBe("user: first");
  expectResumable(table.records);
  return told(seen);
}

/** A place in which a turn can be when it is interrupted. */
interface Place {
  acts: readonly Act[];
  options?: Partial<BenchOptions>;
  reached: (table: Bench) => Promise<unknown>;
}

const hanging = tool("hang", () => never);
const places: Record<string, Place> = {
  "before the turn has begun": { acts: [], reached: async () => undefined },
  "while the turn is set up": {
    acts: [],
    options: {
      setUp: (() => {
        let count = 0;
        return (setup) => (count++ === 0 ? never : Promise.resolve(setup));
      })(),
    },
    reached: async ({ thread }) => until(() => thread.activeTurn !== null),
  },
  "before the first event of a response": { acts: [() => never], reached: ({ event }) => event("turn.started") },
  "in the middle of a text": {
    acts: [
      (emit) => {
        emit({ type: "item.started", item: say("", "msg_cut") });
        emit({ type: "text.delta", itemId: "msg_cut", delta: "half a" });
        return never;
      },
    ],
    reached: ({ event }) => event("message.delta"),
  },
  "while a response streams and its call runs": {
    acts: [(emit) => (emit({ type: "item.done", item: call("c1", "hang") }), never)],
    options: { tools: [hanging] },
    reached: ({ records }) => until(() => journaledItems(records).some(({ type }) => type === "function_call")),
  },
  "while calls run after the response": {
    acts: [answers(call("c1", "hang"), call("c2", "quick"), call("c3", "hang"))],
    options: { tools: [hanging, tool("quick", () => "quick")] },
    reached: ({ records }) => until(() => journaledItems(records).some(({ type }) => type === "function_call_output")),
  },
  "while calls wait for one that runs alone": {
    acts: [answers(call("c1", "alone"), call("c2", "alone"), call("c3", "hang"))],
    options: { tools: [hanging, tool("alone", () => never, { parallel: false })] },
    reached: ({ records }) =>
      until(() => journaledItems(records).filter(({ type }) => type === "function_call").length === 3),
  },
  "while policy decides": {
    acts: [answers(call("c1", "hang"))],
    options: { tools: [hanging], setUp: async (setup) => ({ ...setup, decide: () => never }) },
    reached: ({ records }) => until(() => journaledItems(records).some(({ type }) => type === "function_call")),
  },
  "while a call is being prepared": {
    acts: [answers(call("c1", "slow"))],
    options: { tools: [{ ...tool("slow", () => "x"), prepare: () => never }] },
    reached: ({ records }) => until(() => journaledItems(records).some(({ type }) => type === "function_call")),
  },
  "while the start of a call is synced": {
    acts: [answers(call("c1", "once"))],
    options: {
      tools: [tool("once", () => "x", { effect: "once" })],
      journal: (records) => {
        const inner = memoryJournal(threadId, records);
        let count = 0;
        return { ...inner, sync: () => (count++ === 0 ? never : inner.sync()) };
      },
    },
    reached: ({ records }) => until(() => records.some(({ type }) => type === "call.started")),
  },
  "while a retry waits": {
    acts: [(emit) => (emit({ type: "item.done", item: call("c1", "quick") }), broken())],
    options: { tools: [tool("quick", () => "quick")], clock: Object.assign(new FakeClock(), { hurried: false }) },
    reached: ({ event }) => event("retry.scheduled"),
  },
};

for (const [name, { acts, options, reached }] of Object.entries(places)) {
  test(`an interrupt ${name} leaves a valid history that can be resumed`, async () => {
    const client = new ActedModel([...acts, answers(say("end"))]);
    const table = bench({ client, ...options });
    table.thread.submit(input("first"));
    await reached(table);
    table.thread.interrupt({ reason: "stop it" });
    await thenGoOn(table, client);
    expect(table.ofType("turn.interrupted")[0]?.reason).toBe("stop it");
  });
}

test("an interrupt at any event at all, from whoever hears it, leaves a valid history", async () => {
  const script = (): Act[] => [
    (emit) => {
      emit({ type: "item.started", item: say("", "msg_a") });
      emit({ type: "text.delta", itemId: "msg_a", delta: "a" });
      emit({ type: "item.done", item: say("a", "msg_a") });
      emit({ type: "item.done", item: call("c1", "quick") });
      emit({ type: "item.done", item: call("c2", "unknown") });
      return broken();
    },
    answers(call("c3", "quick"), call("c4", "alone")),
    answers(say("b")),
    answers(say("end")),
    answers(say("end")),
    answers(say("end")),
  ];
  const tools = [tool("quick", () => "quick", { effect: "once" }), tool("alone", () => "alone", { parallel: false })];
  let stopped = 0;
  for (let at = 0; ; at++) {
    let heard = 0;
    const client = new ActedModel(script());
    const table: Bench = bench({
      client,
      tools,
      emit: () => {
        if (heard++ === at && table.thread.activeTurn !== null) table.thread.interrupt();
      },
    });
    table.thread.submit(input("first"));
    await table.thread.idle();
    if (heard <= at) break;
    expect(ends(table.events)).toHaveLength(1);
    if (ends(table.events)[0]?.type === "turn.interrupted") stopped++;
    table.thread.submit(input("next"));
    await table.thread.idle();
    expect(ends(table.events).at(-1)?.type).toBe("turn.completed");
    expectValid(client.requests.at(-1)!.input);
    expectResumable(table.records);
  }
  expect(stopped).toBeGreaterThan(10);
});

test("the cut call says how long it ran, partial text is dropped, and the model is told of the stop", async () => {
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: call("c1", "hang") });
      emit({ type: "item.started", item: say("", "msg_cut") });
      emit({ type: "text.delta", itemId: "msg_cut", delta: "half" });
      return never;
    },
    answers(say("end")),
  ]);
  const table = bench({ client, tools: [hanging] });
  table.thread.submit(input("first"));
  await table.event("message.delta");
  table.clock.time += 2340;
  table.thread.interrupt();
  const seen = await thenGoOn(table, client);
  expect(seen.slice(0, 3)).toEqual(["user: first", "call c1", "output c1: Wall time: 2.3 seconds\naborted by user"]);
  expect(seen[3]).toMatch(/^user: <turn_aborted>/);
  expect(table.ofType("item.completed").filter(({ item }) => item.id === "msg_cut")).toEqual([]);
});

test("a tool sees the interrupt in its signal, and what it says afterwards is not heard", async () => {
  const seen: unknown[] = [];
  const late = gate();
  const client = new ActedModel([answers(call("c1", "listens")), answers(say("end"))]);
  const table = bench({
    client,
    tools: [
      tool("listens", async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        seen.push(signal.reason);
        await late.promise;
        throw new Error("too late");
      }),
    ],
  });
  table.thread.submit(input("first"));
  await until(() => journaledItems(table.records).some(({ type }) => type === "function_call"));
  await until(() => table.records.length > 0);
  await new Promise((resolve) => setImmediate(resolve));
  table.thread.interrupt();
  await until(() => seen.length === 1);
  await table.thread.idle();
  late.open();
  await thenGoOn(table, client);
  expect(table.ofType("call.rejected")).toEqual([]);
});

test("an interrupt names its turn, and there has to be one", async () => {
  const client = new ActedModel([() => never]);
  const { thread, event } = bench({ client });
  expect(() => thread.interrupt()).toThrow(/no active turn/);
  const { turnId } = thread.submit(input("first"));
  await event("turn.started");
  expect(() => thread.interrupt({ turnId: "another" })).toThrow(/expected active turn id `another` but found/);
  thread.interrupt({ turnId });
  expect((await event("turn.interrupted")).turnId).toBe(turnId);
});

test("what waits behind an interrupted turn runs", async () => {
  const client = new ActedModel([() => never, answers(say("second"))]);
  const { thread, event, records } = bench({ client });
  thread.submit(input("first"));
  thread.submit(input("second"));
  await event("turn.started");
  thread.interrupt();
  expect((await event("turn.completed")).lastMessage).toBe("second");
  expectResumable(records);
});

test("closing stops the turn that runs and those that wait, and no word of them is lost", async () => {
  const closed: string[] = [];
  const client = new ActedModel([() => never]);
  const { thread, event, records, events } = bench({
    client,
    journal: (kept: JournalRecord[]): Journal => ({
      ...memoryJournal(threadId, kept),
      close: async () => void closed.push("closed"),
    }),
  });
  thread.submit(input("first"));
  await event("turn.started");
  thread.submit(input("second"));
  thread.submit(input("third"));
  await thread.close();
  expect(closed).toEqual(["closed"]);
  expect(ends(events).map(({ type }) => type)).toEqual(["turn.interrupted", "turn.interrupted", "turn.interrupted"]);
  expectResumable(records);
  const words = journaledItems(records).flatMap((item) => told([item, item]));
  expect(words.filter((text) => /first|second|third/.test(text))).toEqual([
    "user: first",
    "user: second",
    "user: third",
  ]);
  expect(() => thread.submit(input("fourth"))).toThrow(/closed/);
});

test("a turn whose set-up fails keeps its words for the next one", async () => {
  let count = 0;
  const client = new ActedModel([answers(say("end"))]);
  const table = bench({
    client,
    setUp: async (setup) => {
      if (count++ === 0) throw new Error("AGENTS.md is a directory");
      return setup;
    },
  });
  table.thread.submit(input("first"));
  expect((await table.event("turn.failed")).error.message).toBe("AGENTS.md is a directory");
  table.thread.submit(input("second"));
  await table.event("turn.completed");
  expect(told(client.requests[0]!.input)).toEqual(["user: first", "user: second"]);
  expectResumable(table.records);
});

test("a response that came whole before the interrupt is not asked for again", async () => {
  const client = new ActedModel([(emit) => (emit({ type: "item.done", item: say("whole") }), completed())]);
  const { thread, event, events } = bench({ client });
  thread.submit(input("first"));
  await event("turn.completed");
  expect(() => thread.interrupt()).not.toThrow();
  await thread.idle();
  expect(ends(events)).toHaveLength(1);
});
