import { expect, test } from "vitest";
import { ScriptedModel } from "../../src/model/scripted-model.ts";
import { isToolCallOutput, type ResponseItem } from "../../src/protocol/response-items.ts";
import type { TokenUsage } from "../../src/protocol/usage.ts";
import {
  type Act,
  ActedModel,
  answers,
  bench,
  broken,
  call,
  completed,
  expectResumable,
  expectValid,
  gate,
  input,
  journaledItems,
  say,
  told,
  tool,
  usage,
} from "./kit.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { reload } from "./reload.ts";
import { until } from "../support/until.ts";

test("a turn goes on for as many rounds as the model wants", async () => {
  const rounds = Array.from({ length: 40 }, (_, index) => [call(`c${index}`, "echo", { index })]);
  const model = new ScriptedModel([...rounds, [say("done")]]);
  const { thread, event, records } = bench({ client: model, tools: [tool("echo", (args) => args)] });
  thread.submit(input("go"));
  expect((await event("turn.completed")).lastMessage).toBe("done");
  expect(model.requests).toHaveLength(41);
  expectValid(model.requests.at(-1)!.input);
  expectResumable(records);
});

test("a tool starts when its call is complete, before the response ends", async () => {
  const started = gate();
  const client = new ActedModel([
    async (emit) => {
      emit({ type: "item.done", item: call("c1", "early") });
      await started.promise;
      emit({ type: "item.done", item: say("still talking") });
      return completed();
    },
    answers(say("end")),
  ]);
  const { thread, event } = bench({
    client,
    tools: [tool("early", () => (started.open(), "ran"))],
  });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual([
    "user: go",
    "call c1",
    "assistant: still talking",
    "output c1: ran",
  ]);
});

test("calls run at once, one that may not waits and holds up the others; outputs stand in call order and are journaled as they end", async () => {
  const log: string[] = [];
  const gates = { a: gate(), b: gate(), alone: gate(), d: gate() };
  const gated = (name: keyof typeof gates, parallel: boolean) =>
    tool(
      name,
      async () => {
        log.push(`start ${name}`);
        await gates[name].promise;
        log.push(`end ${name}`);
        return name;
      },
      { parallel },
    );
  const client = new ActedModel([
    answers(call("1", "a"), call("2", "b"), call("3", "alone"), call("4", "d")),
    answers(say("end")),
  ]);
  const { thread, event, records } = bench({
    client,
    tools: [gated("a", true), gated("b", true), gated("alone", false), gated("d", true)],
  });
  thread.submit(input("go"));
  const outputs = (): string[] =>
    journaledItems(records).flatMap((item) => ("output" in item ? [String(item["output"])] : []));
  await until(() => log.length === 2);
  expect(log).toEqual(["start a", "start b"]);
  gates.b.open();
  await until(() => outputs().length === 1);
  expect(outputs()).toEqual(["b"]);
  expect(log).toEqual(["start a", "start b", "end b"]);
  gates.a.open();
  await until(() => log.includes("start alone"));
  expect(log).not.toContain("start d");
  gates.alone.open();
  await until(() => log.includes("start d"));
  expect(log.indexOf("end alone")).toBeLessThan(log.indexOf("start d"));
  gates.d.open();
  await event("turn.completed");
  expect(outputs()).toEqual(["b", "a", "alone", "d"]);
  expect(told(client.requests[1]!.input).slice(-4)).toEqual([
    "output 1: a",
    "output 2: b",
    "output 3: alone",
    "output 4: d",
  ]);
});

test("an unknown tool, a tool of the other kind, bad arguments and a tool that throws cost only their call", async () => {
  const custom = { type: "custom_tool_call", id: "ctc_2", call_id: "c2", name: "boom", input: "raw" } as const;
  const client = new ActedModel([
    answers(call("c1", "nothing"), custom, call("c3", "boom"), call("c4", "prepares")),
    answers(say("end")),
  ]);
  const boom = tool("boom", () => {
    throw new TypeError("wires crossed");
  });
  const prepares = tool("prepares", () => "never");
  prepares.prepare = () => {
    throw new Error("cannot be read");
  };
  const { thread, event, ofType, records } = bench({ client, tools: [boom, prepares] });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(told(client.requests[1]!.input).slice(-4)).toEqual([
    "output c1: unsupported call: nothing",
    "output c2: unsupported custom tool call: boom",
    "output c3: boom failed: wires crossed",
    "output c4: prepares failed: cannot be read",
  ]);
  expect(client.requests[1]!.input.at(-3)).toMatchObject({ type: "custom_tool_call_output" });
  expect(
    ofType("call.rejected")
      .map(({ callId }) => callId)
      .toSorted(),
  ).toEqual(["c1", "c2", "c3", "c4"]);
  expectResumable(records);
});

test("the tools are asked for anew before every request", async () => {
  const tools = [tool("one", () => "1")];
  const client = new ActedModel([
    (emit) => {
      tools.push(tool("two", () => "2"));
      emit({ type: "item.done", item: call("c1", "one") });
      return completed();
    },
    answers(call("c2", "two")),
    answers(say("end")),
  ]);
  const { thread, event } = bench({ client, tools });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(client.requests.map(({ tools: shown }) => shown.length)).toEqual([1, 2, 2]);
  expect(told(client.requests[2]!.input)).toContain("output c2: 2");
});

test("an output that is too long is clipped before the model reads it", async () => {
  const client = new ActedModel([answers(call("c1", "flood")), answers(say("end"))]);
  const { thread, event } = bench({ client, tools: [tool("flood", () => "x".repeat(1_000_000))] });
  thread.submit(input("go"));
  await event("turn.completed");
  const output = told(client.requests[1]!.input).at(-1)!;
  expect(output.length).toBeLessThan(48_100);
  expect(output).toContain("tokens truncated");
});

test("halves of characters in an output are none any more when the model reads it, now and when the thread is read again", async () => {
  const note: Tool = {
    ...tool("note", (_text, { turn }) => {
      turn!.note("noted \ud83d");
      return "whole 😀, cut \ud83d";
    }),
    parallel: "free",
  };
  const parts = tool("parts", () => [
    { type: "input_text", text: "\ude00 part" },
    { type: "input_image", image_url: "data:," },
  ]);
  const client = new ActedModel([answers(call("1", "note"), call("2", "parts")), answers(say("end"))]);
  const { thread, event, records } = bench({ client, tools: [note, parts] });
  thread.submit(input("go"));
  await event("turn.completed");
  const outputs = (items: readonly ResponseItem[]): unknown[] =>
    items.flatMap((item) => (isToolCallOutput(item) && "output" in item ? [item.output] : []));
  const whole = [
    "whole 😀, cut \ufffd",
    [
      { type: "input_text", text: "\ufffd part" },
      { type: "input_image", image_url: "data:," },
    ],
    "noted \ufffd",
  ];
  expect(outputs(client.requests[1]!.input)).toEqual(whole);
  expect(outputs(reload(records).history)).toEqual(whole);
});

test("the last words of the model are the turn's, also when a call follows them", async () => {
  const client = new ActedModel([
    answers(say("I am done, nearly"), call("c1", "echo")),
    answers({ type: "reasoning", id: "rs_1", summary: [] }),
  ]);
  const { thread, event } = bench({ client, tools: [tool("echo", () => "x")] });
  thread.submit(input("go"));
  expect((await event("turn.completed")).lastMessage).toBe("I am done, nearly");
});

test("end_turn false asks again with the items alone", async () => {
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: say("more to come") });
      return completed({ endTurn: false });
    },
    answers(say("end")),
  ]);
  const { thread, event } = bench({ client });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "assistant: more to come"]);
});

test("an empty response ends the turn without words", async () => {
  const client = new ActedModel([answers()]);
  const { thread, event } = bench({ client });
  thread.submit(input("go"));
  expect((await event("turn.completed")).lastMessage).toBeNull();
  expect(client.requests).toHaveLength(1);
});

test("usage adds up over responses and turns", async () => {
  const reply =
    (item: ResponseItem, counts: TokenUsage | null): Act =>
    (emit) => {
      emit({ type: "item.done", item });
      return completed({ usage: counts });
    };
  const client = new ActedModel([
    reply(call("c1", "echo"), usage(100, 10)),
    reply(say("one"), usage(120, 5)),
    reply(say("two"), null),
    reply(say("three"), usage(200, 1)),
  ]);
  const { thread, event, records, ofType } = bench({ client, tools: [tool("echo", () => "x")] });
  thread.submit(input("a"));
  expect((await event("turn.completed", 1)).usage).toMatchObject({
    inputTokens: 220,
    outputTokens: 15,
    totalTokens: 235,
  });
  thread.submit(input("b"));
  expect((await event("turn.completed", 2)).usage).toMatchObject({ inputTokens: 220, outputTokens: 15 });
  thread.submit(input("c"));
  expect((await event("turn.completed", 3)).usage).toMatchObject({
    inputTokens: 420,
    outputTokens: 16,
    totalTokens: 436,
  });
  const turnSums = records.flatMap((record) => (record.type === "usage" ? [record.turn.totalTokens] : []));
  expect(turnSums).toEqual([110, 235, 201]);
  expect(ofType("usage.updated").at(-1)?.last.totalTokens).toBe(201);
});

test("a full window is counted as full and ends the turn", async () => {
  const client = new ActedModel([
    () => ({ type: "failed", failure: { code: "context_window_exceeded", message: "too long", retryable: false } }),
  ]);
  const { thread, event, ofType, records } = bench({ client });
  thread.submit(input("go"));
  expect((await event("turn.failed")).error).toMatchObject({ code: "context_window_exceeded", message: "too long" });
  expect(ofType("usage.updated").at(-1)?.last.totalTokens).toBe(1000);
  expectResumable(records);
});

test("a broken response is asked for again with everything that was complete in it", async () => {
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: say("part") });
      emit({ type: "item.done", item: call("c1", "echo", "x") });
      emit({ type: "item.started", item: say("never finished", "msg_open") });
      emit({ type: "text.delta", itemId: "msg_open", delta: "never" });
      return broken("cut");
    },
    answers(say("whole")),
  ]);
  const { thread, event, ofType, clock, records } = bench({ client, tools: [tool("echo", () => "ran")] });
  thread.submit(input("go"));
  await event("turn.completed");
  expect(told(client.requests[1]!.input)).toEqual(["user: go", "assistant: part", "call c1", "output c1: ran"]);
  expect(client.requests).toHaveLength(2);
  expect(ofType("retry.scheduled")).toMatchObject([{ attempt: 1, maxAttempts: 5, delayMs: 200, cause: "cut" }]);
  expect(clock.sleeps.map(({ ms }) => ms)).toEqual([200]);
  expect(ofType("item.completed").map(({ item }) => item.type)).toEqual([
    "userMessage",
    "agentMessage",
    "agentMessage",
  ]);
  expectResumable(records);
});

test("a long wait that a server asks for is counted down, and says when it ends", async () => {
  const client = new ActedModel([() => broken("limit", { delayMs: 7500 }), answers(say("done"))]);
  const { thread, event, ofType, clock } = bench({ client });
  thread.submit(input("go"));
  await event("turn.completed");
  const [scheduled] = ofType("retry.scheduled");
  const counted = ofType("retry.countdown");
  expect(counted.map(({ leftMs }) => leftMs)).toEqual([7500, 6500, 5500, 4500, 3500, 2500, 1500, 500]);
  expect(clock.sleeps.reduce((sum, { ms }) => sum + ms, 0)).toBe(7500);
  expect(new Set(counted.map(({ atMs }) => atMs))).toEqual(new Set([scheduled!.atMs]));
});

test("retries wait twice as long each time, or as long as the server asks, and end at their limit", async () => {
  const client = new ActedModel([
    () => broken("1"),
    () => broken("2", { delayMs: 4900 }),
    () => broken("3"),
    () => broken("4"),
    () => broken("5"),
    () => broken("6"),
  ]);
  const { thread, event, clock, ofType, records } = bench({ client });
  thread.submit(input("go"));
  expect((await event("turn.failed")).error.message).toBe("6");
  const wanted = [200, 4900, 800, 1600, 3200];
  expect(clock.sleeps).toHaveLength(wanted.length);
  clock.sleeps.forEach(({ ms }, index) =>
    expect(Math.abs(ms - wanted[index]!)).toBeLessThanOrEqual(wanted[index]! / 10),
  );
  expect(clock.sleeps[1]!.ms).toBe(4900);
  expect(ofType("retry.scheduled").map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
  expect(client.requests).toHaveLength(6);
  expectResumable(records);
});

test("what cannot be mended is not tried again", async () => {
  const client = new ActedModel([() => broken("no", { retryable: false })]);
  const { thread, event, clock } = bench({ client });
  thread.submit(input("go"));
  expect((await event("turn.failed")).error.message).toBe("no");
  expect(clock.sleeps).toEqual([]);
  expect(client.requests).toHaveLength(1);
});

test("a model client that rejects fails the turn, which is kept with its prompt and answers every call", async () => {
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: call("c1", "echo") });
      throw new Error("no key in MY_KEY");
    },
    answers(say("end")),
  ]);
  const { thread, event, records } = bench({ client, tools: [tool("echo", () => "ran")] });
  thread.submit(input("first"));
  expect((await event("turn.failed")).error.message).toBe("no key in MY_KEY");
  expectResumable(records);
  expect(records.some((record) => record.type === "error")).toBe(true);
  thread.submit(input("second"));
  await event("turn.completed");
  expectValid(client.requests[1]!.input);
  expect(told(client.requests[1]!.input)[0]).toBe("user: first");
  expectResumable(records);
});
