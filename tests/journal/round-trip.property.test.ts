import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JournalRecord, StoredThread } from "../../src/kernel/journal-port.ts";
import type { ThreadItem } from "../../src/protocol/items.ts";
import { mergePatch } from "../../src/protocol/codex-0.169/rollout.ts";
import { isToolCall, isToolCallOutput, type ResponseItem } from "../../src/protocol/response-items.ts";
import {
  answer,
  call,
  completed,
  ids,
  newThread,
  output,
  prompt,
  readOnly,
  started,
  temporaryHome,
  usageOf,
} from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 40 }), fc.constant('line\nline\u2028\u0000"}\\n'));
const json = fc.dictionary(
  fc.string({ maxLength: 5 }).filter((key) => key !== "__proto__"),
  fc.oneof(fc.integer(), text, fc.constant(null), fc.dictionary(fc.constantFrom("a", "b"), text)),
  { maxKeys: 4 },
);

const item: fc.Arbitrary<ThreadItem> = fc.oneof(
  fc.record({ type: fc.constant("agentMessage" as const), id: fc.uuid(), text }),
  fc.record({
    type: fc.constant("userMessage" as const),
    id: fc.uuid(),
    content: fc.array(
      fc.oneof(
        text.map((value) => ({ type: "text" as const, text: value })),
        text.map((path) => ({ type: "localImage" as const, path })),
      ),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant("reasoning" as const),
    id: fc.uuid(),
    summary: fc.array(text, { maxLength: 2 }),
    content: fc.array(text, { maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant("commandExecution" as const),
    id: fc.uuid(),
    argv: fc.array(text, { minLength: 1, maxLength: 3 }),
    cwd: text.map((name) => `/w/${name.replaceAll("\u0000", "")}`),
    processId: fc.option(fc.constantFrom("1", "22")),
    source: fc.constantFrom("agent" as const, "startup" as const, "interaction" as const, "userShell" as const),
    status: fc.constantFrom("completed" as const, "failed" as const, "declined" as const),
    aggregatedOutput: text,
    exitCode: fc.integer({ min: -1, max: 255 }),
    durationMs: fc.nat(1e7),
  }),
  fc.record({
    type: fc.constant("fileChange" as const),
    id: fc.uuid(),
    changes: fc.uniqueArray(
      fc.record({
        path: fc.constantFrom("/a", "/b", "/c"),
        kind: fc.constantFrom("add" as const, "delete" as const, "update" as const),
        diff: text,
      }),
      { selector: (change) => change.path },
    ),
    status: fc.constantFrom("completed" as const, "failed" as const, "declined" as const),
    stdout: text,
    stderr: text,
  }),
);

/** What happens in a turn, as a plan that `run` turns into records with right sequences. */
type Step =
  | { kind: "response"; calls: number; shuffle: number; words: string | null; outputs: number }
  | { kind: "steer"; words: string }
  | { kind: "item"; item: ThreadItem }
  | { kind: "state"; full: boolean; state: Record<string, unknown> }
  | { kind: "usage"; total: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("response" as const),
      calls: fc.nat(4),
      shuffle: fc.nat(1000),
      words: fc.option(text),
      outputs: fc.nat(4),
    }),
  },
  fc.record({ kind: fc.constant("steer" as const), words: text }),
  fc.record({ kind: fc.constant("item" as const), item }),
  fc.record({ kind: fc.constant("state" as const), full: fc.boolean(), state: json }),
  fc.record({ kind: fc.constant("usage" as const), total: fc.nat(1e6) }),
);
const turn = fc.record({
  steps: fc.array(step, { maxLength: 6 }),
  end: fc.constantFrom("completed" as const, "aborted" as const, "failed" as const, "none" as const),
});
const plan = fc.array(
  fc.record({
    turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
    reopen: fc.constantFrom("resume" as const, "fork" as const),
  }),
  { minLength: 1, maxLength: 3 },
);

/** The state that the records amount to, told by the test itself. */
interface Model {
  history: ResponseItem[];
  items: ThreadItem[];
  state: Record<string, unknown> | null;
  total: number;
  started: Set<string>;
  statuses: StoredThread["turns"][number]["status"][];
  sampled: number;
}

describe("any sequence of records", () => {
  it("is read back as the thread that it tells, over resumes and forks", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (sessions) => {
        let id = ids.uuid();
        let journal = home.store.create(newThread(id));
        const model: Model = {
          history: [],
          items: [],
          state: null,
          total: 0,
          started: new Set(),
          statuses: [],
          sampled: 0,
        };
        for (const session of sessions) {
          for (const { steps, end } of session.turns) {
            const turnId = ids.uuid();
            const write = (...records: JournalRecord[]): void => {
              const expected = records
                .filter((record) => record.type === "response.item")
                .map((_, index) => journal.nextSequence() + index);
              expect(journal.append(records)).toEqual(expected);
            };
            const first = prompt(turnId, "go", model.sampled);
            write(started(turnId), first);
            model.history.push(first.item);
            for (const one of steps) apply(one, turnId, model, write, () => journal.nextSequence());
            model.statuses.push(finish(end, turnId, write));
          }
          await journal.close();
          check(home.store.read(id), model);
          const source = id;
          if (session.reopen === "fork") id = ids.uuid();
          const opened =
            session.reopen === "fork" ? await home.store.fork(source, newThread(id)) : await home.store.resume(id);
          check(opened.thread, model);
          expect(opened.journal.nextSequence()).toBe(model.history.length + 1);
          journal = opened.journal;
        }
        await journal.close();
      }),
      { numRuns: 60 },
    );
  });
});

function apply(
  one: Step,
  turnId: string,
  model: Model,
  write: (...records: JournalRecord[]) => void,
  next: () => number,
): void {
  switch (one.kind) {
    case "response": {
      model.sampled = next() - 1;
      const names = Array.from({ length: one.calls }, () => `c${ids.hex(8)}`);
      const calls = names.map((name) => call(turnId, name, model.sampled));
      const words = one.words === null ? [] : [answer(turnId, one.words, model.sampled)];
      const done = names.slice(0, one.outputs).map((name) => output(turnId, name, model.sampled, name));
      // Outputs come as calls end: in any order, and also before later items of the response.
      const late = [...done].sort((a, b) => rank(a.item, one.shuffle) - rank(b.item, one.shuffle));
      const early = late.filter((_, index) => (one.shuffle >> index) % 2 === 0);
      for (const record of calls) {
        const { call_id: callId } = record.item as { call_id: string };
        write(record, { type: "call.started", callId });
        model.started.add(callId);
      }
      write(...early);
      write(...words);
      write(...late.filter((record) => !early.includes(record)));
      for (const record of done) model.started.delete((record.item as { call_id: string }).call_id);
      model.history.push(
        ...calls.map((record) => record.item),
        ...words.map((record) => record.item),
        ...done.map((record) => record.item),
      );
      return;
    }
    case "steer": {
      const record = prompt(turnId, one.words, model.sampled);
      write(record);
      model.history.push(record.item);
      return;
    }
    case "item":
      write({ type: "item.completed", turnId, item: one.item, startedAtMs: 1, completedAtMs: 2 });
      model.items.push(one.item);
      return;
    case "state":
      write({ type: "world.state", full: one.full, state: one.state });
      model.state = one.full ? one.state : mergePatch(model.state ?? {}, one.state);
      return;
    case "usage": {
      const usage = usageOf(one.total);
      write(
        { type: "usage", turnId, responseId: "r", usage, turn: usage, thread: usage },
        { type: "token.count", total: usage, last: usage, contextWindow: null },
      );
      model.total = usage.totalTokens;
    }
  }
}

const rank = (item: ResponseItem, salt: number): number => {
  const name = String((item as { call_id?: unknown }).call_id);
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0) + salt) % 9973, salt);
};

function finish(
  end: "completed" | "aborted" | "failed" | "none",
  turnId: string,
  write: (...records: JournalRecord[]) => void,
): Model["statuses"][number] {
  const times = { startedAtMs: 1, completedAtMs: 2, durationMs: 1 };
  if (end === "aborted") write({ type: "turn.aborted", turnId, reason: "interrupted", ...times });
  if (end === "failed") write({ type: "error", turnId, message: "no", code: "server_error" });
  if (end === "completed" || end === "failed") write(completed(turnId, null));
  if (end === "none") {
    write({ type: "settings.applied", model: "m", provider: "p", cwd: "/w", permissions: readOnly, effort: null });
  }
  return end === "aborted" ? "interrupted" : end === "none" ? "unfinished" : end;
}

function check(thread: StoredThread, model: Model): void {
  expect(thread.history).toEqual(model.history);
  expect(thread.sequence).toBe(model.history.length);
  expect(thread.turns.flatMap((turn) => turn.items)).toEqual(model.items);
  expect(thread.turns.map((turn) => turn.status)).toEqual(model.statuses);
  expect(thread.worldState).toEqual(model.state);
  expect(thread.usage.totalTokens).toBe(model.total);
  expect(thread.startedCalls).toEqual(model.started);
  expect(thread.unfinishedTurn !== null).toBe(model.statuses.at(-1) === "unfinished");
  expect(thread.warnings).toEqual([]);
  const calls = new Set(thread.history.filter(isToolCall).map((one) => one.call_id));
  for (const one of thread.history.filter(isToolCallOutput)) expect(calls.has(one.call_id)).toBe(true);
}
