import { expect, test } from "vitest";
import { Outbox, type Bounds } from "../../../../src/doors/app-server/transports/outbox.ts";
import { rounds } from "../../../../src/doors/app-server/transports/rounds.ts";
import { Outgoing } from "../../../../src/doors/app-server/wire.ts";

const encode = (text: string): Uint8Array => Buffer.from(`${text}\n`);
/** Until the writes that were asked for are made. */
const nextRound = (): Promise<void> => new Promise((resolve) => rounds.ask(resolve));

/** A client that reads only while `reads` says so. */
function client(bounds?: Bounds) {
  const state = { writes: [] as string[], reads: true, ended: null as [number, string] | null, overflows: 0 };
  const outbox = new Outbox(
    {
      write(bytes) {
        state.writes.push(Buffer.from(bytes).toString());
        return state.reads;
      },
      end: (code, reason) => {
        state.ended = [code, reason];
      },
    },
    encode,
    () => state.overflows++,
    bounds,
  );
  const messages = (): { method: string; params: unknown }[] =>
    state.writes.flatMap((text) => text.trim().split("\n")).map((line) => JSON.parse(line));
  return { state, outbox, messages };
}

const delta = (threadId: string, text: string): Outgoing =>
  new Outgoing({ method: "delta", params: text }, { passing: true, threadId });
const item = (text: string): Outgoing => new Outgoing({ method: "item", params: text });

test("what is sent at once becomes one write, in order", async () => {
  const { state, outbox } = client();
  for (const text of ["a", "b", "c"]) outbox.send(item(text));
  expect(state.writes).toEqual([]);
  await nextRound();
  expect(state.writes).toEqual([
    '{"method":"item","params":"a"}\n{"method":"item","params":"b"}\n{"method":"item","params":"c"}\n',
  ]);
});

test("a client that takes no more is written nothing until it does", async () => {
  const { state, outbox, messages } = client();
  state.reads = false;
  outbox.send(item("a"));
  await nextRound();
  outbox.send(item("b"));
  await nextRound();
  expect(messages().map(({ params }) => params)).toEqual(["a"]);
  state.reads = true;
  outbox.ready();
  expect(messages().map(({ params }) => params)).toEqual(["a", "b"]);
});

test("a client far behind goes without passing messages, in one piece, and hears how many of which thread", async () => {
  const { state, outbox, messages } = client({ soft: 100, hard: 100_000 });
  outbox.tellMissed();
  state.reads = false;
  outbox.send(item("first"));
  await nextRound();
  for (let index = 0; index < 10; index++) outbox.send(delta(index % 2 === 0 ? "even" : "odd", `d${index}`));
  outbox.send(item("kept"));
  const waited = messages().length;
  expect(waited).toBe(1);
  state.reads = true;
  outbox.ready();
  await nextRound();
  outbox.send(delta("even", "again"));
  await nextRound();
  const told = messages();
  const kept = told.filter(({ method }) => method === "delta").map(({ params }) => params);
  const missed = told.find(({ method }) => method === "agent/missed")?.params as {
    threads: { threadId: string; notifications: number }[];
  };
  const count = missed.threads.reduce((sum, { notifications }) => sum + notifications, 0);
  expect(missed.threads.map(({ threadId }) => threadId).toSorted()).toEqual(["even", "odd"]);
  expect(kept).toEqual([...Array.from({ length: 10 - count }, (_, index) => `d${index}`), "again"]);
  expect(told.filter(({ method }) => method === "item").map(({ params }) => params)).toEqual(["first", "kept"]);
  expect(told.at(-1)?.params).toBe("again");
});

test("a client that did not ask is not told of what it missed", async () => {
  const { state, outbox, messages } = client({ soft: 10, hard: 100_000 });
  state.reads = false;
  outbox.send(item("first"));
  await nextRound();
  outbox.send(item("waits"));
  for (let index = 0; index < 5; index++) outbox.send(delta("t", "x"));
  state.reads = true;
  outbox.ready();
  await nextRound();
  outbox.send(delta("t", "later"));
  await nextRound();
  expect(messages().map(({ params }) => params)).toEqual(["first", "waits", "later"]);
});

test("a client that lets too much wait is given up, with a code that says to try again", async () => {
  const { state, outbox } = client({ soft: 50, hard: 200 });
  state.reads = false;
  outbox.send(item("first"));
  await nextRound();
  for (let index = 0; index < 20; index++) outbox.send(item(`number ${index}`));
  expect(state.ended?.[0]).toBe(1013);
  expect(state.ended?.[1]).toMatch(/^The client does not read: \d+ bytes wait for it\.$/);
  expect(state.overflows).toBe(1);
  outbox.ready();
  await nextRound();
  expect(state.writes).toHaveLength(1);
});

test("one message may be larger than all that may wait", async () => {
  const { state, outbox } = client({ soft: 50, hard: 200 });
  outbox.send(item("x".repeat(1000)));
  await nextRound();
  expect(state.writes[0]).toHaveLength(1000 + '{"method":"item","params":""}\n'.length);
  expect(state.ended).toBeNull();
});

test("closing sends what waits first", () => {
  const { state, outbox } = client();
  outbox.send(item("last"));
  outbox.close("enough");
  outbox.send(item("too late"));
  expect(state.writes).toEqual(['{"method":"item","params":"last"}\n']);
  expect(state.ended).toEqual([1000, "enough"]);
});

test("a message for many clients is put into text once", () => {
  let encodings = 0;
  const count = (text: string): Uint8Array => {
    encodings++;
    return encode(text);
  };
  const message = item("to all");
  for (let index = 0; index < 100; index++) {
    new Outbox({ write: () => true, end: () => {} }, count, () => {}).send(message);
  }
  expect(encodings).toBe(1);
});
