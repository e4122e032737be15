import { expect, test } from "vitest";
import type { ContextBlock } from "../../src/kernel/context/context.ts";
import { noEffects, type Hooks } from "../../src/kernel/hooks/hooks.ts";
import { TurnHooks } from "../../src/kernel/hooks/turn-hooks.ts";
import { memoryJournal } from "../../src/kernel/memory-journal.ts";
import type { TurnSetup } from "../../src/kernel/turn-setup.ts";
import type { ModelClient, ModelEvent, ModelResult } from "../../src/model/model-client.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { reload } from "./reload.ts";
import {
  bench,
  type Bench,
  broken,
  call,
  completed,
  ends,
  expectValid,
  FakeClock,
  input,
  say,
  threadId,
  tool,
  usage,
} from "./kit.ts";

/**
 * Interrupts a turn at every place where it waits for something outside of it. Each port is wrapped so that whatever it
 * is asked counts as two such places, before and after; so are the steps of a model's stream.
 */
class Places {
  count = 0;
  readonly names: string[] = [];
  #at: number;
  readonly #act: () => void;

  constructor(at: number, act: () => void) {
    this.#at = at;
    this.#act = act;
  }

  async reach(name: string): Promise<void> {
    this.names.push(name);
    const here = this.count++;
    await Promise.resolve();
    if (here === this.#at) this.#act();
    await Promise.resolve();
  }

  /** From now on nothing happens at any place. */
  close(): void {
    this.#at = -1;
  }

  async around<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    await this.reach(`before ${name}`);
    const value = await work();
    await this.reach(`after ${name}`);
    return value;
  }
}

type Script = (() => { items: ResponseItem[]; end: ModelResult })[];

const full = usage(900, 10);

const block: ContextBlock = {
  key: "place",
  role: "user",
  kind: "environments.environment_context",
  state: { cwd: "/work" },
  render: (told) => (told === undefined ? "You are in /work." : "You are elsewhere."),
};

/** A turn with all that a turn can wait for: a summary before it and one within, calls of every kind, a retry, a steer. */
const script = (): Script => [
  () => ({ items: [say("earlier answer ".repeat(60), "msg_1")], end: completed({ usage: full }) }),
  () => ({ items: [say("first summary", "msg_s1")], end: completed({ usage: usage(100, 5) }) }),
  () => ({
    items: [say("looking", "msg_2"), call("c1", "quick"), call("c2", "once"), call("c3", "asks")],
    end: broken(),
  }),
  // What the user says meanwhile cuts this one short.
  () => ({ items: [call("c4", "alone"), call("c5", "missing")], end: completed({ usage: usage(50, 5) }) }),
  () => ({ items: [call("c6", "quick")], end: completed({ usage: usage(60, 5) }) }),
  () => ({ items: [say("much ".repeat(80), "msg_4"), call("c7", "once")], end: completed({ usage: full }) }),
  () => ({ items: [], end: broken("cut while summing up") }),
  () => ({ items: [say("second summary", "msg_s2")], end: completed({ usage: usage(90, 5) }) }),
  () => ({ items: [say("done", "msg_3")], end: completed({ endTurn: false, usage: usage(50, 5) }) }),
];

const later = (): ReturnType<Script[number]> => ({ items: [say("went on")], end: completed({ usage: usage(60, 5) }) });

function wrappedModel(places: () => Places, steps: Script, steer: () => void): ModelClient {
  let asked = 0;
  return {
    streamMaxRetries: 3,
    async stream(request, { signal, onEvent }) {
      const step = (asked++, steps.shift());
      const { items, end } = (step ?? later)();
      const cut = new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
      cut.catch(() => undefined);
      const told = (event: ModelEvent): void => {
        if (!signal.aborted) onEvent(event);
      };
      const send = async (): Promise<ModelResult> => {
        await places().reach("request");
        for (const item of items) {
          await places().reach("item");
          told({ type: "item.started", item });
          if (item.type === "message") told({ type: "text.delta", itemId: item.id as string, delta: "x" });
          await places().reach("delta");
          told({ type: "item.done", item });
        }
        if (asked === 4) steer();
        await places().reach("end of response");
        expectValid(request.input);
        return end;
      };
      return Promise.race([send(), cut]);
    },
  };
}

function wrappedTool(places: () => Places, plain: Tool): Tool {
  return {
    ...plain,
    prepare: async (text, context) => {
      const prepared = await places().around("prepare", () => plain.prepare(text, context));
      return {
        ...prepared,
        run: (leave) => places().around("tool", () => prepared.run(leave)),
      };
    },
  };
}

/** Hooks for everything that there are hooks for; those that may say something do. */
function hooksThatSpeak(places: () => Places): Hooks {
  let start: "startup" | null = "startup";
  const hooks: Hooks = {
    listens: () => true,
    fire: ({ name }, { signal }) =>
      places().around(`hook ${name}`, () =>
        signal?.aborted === true ? noEffects : { ...noEffects, contexts: name === "stop" ? [] : [`said at ${name}`] },
      ),
    forTurn: (ports) => new TurnHooks(hooks, ports),
    takeStart() {
      const source = start;
      start = null;
      return source;
    },
    startsAgain: () => undefined,
    late: () => [],
  };
  return hooks;
}

/** The first turn only fills the window; `begin` counts places from then on. */
function play(
  at: number,
  hooked: boolean,
): { table: Bench; places: () => Places; begin: () => void; steered: () => boolean } {
  let interrupt: () => void = () => undefined;
  let steered = false;
  let places = new Places(-1, () => undefined);
  const now = (): Places => places;
  const tools = [
    tool("quick", () => "quick"),
    tool("once", () => "once", { effect: "once" }),
    tool("alone", () => "alone", { parallel: false, effect: "once" }),
    tool("asks", async (_, { ask }) => {
      const answer = await ask({ kind: "text" } as never);
      return `asked: ${answer.type}`;
    }),
  ].map((each) => wrappedTool(now, each));
  const clock = new FakeClock();
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (ms, signal) => now().around("sleep", () => sleep(ms, signal));
  const table: Bench = bench({
    clock,
    tools,
    client: wrappedModel(now, script(), () => {
      if (table.thread.activeTurn !== null) table.thread.steer(input("by the way"));
      steered = true;
    }),
    journal: (records) => {
      const inner = memoryJournal(threadId, records);
      return { ...inner, sync: () => now().around("sync", () => inner.sync()) };
    },
    setUp: (setup) =>
      now().around("set-up", (): TurnSetup => ({
        ...setup,
        context: [block],
        compaction: {
          ...setup.compaction,
          limit: 800,
          after: () => now().around("after a compaction", () => undefined),
        },
        ...(hooked && { hooks: hooksThatSpeak(now) }),
        decide: () => now().around("policy", () => ({ type: "allow" as const, enclose: null })),
        ask: () => now().around("question", () => ({ type: "deny" as const })),
      })),
  });
  interrupt = () => {
    if (table.thread.activeTurn !== null) table.thread.interrupt();
  };
  return { table, places: now, begin: () => (places = new Places(at, interrupt)), steered: () => steered };
}

/** The thread is whole: what the model is shown is valid, is what the journal tells, and a turn can be run on it. */
async function expectWhole(table: Bench, name: string): Promise<void> {
  const { thread, records } = table;
  expectValid(thread.memory.history);
  expect(reload(records).history, name).toEqual(thread.memory.history);
  expect(reload(records).unfinishedTurn, name).toBeNull();
  thread.submit(input("go on"));
  await thread.idle();
  expect(ends(table.events).at(-1), name).toMatchObject({ type: "turn.completed" });
  expect(JSON.stringify(thread.memory.history), name).toContain("go on");
  expect(reload(records).history, name).toEqual(thread.memory.history);
  expect(reload(records).worldState, name).toEqual(thread.memory.worldState);
}

const everywhere = ["set-up", "prepare", "policy", "question", "tool", "sync", "sleep", "after a compaction"];
const hooks = ["sessionStart", "userPromptSubmit", "preModelRequest", "postModelRequest", "preToolUse", "postToolUse"]
  .concat("preCompact", "postCompact", "stop", "interrupt")
  .map((name) => `hook ${name}`);

test.each([
  ["without hooks", false, everywhere],
  ["with hooks for everything", true, [...everywhere, ...hooks]],
])(
  "an interrupt at each place where a turn waits leaves a whole thread: %s",
  async (_name, hooked, waits) => {
    const seen = new Set<string>();
    let stopped = 0;
    for (let at = 0; ; at++) {
      const { table, places, begin, steered } = play(at, hooked);
      table.thread.submit(input("first"));
      await table.thread.idle();
      begin();
      table.thread.submit(input("second"));
      await table.thread.idle();
      places().close();
      for (const name of places().names) seen.add(name);
      const end = ends(table.events)[1];
      expect(ends(table.events), `place ${at}`).toHaveLength(2);
      if (places().count <= at) {
        // Not interrupted any more: the whole turn, with both summaries.
        expect(end).toMatchObject({ type: "turn.completed" });
        expect(table.ofType("compaction.completed").map(({ phase }) => phase)).toEqual(["pre_turn", "mid_turn"]);
        await expectWhole(table, "the end");
        break;
      }
      const name = `place ${at}: ${places().names[at]}`;
      if (end?.type === "turn.interrupted") stopped++;
      expect(["turn.interrupted", "turn.completed"], name).toContain(end?.type);
      // What the user said is kept whenever the stop came.
      const history = JSON.stringify(table.thread.memory.history);
      expect(history, name).toContain('"second"');
      if (steered()) expect(history, name).toContain('"by the way"');
      await expectWhole(table, name);
    }
    expect([...seen].sort()).toEqual(
      waits
        .flatMap((name) => [`before ${name}`, `after ${name}`])
        .concat("request", "item", "delta", "end of response")
        .sort(),
    );
    expect(stopped).toBeGreaterThan(60);
  },
  60_000,
);

test("an interrupt at each place where a turn waits that only sums up leaves the old history or the new one", async () => {
  for (let at = 0; ; at++) {
    const { table, places, begin } = play(at, true);
    table.thread.submit(input("first"));
    await table.thread.idle();
    begin();
    table.thread.compact();
    await table.thread.idle();
    places().close();
    const over = places().count <= at;
    const name = over ? "the end" : `place ${at}: ${places().names[at]}`;
    const history = JSON.stringify(table.thread.memory.history);
    expect(history.includes("earlier answer") !== history.includes("first summary"), name).toBe(true);
    expect(table.thread.windowNumber, name).toBe(history.includes("first summary") ? 1 : 0);
    await expectWhole(table, name);
    if (!over) continue;
    expect(table.thread.windowNumber).toBeGreaterThan(0);
    expect(at).toBeGreaterThan(8);
    break;
  }
});
