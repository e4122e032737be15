import { describe, expect, test } from "vitest";
import type { CompactionSetup, TurnSetup } from "../../../src/kernel/turn-setup.ts";
import { memoryJournal } from "../../../src/kernel/memory-journal.ts";
import { AgentError } from "../../../src/protocol/errors.ts";
import { findModel } from "../../../src/model/catalog.ts";
import type { ModelResult } from "../../../src/model/model-client.ts";
import type { MessageItem } from "../../../src/protocol/response-items.ts";
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
  input,
  say,
  threadId,
  told,
  tool,
  usage,
} from "../kit.ts";
import { reload } from "../reload.ts";
import { until } from "../../support/until.ts";

const opening = "Earlier work in this thread";

/** Texts of a request after the base prompt, a summary without its frame, the request for one as `sum up`. */
function shown(model: ActedModel, index: number): string[] {
  return told(model.requests[index]!.input).map((text) => {
    if (text.startsWith(`user: ${opening}`)) return `summary: ${text.slice(text.indexOf("\n\n") + 2)}`;
    return text.startsWith("user: The conversation no longer fits.") ? "sum up" : text;
  });
}

const within =
  (compaction: Partial<CompactionSetup>, more: Partial<TurnSetup> = {}) =>
  async (setup: TurnSetup): Promise<TurnSetup> => ({
    ...setup,
    contextWindow: 100_000,
    ...more,
    compaction: { ...setup.compaction, limit: 1000, ...compaction },
  });

/** An answer after which the window counts as full. */
const filling =
  (text: string, tokens = 1000): Act =>
  (emit) => {
    emit({ type: "item.done", item: say(text) });
    return completed({ usage: usage(tokens, 0) });
  };
const callFilling =
  (id: string, tokens = 1000): Act =>
  (emit) => {
    emit({ type: "item.done", item: call(id, "quick") });
    return completed({ usage: usage(tokens, 0) });
  };
const failing =
  (code: "bad_request" | "context_window_exceeded", message = "no"): Act =>
  (): ModelResult => ({ type: "failed", failure: { code, message, retryable: false } });

const quick = tool("quick", () => "quick");

async function turn(table: Bench, text: string): Promise<void> {
  table.thread.submit(input(text));
  await table.thread.idle();
}

/** What the model was shown last is what a reader of the journal would show it. */
function expectKept(table: Bench): void {
  expectValid(table.thread.memory.history);
  expect(reload(table.records).history).toEqual(table.thread.memory.history);
}

describe("when it is due", () => {
  test("before a turn, when the last response filled the window", async () => {
    const client = new ActedModel([filling("long answer"), answers(say("what matters")), answers(say("end"))]);
    const table = bench({ client, setUp: within({}) });
    await turn(table, "one");
    expect(client.requests).toHaveLength(1);
    await turn(table, "two");
    expect(shown(client, 1)).toEqual(["user: one", "assistant: long answer", "sum up"]);
    expect(client.requests[1]).toMatchObject({ tools: [], parallelToolCalls: false });
    expect(shown(client, 2)).toEqual(["user: one", "summary: what matters", "user: two"]);
    expect(table.ofType("compaction.started")).toMatchObject([
      { trigger: "auto", phase: "pre_turn", totalTokens: 1000, tokenLimit: 1000 },
    ]);
    expect(table.ofType("compaction.completed")).toMatchObject([
      {
        originalItems: 2,
        retainedItems: 1,
        prunedOutputs: 0,
        summary: "what matters",
        text: "compact(2 items) -> 1 item + [summary]",
      },
    ]);
    const items = table.ofType("item.completed").map(({ item }) => item.type);
    expect(items).toEqual(["userMessage", "agentMessage", "contextCompaction", "userMessage", "agentMessage"]);
    // Nobody hears the summary as an answer.
    expect(JSON.stringify(table.ofType("message.delta"))).not.toContain("what matters");
    expectKept(table);
    expectResumable(table.records.filter((record) => record.type !== "response.item" || !record.summarising));
  });

  test("before a follow-up request, and not after the last word", async () => {
    const client = new ActedModel([
      callFilling("c1"),
      answers(say("so far")),
      filling("end", 5000),
      answers(say("sum")),
      answers(say("x")),
    ]);
    const table = bench({ client, tools: [quick], setUp: within({}) });
    await turn(table, "one");
    expect(shown(client, 1)).toEqual(["user: one", "call c1", "output c1: quick", "sum up"]);
    expect(shown(client, 2)).toEqual(["user: one", "summary: so far"]);
    expect(table.ofType("compaction.started")).toMatchObject([{ phase: "mid_turn" }]);
    expect(client.requests).toHaveLength(3);
    expectKept(table);
  });

  test("counts what came after the last response, too", async () => {
    const client = new ActedModel([callFilling("c1", 900), answers(say("so far")), answers(say("end"))]);
    const table = bench({ client, tools: [tool("quick", () => "x".repeat(500))], setUp: within({}) });
    await turn(table, "one");
    expect(table.ofType("compaction.started")).toMatchObject([{ phase: "mid_turn", totalTokens: 900 + 8 + 125 }]);
  });

  test.each([
    ["no limit", { limit: null }, 1000],
    ["less than the limit", { limit: 1000 }, 900],
  ])("never with %s", async (_name, compaction, tokens) => {
    const client = new ActedModel([callFilling("c1", tokens), filling("a", tokens), filling("b", tokens)]);
    const table = bench({ client, tools: [quick], setUp: within(compaction) });
    await turn(table, "one");
    await turn(table, "two");
    expect(client.requests).toHaveLength(3);
    expect(table.events.filter(({ type }) => type.startsWith("compaction"))).toEqual([]);
  });

  test("when the model that made the history wrote what this one cannot read: that one sums it up", async () => {
    const client = new ActedModel([answers(say("a")), answers(say("sum")), answers(say("b")), answers(say("c"))]);
    let model = findModel("gpt-5.5");
    const table = bench({
      client,
      setUp: async (setup) =>
        within({
          summariser: (name) => ({
            model: findModel(name),
            reasoning: { effort: "high" },
            verbosity: "low",
            baseInstructions: "Base of old.",
          }),
        })({ ...setup, model }),
    });
    await turn(table, "one");
    model = findModel("gpt-6-sol");
    await turn(table, "two");
    await turn(table, "three");
    expect(client.requests.map((request) => request.model)).toEqual(["gpt-5.5", "gpt-5.5", "gpt-6-sol", "gpt-6-sol"]);
    expect(client.requests[1]).toMatchObject({ reasoning: { effort: "high" }, verbosity: "low" });
    expect(JSON.stringify(client.requests[1]!.input[0])).toContain("Base of old.");
    expect(shown(client, 2)).toEqual(["user: one", "summary: sum", "user: two"]);
    expectKept(table);
  });

  test("when the user asks for it, in a turn of its own", async () => {
    const client = new ActedModel([answers(say("a")), answers(say("sum")), answers(say("b"))]);
    const table = bench({ client, setUp: within({ limit: null }) });
    await turn(table, "one");
    const { turnId, status } = table.thread.compact();
    expect(status).toBe("started");
    expect(() => table.thread.steer(input("psst"))).toThrow(/no active turn to steer/);
    await table.thread.idle();
    expect(ends(table.events).at(-1)).toMatchObject({ type: "turn.completed", turnId, lastMessage: null });
    expect(table.ofType("compaction.completed")).toMatchObject([
      { trigger: "manual", phase: "standalone_turn", turnId },
    ]);
    await turn(table, "two");
    expect(shown(client, 2)).toEqual(["user: one", "summary: sum", "user: two"]);
    expectKept(table);
  });

  test("an empty thread has nothing to sum up", async () => {
    const client = new ActedModel([]);
    const table = bench({ client, setUp: within({}) });
    table.thread.compact();
    await table.thread.idle();
    expect(ends(table.events)).toMatchObject([{ type: "turn.completed" }]);
    expect(client.requests).toEqual([]);
  });
});

describe("what comes of it", () => {
  test("an earlier summary is summed up with the rest, and does not pile up", async () => {
    const client = new ActedModel([
      filling("a"),
      answers(say("first sum")),
      callFilling("c1", 2000),
      filling("b", 300),
      filling("c", 2000),
      answers(say("second sum")),
      answers(say("end")),
    ]);
    const table = bench({ client, tools: [quick], setUp: within({}) });
    // The first measure after a summary is 2000; room is made again when there is a quarter of the limit more.
    for (const text of ["one", "two", "three"]) await turn(table, text);
    expect(table.ofType("compaction.completed")).toHaveLength(1);
    const again = bench({
      client: new ActedModel([answers(say("second sum")), answers(say("end"))]),
      setUp: within({}),
      stored: { ...reload(table.records), tokensAfterCompaction: 10 },
    });
    await turn(again, "four");
    expect(told(again.thread.memory.history.slice(-1).concat(again.thread.memory.history)).slice(0, 3)).toEqual([
      "user: one",
      "user: two",
      "user: three",
    ]);
    const summaries = again.thread.memory.history.filter((item) => JSON.stringify(item).includes(opening));
    expect(summaries).toHaveLength(1);
    expect(JSON.stringify(summaries)).toContain("second sum");
    expect(again.thread.windowNumber).toBe(2);
  });

  test("says which part of the thread it covers, and where to read it", async () => {
    const client = new ActedModel([filling("a"), answers(say("sum")), answers(say("b"))]);
    const table = bench({ client, setUp: within({}) });
    await turn(table, "one");
    await turn(table, "two");
    const message = table.thread.memory.history.find((item) => JSON.stringify(item).includes(opening)) as MessageItem;
    expect(JSON.stringify(message)).toContain("#1 to #2");
    expect(JSON.stringify(message)).toContain("read_history");
  });

  test("context is told anew, before the last of the user's words", async () => {
    const block = {
      key: "place",
      role: "developer" as const,
      kind: "permissions.instructions",
      state: { cwd: "/work" },
      render: () => "You are in /work.",
    };
    const client = new ActedModel([answers(say("a")), filling("b"), answers(say("sum")), answers(say("c"))]);
    const table = bench({ client, setUp: within({}, { context: [block] }) });
    for (const text of ["one", "two", "three"]) await turn(table, text);
    expect(shown(client, 3)).toEqual([
      "user: one",
      "developer: You are in /work.",
      "user: two",
      "summary: sum",
      "user: three",
    ]);
    expect(table.records.filter(({ type }) => type === "world.state")).toMatchObject([{ full: true }, { full: true }]);
    expectKept(table);
  });

  test("what the harness said in the user's place is not kept as the user's words", async () => {
    const client = new ActedModel([
      () => new Promise<never>(() => undefined),
      filling("a"),
      answers(say("sum")),
      answers(say("b")),
    ]);
    const table = bench({ client, setUp: within({}) });
    table.thread.submit(input("one"));
    await until(() => client.requests.length === 1);
    table.thread.interrupt();
    await table.thread.idle();
    table.thread.submit({ ...input("two"), attachments: [{ kind: "skills.instructions", text: "<skill>x</skill>" }] });
    await table.thread.idle();
    await turn(table, "three");
    expect(shown(client, 3)).toEqual(["user: one", "user: two", "summary: sum", "user: three"]);
    expectKept(table);
  });

  test("what the user says while it is made is read behind it, and does not stop it", async () => {
    const client = new ActedModel([
      callFilling("c1"),
      (emit) => {
        table.thread.steer(input("by the way"));
        emit({ type: "item.done", item: say("sum") });
        return completed();
      },
      answers(say("end")),
    ]);
    const table: Bench = bench({ client, tools: [quick], setUp: within({}) });
    await turn(table, "one");
    expect(shown(client, 2)).toEqual(["user: one", "summary: sum", "user: by the way"]);
    expect(client.requests).toHaveLength(3);
    expectKept(table);
  });

  test("what is added to the thread while it is made stands behind it", async () => {
    const client = new ActedModel([
      answers(say("a")),
      (emit) => {
        table.thread.note({
          ...input(""),
          elements: [],
          attachments: [{ kind: "generic.note", text: "it has ended" }],
        });
        emit({ type: "item.done", item: say("sum") });
        return completed();
      },
    ]);
    const table: Bench = bench({ client, setUp: within({}) });
    await turn(table, "one");
    table.thread.compact();
    await table.thread.idle();
    expect(told([say("base"), ...table.thread.memory.history]).at(-1)).toBe("user: it has ended");
    expect(table.thread.memory.history).toHaveLength(3);
    expectKept(table);
  });

  test("its tokens count in the sums of turn and thread, and the estimate is what is in use", async () => {
    const client = new ActedModel([
      filling("a"),
      (emit) => (emit({ type: "item.done", item: say("sum") }), completed({ usage: usage(70, 7) })),
      filling("b", 30),
    ]);
    const table = bench({ client, setUp: within({}) });
    await turn(table, "one");
    await turn(table, "two");
    expect(table.thread.usage).toMatchObject({ inputTokens: 1100, outputTokens: 7 });
    expect(table.records.filter(({ type }) => type === "usage").at(-1)).toMatchObject({ turn: { inputTokens: 100 } });
    const lasts = table.ofType("usage.updated").map(({ last }) => last.totalTokens);
    expect(lasts.slice(0, 3)).toEqual([1000, 1000, 77]);
    expect(lasts[3]).toBeGreaterThan(10);
    expect(lasts[3]).toBeLessThan(200);
  });

  test("whoever has to do with it is told before the next request", async () => {
    let requests = -1;
    const client = new ActedModel([filling("a"), answers(say("sum")), answers(say("b"))]);
    const after = async (): Promise<void> => void (requests = client.requests.length);
    const table = bench({ client, setUp: within({ after }) });
    await turn(table, "one");
    expect(requests).toBe(-1);
    await turn(table, "two");
    expect(requests).toBe(2);
  });
});

describe("what goes wrong", () => {
  test("a failing summary before a turn fails it, keeps the user's words and leaves the thread usable", async () => {
    const client = new ActedModel([filling("a"), failing("bad_request"), answers(say("b"))]);
    const table = bench({ client, setUp: within({}) });
    await turn(table, "one");
    await turn(table, "two");
    expect(table.ofType("turn.failed")).toMatchObject([{ error: { code: "bad_request", message: "no" } }]);
    expect(table.ofType("compaction.failed")).toMatchObject([{ goesOn: false, error: { code: "bad_request" } }]);
    await turn(table, "three");
    expect(ends(table.events).at(-1)?.type).toBe("turn.completed");
    expect(shown(client, 2)).toEqual(["user: one", "assistant: a", "user: two", "user: three"]);
    expectKept(table);
  });

  test("a failing summary within a turn fails it, and every call keeps its output", async () => {
    const client = new ActedModel([callFilling("c1"), failing("bad_request"), answers(say("b"))]);
    const table = bench({ client, tools: [quick], setUp: within({}) });
    await turn(table, "one");
    expect(ends(table.events).map(({ type }) => type)).toEqual(["turn.failed"]);
    await turn(table, "two");
    expect(shown(client, 2)).toEqual(["user: one", "call c1", "output c1: quick", "user: two"]);
    expectKept(table);
  });

  test("broken streams are tried again", async () => {
    const client = new ActedModel([callFilling("c1"), () => broken(), answers(say("sum")), answers(say("b"))]);
    const table = bench({ client, tools: [quick], setUp: within({}) });
    await turn(table, "one");
    expect(table.ofType("retry.scheduled")).toMatchObject([{ attempt: 1, cause: "stream disconnected" }]);
    expect(shown(client, 3)).toEqual(["user: one", "summary: sum"]);
  });

  test.each([
    ["empty", answers(say(""))],
    ["blank", answers(say("  \n "))],
    ["absent", answers()],
    [
      "refused",
      answers({
        type: "message",
        role: "assistant",
        id: "msg_r",
        content: [{ type: "refusal", refusal: "I cannot." }],
      }),
    ],
    ["a call", answers(call("c9", "quick"))],
  ] as [string, Act][])("a summary that is %s is said to be missing, and the work goes on", async (_name, act) => {
    const client = new ActedModel([callFilling("c1"), act, answers(say("b"))]);
    const table = bench({ client, tools: [quick], setUp: within({}) });
    await turn(table, "one");
    expect(shown(client, 2)).toEqual(["user: one", "summary: (no summary available)"]);
    expect(table.ofType("warning")).toMatchObject([{ message: expect.stringContaining("no summary") as string }]);
    expect(ends(table.events).map(({ type }) => type)).toEqual(["turn.completed"]);
    expectKept(table);
  });

  test("a summary that is longer than what it replaces is thrown away, and the turn goes on without", async () => {
    const client = new ActedModel([callFilling("c1"), answers(say("x".repeat(20_000))), answers(say("b"))]);
    const table = bench({ client, tools: [quick], setUp: within({}) });
    await turn(table, "one");
    expect(shown(client, 2)).toEqual(["user: one", "call c1", "output c1: quick"]);
    expect(table.ofType("compaction.failed")).toMatchObject([
      {
        goesOn: true,
        error: { code: "context_window_exceeded", message: expect.stringContaining("thrown away") as string },
      },
    ]);
    expect(table.thread.windowNumber).toBe(0);
    expect(ends(table.events).map(({ type }) => type)).toEqual(["turn.completed"]);
    expectKept(table);
  });

  test("where no summary gets below the limit, there is not one before every request", async () => {
    for (const summary of ["short", "x".repeat(20_000)]) {
      const acts: Act[] = Array.from({ length: 30 }, (_, index) => callFilling(`c${index}`, 1500));
      let summaries = 0;
      const client = new ActedModel([], {
        otherwise: (emit, request, signal) => {
          if (request.tools.length === 0 && JSON.stringify(request.input.at(-1)).includes("no longer fits")) {
            summaries++;
            emit({ type: "item.done", item: say(summary, `msg_s${summaries}`) });
            return completed({ usage: usage(10, 10) });
          }
          return (acts.shift() ?? answers(say("end")))(emit, request, signal);
        },
      });
      const table = bench({ client, tools: [quick], setUp: within({}) });
      await turn(table, "one");
      expect(ends(table.events).map(({ type }) => type)).toEqual(["turn.completed"]);
      // Thirty follow-ups, each of them beyond the limit.
      expect(summaries).toBeGreaterThan(0);
      expect(summaries).toBeLessThan(4);
      expectKept(table);
    }
  });

  test("a window smaller than the instructions fails with a clear error, without a request for a summary", async () => {
    const client = new ActedModel([callFilling("c1", 900), answers(say("never"))]);
    const table = bench({
      client,
      tools: [quick],
      setUp: within({ limit: 450 }, { contextWindow: 500, baseInstructions: "x".repeat(2400) }),
    });
    await turn(table, "one");
    expect(client.requests).toHaveLength(1);
    const [failed] = table.ofType("turn.failed");
    expect(failed?.error.code).toBe("context_window_exceeded");
    expect(failed?.error.message).toMatch(
      /instructions of this thread alone take about 608 tokens.*window has 500.*model_context_window/,
    );
    await turn(table, "two");
    expectKept(table);
  });

  test("a journal that cannot be written, at whatever point, leaves the old history or the new one, and nothing between", async () => {
    for (let from = 0; ; from++) {
      const client = new ActedModel([filling("a"), answers(say("sum")), answers(say("b"))], {
        otherwise: answers(say("later")),
      });
      let count = 0;
      let asked = false;
      const table = bench({
        client,
        setUp: within({}),
        journal: (records) => {
          const inner = memoryJournal(threadId, records);
          return {
            ...inner,
            append(added) {
              if (asked && count++ === from) throw new AgentError("storage_failed", "ENOSPC");
              return inner.append(added);
            },
          };
        },
      });
      await turn(table, "one");
      asked = true;
      await turn(table, "two");
      if (count <= from) break;
      expect(ends(table.events).at(-1)?.type, `append ${from}`).toBe("turn.failed");
      await turn(table, "three");
      expect(ends(table.events).at(-1)?.type, `append ${from}`).toBe("turn.completed");
      expectKept(table);
      const [started, told] = [/started/, /completed|failed/].map(
        (kind) => table.events.filter(({ type }) => type.startsWith("compaction.") && kind.test(type)).length,
      );
      expect(told, `append ${from}`).toBe(started);
      const whole = JSON.stringify(table.thread.memory.history);
      expect(whole.includes('"a"') !== whole.includes(opening), `append ${from}`).toBe(true);
    }
  });

  test("cut off at the output's limit, a text is a summary all the same; cut off for another reason it is none", async () => {
    const cut =
      (reason: string, ...items: Parameters<typeof answers>): Act =>
      (emit) => {
        emit({ type: "text.delta", itemId: "msg_p", delta: "half a " });
        emit({ type: "text.delta", itemId: "msg_p", delta: "summary" });
        for (const item of items) emit({ type: "item.done", item });
        const message = `Incomplete response returned, reason: ${reason}`;
        return {
          type: "failed",
          failure: { code: "response_incomplete", message, retryable: false, incompleteReason: reason },
        };
      };
    for (const [act, end, last] of [
      [cut("max_output_tokens"), "turn.completed", "summary: half a summary"],
      [cut("max_output_tokens", say("whole message")), "turn.completed", "summary: whole message"],
      [cut("something_else"), "turn.failed", null],
    ] as const) {
      const client = new ActedModel([callFilling("c1"), act, answers(say("b"))]);
      const table = bench({ client, tools: [quick], setUp: within({}) });
      await turn(table, "one");
      expect(ends(table.events).map(({ type }) => type)).toEqual([end]);
      if (last !== null) expect(shown(client, 2).at(-1)).toBe(last);
      else expect(table.ofType("compaction.failed")).toHaveLength(1);
      expectKept(table);
    }
  });
});

describe("a request that the provider refuses as too long", () => {
  test("is sent once more with a summary in place of the history", async () => {
    const client = new ActedModel([
      answers(call("c1", "quick")),
      failing("context_window_exceeded"),
      answers(say("sum")),
      answers(say("end")),
    ]);
    const table = bench({ client, tools: [quick], setUp: within({ limit: null }) });
    await turn(table, "one");
    expect(table.ofType("compaction.completed")).toMatchObject([{ phase: "context_length_exceeded" }]);
    expect(shown(client, 2)).toEqual(["user: one", "call c1", "output c1: quick", "sum up"]);
    expect(shown(client, 3)).toEqual(["user: one", "summary: sum"]);
    expect(ends(table.events)).toMatchObject([{ type: "turn.completed", lastMessage: "end" }]);
    expectKept(table);
  });

  test("fails when it is refused again, and may try anew after one that was answered", async () => {
    const refused = failing("context_window_exceeded", "too long");
    const client = new ActedModel([
      refused,
      answers(say("sum")),
      answers(call("c1", "quick")),
      refused,
      answers(say("sum two")),
      refused,
    ]);
    const table = bench({ client, tools: [quick], setUp: within({ limit: null }) });
    await turn(table, "one");
    expect(client.requests).toHaveLength(6);
    expect(table.ofType("turn.failed")).toMatchObject([
      { error: { code: "context_window_exceeded", message: "too long" } },
    ]);
    expectKept(table);
  });

  test("fails with the provider's words when the summary fails for a reason of its own", async () => {
    const client = new ActedModel([failing("context_window_exceeded", "too long"), failing("bad_request", "what?")]);
    const table = bench({ client, setUp: within({ limit: null }) });
    await turn(table, "one");
    expect(table.ofType("turn.failed")).toMatchObject([
      { error: { code: "context_window_exceeded", message: "too long" } },
    ]);
  });

  test("fails when the summary is no gain", async () => {
    const client = new ActedModel([failing("context_window_exceeded", "too long"), answers(say("x".repeat(9000)))]);
    const table = bench({ client, setUp: within({ limit: null }) });
    await turn(table, "one");
    expect(table.ofType("compaction.failed")).toMatchObject([{ goesOn: false }]);
    expect(table.ofType("turn.failed")).toMatchObject([
      { error: { code: "context_window_exceeded", message: "too long" } },
    ]);
    expect(client.requests).toHaveLength(2);
  });

  test("counts what the provider says that it took, and the whole window where it says nothing", async () => {
    for (const [counted, last] of [
      [{ ...usage(9000, 800) }, 9800],
      [undefined, 100_000],
    ] as const) {
      const client = new ActedModel([
        () => ({
          type: "failed",
          failure: { code: "context_window_exceeded", message: "m", retryable: false, ...(counted && { counted }) },
        }),
        answers(say("sum")),
        answers(say("end")),
      ]);
      const table = bench({ client, setUp: within({ limit: null }) });
      await turn(table, "one");
      expect(table.ofType("usage.updated")[0]?.last.totalTokens).toBe(last);
    }
  });

  test("a summary that does not fit itself is made of less: oldest calls first, with their outputs", async () => {
    const client = new ActedModel([
      answers(call("c1", "big"), call("c2", "big")),
      answers(call("c3", "big")),
      callFilling("c4"),
      failing("context_window_exceeded"),
      failing("context_window_exceeded"),
      answers(say("sum")),
      answers(say("end")),
    ]);
    const table = bench({
      client,
      tools: [tool("big", () => "x".repeat(4000)), quick],
      setUp: within({}),
    });
    await turn(table, "one");
    for (const index of [3, 4, 5]) expectValid(client.requests[index]!.input);
    const calls = (index: number): string[] => shown(client, index).filter((text) => text.startsWith("call"));
    expect([3, 4, 5].map(calls)).toEqual([
      ["call c1", "call c2", "call c3", "call c4"],
      ["call c2", "call c3", "call c4"],
      ["call c3", "call c4"],
    ]);
    expect(table.ofType("compaction.completed")).toMatchObject([
      { prunedOutputs: 2, text: "compact(9 items) -> 1 item + [summary] (dropped 2 old tool responses)" },
    ]);
    expectKept(table);
  });

  test("a summary that never fits fails the turn after a few requests, however long the history", async () => {
    const client = new ActedModel(
      Array.from({ length: 200 }, (_, index) => answers(say(`t${index}`), call(`c${index}`, "big"))),
      { otherwise: failing("context_window_exceeded", "too long") },
    );
    const table = bench({ client, tools: [tool("big", () => "x".repeat(400))], setUp: within({ limit: null }) });
    await turn(table, "one");
    expect(table.ofType("turn.failed")).toMatchObject([{ error: { code: "context_window_exceeded" } }]);
    expect(client.requests.length - 200).toBeLessThan(20);
    expectKept(table);
  });
});
