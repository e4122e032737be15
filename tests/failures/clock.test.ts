import { rm } from "node:fs/promises";
import { mkdtempSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { JournalRecord } from "../../src/kernel/journal-port.ts";
import { createIds } from "../../src/system/ids.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { System } from "../../src/system/ports.ts";
import {
  ActedModel,
  answers,
  bench,
  broken,
  call,
  expectResumable,
  expectValid,
  FakeClock,
  input,
  say,
  tool,
} from "../kernel/kit.ts";
import { scratchFolder } from "../support/scratch.ts";

const hour = 3_600_000;

/** A wall clock that somebody sets, by an hour each time it is read; what passes in truth is 5 ms a look. */
class JumpingClock extends FakeClock {
  readonly #jumps: () => number;
  #passed = 0;

  constructor(jumps: () => number) {
    super();
    this.#jumps = jumps;
  }

  override now = (): number => (this.time += this.#jumps());
  override monotonic = (): number => (this.#passed += 5);
}

const back = (): number => -hour;
const forth = (): number => hour;
const toAndFro = (): (() => number) => {
  let looks = 0;
  return () => (++looks % 3 === 0 ? -2 * hour : hour);
};

const directions = [
  ["back", () => back],
  ["forth", () => forth],
  ["to and fro", toAndFro],
] as const;

let home: string;
beforeEach(() => void (home = mkdtempSync(`${scratchFolder}/clock-`)));
afterEach(() => rm(home, { recursive: true, force: true }));

const spans = (records: readonly JournalRecord[]): number[] =>
  records.flatMap((record) =>
    "startedAtMs" in record && "completedAtMs" in record ? [record.completedAtMs - record.startedAtMs] : [],
  );

test.each(directions)("while the clock goes %s a turn lasts as long as it lasts", async (_, jumps) => {
  const clock = new JumpingClock(jumps());
  const client = new ActedModel([
    answers(say("before", "m1"), call("c1", "look"), call("c2", "item")),
    () => broken("cut", { delayMs: 200 }),
    answers(say("end")),
  ]);
  const tools = [
    tool("look", () => "seen", { effect: "once" }),
    tool("item", (_args, { items }) => {
      const item = { type: "toolCall", id: "i1", tool: "item", arguments: {}, result: null } as const;
      items.started({ ...item, status: "inProgress" });
      items.completed({ ...item, status: "completed" });
      return "told";
    }),
  ];
  const table = bench({ client, tools, clock });
  table.thread.submit(input("go"));
  await table.thread.idle();

  const [end] = table.ofType("turn.completed");
  expect(end?.durationMs).toBeGreaterThan(0);
  expect(end?.durationMs).toBeLessThan(1000);
  expect(clock.sleeps.map(({ ms }) => ms)).toEqual([200]);
  expect(spans(table.records).length).toBeGreaterThan(3);
  for (const span of spans(table.records)) expect(span).toBeGreaterThanOrEqual(0);
  for (const { startedAtMs, atMs } of table.ofType("item.completed")) expect(atMs).toBeGreaterThanOrEqual(startedAtMs);
  expectResumable(table.records);
});

test.each(directions)("ids made while the clock goes %s stay in order", (_, jumps) => {
  const clock = new JumpingClock(jumps());
  const ids = createIds(clock, nodeSystem().random);
  const made = Array.from({ length: 5000 }, () => ids.uuid());
  expect(new Set(made).size).toBe(made.length);
  expect(made.toSorted()).toEqual(made);
});

test("a thread that is taken up an hour earlier than it ended goes on, and is the newest", async () => {
  const clock = new FakeClock();
  const system: System = { ...nodeSystem(), clock };
  const store = (): RolloutStore => new RolloutStore(system, home);
  const ids = createIds(clock, system.random);
  const newThread = (id: string) => ({
    id,
    cwd: "/work",
    originator: "test",
    source: "exec",
    modelProvider: "acted",
    baseInstructions: { text: "Base.", model: null },
    git: null,
    windowId: ids.uuid(),
  });
  const [first, second] = [ids.uuid(), ids.uuid()];
  const converse = async (opened: Awaited<ReturnType<RolloutStore["resume"]>> | null, id: string, words: string) => {
    const client = new ActedModel([answers(say(`answer to ${words}`))]);
    const journal = opened?.journal ?? store().create(newThread(id));
    const table = bench({ client, clock, ids, stored: opened?.thread ?? null, journal: () => journal });
    table.thread.submit(input(words));
    await table.thread.idle();
    await table.thread.close();
    expectValid(client.requests[0]!.input);
  };
  await converse(null, first, "one");
  clock.time -= hour;
  // A new process: its ids know nothing of those before.
  await converse(null, second, "two");
  clock.time -= hour;
  await converse(await store().resume(first), first, "three");

  const { turns } = store().read(first);
  expect(turns.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect(turns.map(({ items }) => items.length)).toEqual([2, 2]);
  expect(
    store()
      .list({ limit: 10 })
      .threads.map(({ id }) => id),
  ).toEqual([first, second]);
  expect(store().find({ by: "last", cwd: null })).toBe(first);
});
