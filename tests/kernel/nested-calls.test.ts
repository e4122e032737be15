import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { ModelClient } from "../../src/model/model-client.ts";
import type { Tool, ToolResult } from "../../src/tools/tool.ts";
import { ActedModel, answers, bench, call, completed, gate, input, say, told, tool } from "./kit.ts";
import { reload } from "./reload.ts";
import { until } from "../support/until.ts";

/** A tool that calls others, as scripts do. */
const caller = (run: (turn: NonNullable<Parameters<Tool["prepare"]>[1]["turn"]>) => Promise<unknown>): Tool => ({
  ...tool("script", async (_args, { turn }) => String(JSON.stringify(await run(turn!)))),
  parallel: "free",
});

const named = (tools: readonly Tool[], name: string): Tool => tools.find((each) => each.name === name)!;
const idle = new AbortController().signal;

test("a call of a call is judged, journaled and told of as the model's own, and stays out of the history", async () => {
  const asked: string[] = [];
  const work: Tool = {
    ...tool("work", () => ""),
    prepare: (given, context) => ({
      effect: "once",
      action: { kind: "write", paths: ["/work/x"] },
      refusal: () => "refused",
      async run() {
        const item = { type: "imageView", id: context.callId, path: given } as const;
        context.items.started(item);
        context.items.completed(item);
        expect(context.turn).toBeUndefined();
        return { output: "text", ok: true, data: { given } };
      },
    }),
  };
  const results: ToolResult[] = [];
  const script = caller(async (turn) => results.push(await turn.call(named(turn.tools, "work"), '{"a":1}', idle)));
  const client = new ActedModel([answers(call("c1", "script")), answers(say("end"))]);
  const { thread, event, ofType, records } = bench({
    client,
    tools: [script, work],
    setUp: async (setup) => ({
      ...setup,
      decide: async (action, { callId }) => {
        asked.push(`${action.kind} ${callId.replace(/-.*/, "")}`);
        return { type: "allow", enclose: null };
      },
    }),
  });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(results).toEqual([{ output: "text", ok: true, data: { given: '{"a":1}' } }]);
  expect(asked).toEqual(["none c1", "write exec"]);
  const started = records.flatMap((record) => (record.type === "call.started" ? [record.callId] : []));
  expect(started).toEqual([expect.stringMatching(/^exec-[0-9a-f-]{36}$/)]);
  expect(ofType("item.completed").map(({ item }) => item.id)).toContain(started[0]);
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "call c1", "output c1: 1"]);
});

test("what is refused, cannot be made or throws is a result that says so", async () => {
  const results: ToolResult[] = [];
  const script = caller(async (turn) => {
    for (const name of ["refused", "broken"]) results.push(await turn.call(named(turn.tools, name), "{}", idle));
  });
  const refused: Tool = {
    ...tool("refused", () => ""),
    prepare: () => ({
      effect: "none",
      action: { kind: "write", paths: ["/x"] },
      refusal: ({ message }) => `no: ${message}`,
      run: () => Promise.reject(new Error("must not run")),
    }),
  };
  const broken = tool("broken", () => Promise.reject(new Error("it fell")));
  const { thread, event, ofType } = bench({
    client: new ActedModel([answers(call("c1", "script")), answers(say("end"))]),
    tools: [script, refused, broken],
    setUp: async (setup) => ({
      ...setup,
      decide: async ({ kind }) =>
        kind === "write" ? { type: "deny", reason: "outside", message: "outside" } : { type: "allow", enclose: null },
    }),
  });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(results).toEqual([
    { output: "no: outside", ok: false },
    { output: "broken failed: it fell", ok: false },
  ]);
  expect(ofType("call.rejected").map(({ tool: name }) => name)).toEqual(["refused", "broken"]);
});

test("calls that run alone do so among the calls of a call, and its own does not stand in their way", async () => {
  const log: string[] = [];
  const first = gate();
  const alone = tool(
    "alone",
    async (args) => {
      log.push(`begin ${args}`);
      if (args === "1") await first.promise;
      log.push(`end ${args}`);
      return "";
    },
    { parallel: false },
  );
  const script = caller(async (turn) => {
    const both = ["1", "2"].map((args) => turn.call(named(turn.tools, "alone"), args, idle));
    first.open();
    await Promise.all(both);
  });
  const { thread, event } = bench({
    client: new ActedModel([answers(call("c1", "script")), answers(say("end"))]),
    tools: [script, alone],
  });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(log).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
});

test("a call is cut off by its caller, and by nobody's interrupt but that of the turn", async () => {
  const cut = new AbortController();
  let seen: AbortSignal | null = null;
  const results: ToolResult[] = [];
  const hanging = tool("hanging", (_args, { signal }) => {
    seen = signal;
    cut.abort();
    return new Promise(() => {});
  });
  const script = caller(async (turn) => results.push(await turn.call(named(turn.tools, "hanging"), "{}", cut.signal)));
  const { thread, event, ofType } = bench({
    client: new ActedModel([answers(call("c1", "script")), answers(say("end"))]),
    tools: [script, hanging],
  });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(results).toEqual([{ output: "aborted", ok: false }]);
  expect(seen).toBe(cut.signal);
  expect(ofType("call.rejected")).toEqual([]);
});

test("a call that has ended leaves nothing with the script or the turn that outlives it", async () => {
  const { signal } = new AbortController();
  const listening: number[] = [];
  const script = caller(async (turn) => {
    for (let round = 0; round < 3; round++) {
      await turn.call(named(turn.tools, "work"), "{}", signal);
      listening.push(getEventListeners(signal, "abort").length);
    }
  });
  const direct: number[] = [];
  const count = tool("count", (_args, context) => {
    direct.push(getEventListeners(context.signal, "abort").length);
    return "";
  });
  const replies = [call("c1", "count"), call("c2", "count"), call("c3", "script"), call("c4", "count"), say("end")];
  const client: ModelClient = {
    streamMaxRetries: 0,
    async stream(_request, { onEvent }) {
      onEvent({ type: "item.done", item: replies.shift()! });
      return completed();
    },
  };
  const { thread, event } = bench({ client, tools: [script, count, tool("work", () => "done")] });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(listening).toEqual([0, 0, 0]);
  expect(new Set(direct)).toEqual(new Set([direct[0]]));
});

test("a further output of a call stands behind the outputs of its response, now and when the thread is read again", async () => {
  const other = gate();
  const script = caller(async (turn) => {
    expect(turn.note("first")).toBe(true);
    expect(turn.note("second")).toBe(true);
    other.open();
  });
  const slow = tool("slow", async () => {
    await other.promise;
    return "slow";
  });
  const client = new ActedModel([answers(call("c1", "script"), call("c2", "slow")), answers(say("end"))]);
  const { thread, event, records } = bench({ client, tools: [script, slow] });
  thread.submit(input("go"));
  await event("turn.completed");
  const items = [
    "user: go",
    "call c1",
    "call c2",
    "output c1: undefined",
    "output c2: slow",
    "output c1: first",
    "output c1: second",
  ];
  expect(told(client.requests[1]!.input)).toEqual(items);
  expect(client.requests[1]!.input.at(-1)).toMatchObject({ type: "custom_tool_call_output", name: "script" });
  expect(told([client.requests[0]!.input[0]!, ...reload(records).history]).slice(0, -1)).toEqual(items);
});

test("an output that comes when the model has had its last word makes it speak again", async () => {
  let note = (_text: string): boolean => false;
  const script = caller(async (turn) => {
    note = (text) => turn.note(text);
  });
  const client = new ActedModel([
    answers(call("c1", "script")),
    async (emit, request, signal) => {
      note("late");
      return answers(say("so be it"))(emit, request, signal);
    },
    answers(say("end")),
  ]);
  const { thread, event } = bench({ client, tools: [script] });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(told(client.requests[2]!.input).slice(-2)).toEqual(["assistant: so be it", "output c1: late"]);
  expect(note("too late")).toBe(false);
});

test("a call hears of news: words of the user, and further outputs", async () => {
  const waiting = gate();
  const sleeper = caller(async (turn) => {
    const heard = turn.news().then(() => "heard");
    waiting.open();
    return heard;
  });
  const client = new ActedModel([answers(call("c1", "script")), answers(say("end"))]);
  const { thread, event } = bench({ client, tools: [sleeper] });
  thread.submit(input("go"));
  await waiting.promise;
  thread.steer(input("listen"));
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "call c1", 'output c1: "heard"', "user: listen"]);
});

test("the turn is over for a call when it has ended, also when it was interrupted", async () => {
  const signals: AbortSignal[] = [];
  const running = gate();
  const script = caller(async (turn) => {
    signals.push(turn.over);
    running.open();
    if (signals.length === 2) await new Promise(() => {});
  });
  const client = new ActedModel([answers(call("c1", "script")), answers(say("end")), answers(call("c2", "script"))]);
  const { thread, event } = bench({ client, tools: [script] });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  thread.submit(input("again"));
  await until(() => signals.length === 2);
  expect(signals[1]!.aborted).toBe(false);
  thread.interrupt();
  await event("turn.interrupted");
  expect(signals[1]!.aborted).toBe(true);
});
