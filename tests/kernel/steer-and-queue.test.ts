import { expect, test } from "vitest";
import { noEffects, type Hooks } from "../../src/kernel/hooks/hooks.ts";
import { TurnHooks } from "../../src/kernel/hooks/turn-hooks.ts";
import { memoryJournal } from "../../src/kernel/memory-journal.ts";
import {
  ActedModel,
  answers,
  bench,
  call,
  completed,
  ends,
  expectResumable,
  expectValid,
  FakeClock,
  broken,
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
const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing was thrown";
};

test("a word to a turn that talks cuts the text, drops the partial message and goes on in the same turn", async () => {
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: say("complete") });
      emit({ type: "item.started", item: say("", "msg_cut") });
      emit({ type: "text.delta", itemId: "msg_cut", delta: "partial" });
      return never;
    },
    answers(say("end")),
  ]);
  const { thread, event, events, ofType, records } = bench({ client });
  const { turnId } = thread.submit(input("go"));
  await event("message.delta");
  expect(thread.steer(input("faster"))).toBe(turnId);
  expect((await event("turn.completed")).turnId).toBe(turnId);
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "assistant: complete", "user: faster"]);
  expect(ofType("item.completed").some(({ item }) => item.id === "msg_cut")).toBe(false);
  expect(ends(events)).toHaveLength(1);
  const order = events.map((each) => (each.type === "item.completed" ? each.item.type : each.type));
  // Nothing was counted before the cut; what was is told again there (the dialogues of steering hold that).
  expect(order.slice(0, order.lastIndexOf("userMessage"))).not.toContain("usage.updated");
  expectResumable(records);
});

test("a word while tools run comes after their outputs, before the next request", async () => {
  const running = gate();
  const client = new ActedModel([answers(call("c1", "slow")), answers(say("end"))]);
  const { thread, event, records } = bench({
    client,
    tools: [tool("slow", async () => (await running.promise, "slow"))],
  });
  thread.submit(input("go"));
  await until(() => journaledItems(records).some(({ type }) => type === "function_call"));
  await new Promise((resolve) => setImmediate(resolve));
  thread.steer(input("and also"));
  expect(client.requests).toHaveLength(1);
  running.open();
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "call c1", "output c1: slow", "user: and also"]);
});

test("a word while a response streams and its tool runs waits for the output of the tool", async () => {
  const running = gate();
  const client = new ActedModel([
    (emit) => (emit({ type: "item.done", item: call("c1", "slow") }), never),
    answers(say("end")),
  ]);
  const { thread, event, records } = bench({
    client,
    tools: [tool("slow", async () => (await running.promise, "slow"))],
  });
  thread.submit(input("go"));
  await until(() => journaledItems(records).some(({ type }) => type === "function_call"));
  thread.steer(input("and also"));
  running.open();
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "call c1", "output c1: slow", "user: and also"]);
});

test("a word before the first request, while a turn is set up, belongs to that turn", async () => {
  const ready = gate();
  const client = new ActedModel([answers(say("end"))]);
  const { thread, event } = bench({ client, setUp: async (setup) => (await ready.promise, setup) });
  const { turnId } = thread.submit(input("go"));
  expect(thread.steer(input("at once"))).toBe(turnId);
  await until(() => thread.activeTurn !== null);
  expect(thread.submit(input("and then"), { whenBusy: "steer" })).toEqual({ turnId, status: "steered" });
  ready.open();
  await event("turn.completed");
  expect(told(client.requests[0]!.input)).toEqual(["user: go", "user: at once", "user: and then"]);
});

test("a word while a retry waits is in the next request", async () => {
  const clock = Object.assign(new FakeClock(), { hurried: false });
  const client = new ActedModel([() => broken(), answers(say("end"))]);
  const { thread, event } = bench({ client, clock });
  thread.submit(input("go"));
  await event("retry.scheduled");
  thread.steer(input("hurry"));
  clock.sleeps[0]!.wake();
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "user: hurry"]);
});

/** One hook, on the end of the turn, that has nothing to say. */
function stopHook(run: () => Promise<void>): Hooks {
  const hooks: Hooks = {
    listens: (name) => name === "stop",
    fire: async () => (await run(), noEffects),
    forTurn: (ports) => new TurnHooks(hooks, ports),
    takeStart: () => null,
    startsAgain: () => undefined,
    late: () => [],
  };
  return hooks;
}

test.each(["a word", "a note"])(
  "%s while a hook looks at the end of the turn is answered in that turn",
  async (what) => {
    const looked = gate();
    let looks = 0;
    const hooks = stopHook(() => (looks++ === 0 ? looked.promise : Promise.resolve()));
    const client = new ActedModel([answers(say("end")), answers(say("second end"))]);
    const { thread, event, events } = bench({ client, setUp: async (setup) => ({ ...setup, hooks }) });
    const { turnId } = thread.submit(input("go"));
    await until(() => looks === 1);
    if (what === "a note") thread.note(input("and also"));
    else expect(thread.steer(input("and also"))).toBe(turnId);
    looked.open();
    expect(await event("turn.completed")).toMatchObject({ turnId, lastMessage: "second end" });
    expect(told(client.requests[1]!.input)).toEqual(["user: go", "assistant: end", "user: and also"]);
    expect(looks).toBe(2);
    expect(ends(events)).toHaveLength(1);
  },
);

test("a word that comes too late for a turn that was stopped is kept for the next", async () => {
  const client = new ActedModel([() => never, answers(say("end"))]);
  const { thread, event } = bench({ client });
  thread.submit(input("go"));
  await event("turn.started");
  thread.interrupt();
  thread.steer(input("late"));
  await event("turn.interrupted");
  thread.submit(input("next"));
  await event("turn.completed");
  const words = told(client.requests.at(-1)!.input);
  expect(words[0]).toBe("user: go");
  expect(words).toContain("user: late");
  expect(words.at(-1)).toBe("user: next");
});

test("while a turn is being kept at its end, a word is refused or becomes a turn of its own, and never lost", async () => {
  const synced = gate();
  let syncs = 0;
  const client = new ActedModel([answers(say("end")), answers(say("second end"))]);
  const { thread, event, records } = bench({
    client,
    journal: (kept) => ({
      ...memoryJournal(threadId, kept),
      sync: async () => {
        if (syncs++ === 0) await synced.promise;
      },
    }),
  });
  thread.submit(input("go"));
  await until(() => syncs === 1);
  expect(codeOf(() => thread.steer(input("refused")))).toBe("turn_not_found");
  expect(thread.submit(input("own turn"), { whenBusy: "steer" }).status).toBe("queued");
  synced.open();
  await event("turn.completed", 2);
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "assistant: end", "user: own turn"]);
  expectResumable(records);
});

test("a word from a listener of the last event is refused, not swallowed", async () => {
  let code: unknown;
  const client = new ActedModel([answers(say("end"))]);
  const table = bench({
    client,
    emit: (each) => {
      if (each.type === "turn.completed") code = codeOf(() => table.thread.steer(input("late")));
    },
  });
  table.thread.submit(input("go"));
  await table.thread.idle();
  expect(code).toBe("turn_not_found");
});

test("steering needs a turn, and the one that is meant", async () => {
  const client = new ActedModel([() => never]);
  const { thread, event } = bench({ client });
  expect(codeOf(() => thread.steer(input("x")))).toBe("turn_not_found");
  thread.submit(input("go"));
  await event("turn.started");
  expect(codeOf(() => thread.steer(input("x"), { expectedTurnId: "other" }))).toBe("turn_mismatch");
  await thread.close();
  expect(codeOf(() => thread.steer(input("x")))).toBe("thread_not_found");
});

test("turns run in the order in which they came, one at a time", async () => {
  const client = new ActedModel(Array.from({ length: 10 }, (_, index) => answers(say(`answer ${index}`))));
  const { thread, events, records } = bench({ client });
  const submitted = Array.from({ length: 10 }, (_, index) => thread.submit(input(`prompt ${index}`)));
  expect(submitted.map(({ status }) => status)).toEqual(["started", ...Array.from({ length: 9 }, () => "queued")]);
  await thread.idle();
  expect(ends(events).map((end) => "turnId" in end && end.turnId)).toEqual(submitted.map(({ turnId }) => turnId));
  expect(told(client.requests[9]!.input)).toHaveLength(19);
  expectResumable(records);
});

test("the queue has an end, which is told, and room again when a turn has run", async () => {
  const first = gate();
  const client = new ActedModel([
    async (emit) => (await first.promise, emit({ type: "item.done", item: say("x") }), completed()),
    ...Array.from({ length: 65 }, () => answers(say("x"))),
  ]);
  const { thread, event, ofType } = bench({ client });
  thread.submit(input("go"));
  await event("turn.started");
  for (let index = 0; index < 64; index++) thread.submit(input(`${index}`));
  expect(codeOf(() => thread.submit(input("one too many")))).toBe("queue_full");
  first.open();
  await event("turn.started", 2);
  thread.submit(input("fits again"));
  await thread.idle();
  expect(ofType("turn.completed")).toHaveLength(66);
});

test("a second input at once is queued, refused or steered as it asks", async () => {
  const client = new ActedModel([() => never]);
  const { thread } = bench({ client });
  const { turnId } = thread.submit(input("go"));
  expect(thread.activeTurn).toBe(turnId);
  expect(codeOf(() => thread.submit(input("x"), { whenBusy: "reject" }))).toBe("thread_busy");
  expect(thread.submit(input("x"), { whenBusy: "steer" })).toEqual({ turnId, status: "steered" });
  expect(thread.submit(input("x")).status).toBe("queued");
  await thread.close();
});

test("the same input id is taken once, however it comes", async () => {
  const client = new ActedModel([() => never, answers(say("end"))]);
  const { thread, event, records } = bench({ client });
  const first = thread.submit(input("go"), { inputId: "a" });
  expect(thread.submit(input("go"), { inputId: "a" }).turnId).toBe(first.turnId);
  await event("turn.started");
  thread.steer(input("steered"), { inputId: "b" });
  expect(thread.steer(input("steered"), { inputId: "b" })).toBe(first.turnId);
  expect(thread.submit(input("steered"), { inputId: "b", whenBusy: "steer" }).turnId).toBe(first.turnId);
  expect(thread.steer(input("go"), { inputId: "a" })).toBe(first.turnId);
  await event("turn.completed");
  expect(thread.submit(input("go"), { inputId: "a" }).turnId).toBe(first.turnId);
  await thread.idle();
  expect(told([say("base"), ...journaledItems(records)]).filter((text) => text.startsWith("user: "))).toHaveLength(2);
  expectValid(journaledItems(records));
});
