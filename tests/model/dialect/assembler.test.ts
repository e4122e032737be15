import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Assembler, type AssembledEnd, type AssemblerOptions } from "../../../src/model/dialect/assembler.ts";
import type { Repair } from "../../../src/model/dialect/items.ts";
import { repairNote } from "../../../src/model/dialect/repair/marks.ts";
import type { StepEnd } from "../../../src/model/dialect/step.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { TokenUsage } from "../../../src/protocol/usage.ts";

const tools = [
  { type: "function", name: "run", parameters: { type: "object", properties: { n: { type: "integer" } } } },
  { type: "custom", name: "patch" },
  { type: "namespace", name: "mcp__a", tools: [{ type: "function", name: "read", parameters: { type: "object" } }] },
  { type: "tool_search", description: "", parameters: { type: "object" } },
  { type: "web_search" },
];
const table = new ToolTable(tools, [], { webSearch: true });

const stop: StepEnd = { type: "finished", reason: "stop" };
const length: StepEnd = { type: "finished", reason: "length" };
const broken: StepEnd = { type: "failed", failure: { code: "stream_disconnected", message: "cut", retryable: true } };

/** Hears what an assembler tells, and holds it to its promises. */
class Listener {
  /** In the order in which it was told, as short words. */
  readonly told: string[] = [];
  readonly repairs: Repair[] = [];
  readonly deltas = new Map<number, string>();
  readonly started = new Map<number, ResponseItem>();
  readonly done = new Map<number, ResponseItem>();
  readonly assembler: Assembler;

  constructor(options: AssemblerOptions = {}) {
    let ids = 0;
    const delta = (kind: string) => (itemId: string, index: number, text: string) => {
      assert.equal(this.started.get(index)?.id, itemId);
      assert.ok(!this.done.has(index) && text !== "");
      this.deltas.set(index, (this.deltas.get(index) ?? "") + text);
      this.told.push(`${kind} ${index} ${text}`);
    };
    this.assembler = new Assembler(
      table,
      {
        started: (item, index) => {
          assert.equal(index, this.started.size);
          this.started.set(index, item);
          this.told.push(`+${item.type} ${index}`);
        },
        textDelta: delta("text"),
        reasoningDelta: delta("thought"),
        done: (item, index) => {
          const started = this.started.get(index);
          assert.deepEqual([started?.id, started?.type], [item.id, item.type]);
          assert.ok(!this.done.has(index));
          this.done.set(index, item);
          this.told.push(`-${item.type} ${index}`);
        },
        repaired: (repair) => {
          this.repairs.push(repair);
          this.told.push(`!${repair.kind}`);
        },
      },
      (prefix) => `${prefix}${ids++}`,
      options,
    );
  }

  end(end = stop): AssembledEnd {
    return this.assembler.end(end);
  }

  get items(): unknown[] {
    return this.assembler.items.map(({ id: _id, ...item }) => item);
  }
}

const message = (text: string, status = "completed"): unknown => ({
  type: "message",
  role: "assistant",
  status,
  content: [{ type: "output_text", text, annotations: [] }],
});
const thought = (text: string, seal?: string): unknown => ({
  type: "reasoning",
  summary: [],
  content: text === "" ? [] : [{ type: "reasoning_text", text }],
  ...(seal !== undefined && { encrypted_content: seal }),
});

describe("an answer becomes items", () => {
  test("reasoning first, then its message, then its calls by index, each told of from its beginning to its end", () => {
    const heard = new Listener();
    const { assembler } = heard;
    assembler.reasoning("Hm");
    assembler.reasoning(".");
    assembler.text("Yes");
    assembler.text(".");
    assembler.call(1, { id: "b", name: "mcp__a__read", arguments: "{}" });
    assembler.call(0, { id: "a", name: "run" });
    assembler.call(0, { arguments: '{"n":' });
    assembler.call(1, { arguments: " " });
    assembler.call(0, { arguments: "1}" });
    expect(heard.end()).toMatchObject({ type: "completed", calls: 2, searches: [] });
    expect(heard.items).toEqual([
      thought("Hm."),
      message("Yes."),
      { type: "function_call", status: "completed", call_id: "a", name: "run", arguments: '{"n":1}' },
      { type: "function_call", status: "completed", call_id: "b", namespace: "mcp__a", name: "read", arguments: "{} " },
    ]);
    expect(heard.told).toEqual([
      "+reasoning 0",
      "thought 0 Hm",
      "thought 0 .",
      "-reasoning 0",
      "+message 1",
      "text 1 Yes",
      "text 1 .",
      "-message 1",
      "+function_call 2",
      "-function_call 2",
      "+function_call 3",
      "-function_call 3",
    ]);
  });

  test("a call that is known to be complete is told of before the answer ends", () => {
    const heard = new Listener();
    heard.assembler.text("I look.");
    heard.assembler.call(4, { id: "a", name: "run", arguments: "{}" });
    heard.assembler.callEnded(4);
    heard.assembler.callEnded(9);
    expect(heard.told.at(-1)).toBe("-function_call 1");
    heard.assembler.text("And more.");
    heard.end();
    expect(heard.items).toMatchObject([{ type: "message" }, { type: "function_call" }, message("And more.")]);
  });

  test("what was said before a call is done as soon as the call has its name", () => {
    const heard = new Listener();
    heard.assembler.text("I look.");
    heard.assembler.call(0, { id: "a" });
    expect(heard.told.at(-1)).toBe("text 0 I look.");
    heard.assembler.call(0, { name: "run", arguments: '{"n":' });
    expect(heard.told.at(-1)).toBe("-message 0");
    heard.assembler.text("\n");
    heard.assembler.call(0, { arguments: "1}" });
    heard.end();
    expect(heard.items).toMatchObject([message("I look."), { arguments: '{"n":1}' }]);
  });

  test("calls have the form that their tools have", () => {
    const heard = new Listener();
    heard.assembler.call(0, { id: "a", name: "patch", arguments: '{"input":"*** Begin"}' });
    heard.assembler.call(1, { id: "b", name: "tool_search", arguments: '{"query":"x"}' });
    heard.assembler.call(2, { id: "c", name: "tool_search", arguments: '{"query":' });
    heard.assembler.call(3, { id: "d", name: "launch", arguments: "?" });
    heard.end();
    expect(heard.items).toMatchObject([
      { type: "custom_tool_call", name: "patch", input: "*** Begin" },
      { type: "tool_search_call", execution: "client", arguments: { query: "x" } },
      { type: "tool_search_call", arguments: '{"query":' },
      { type: "function_call", name: "launch", arguments: "?" },
    ]);
  });

  test("blocks are items of their own, and a seal belongs to the reasoning that it ends", () => {
    const heard = new Listener();
    const { assembler } = heard;
    assembler.reasoning("One");
    assembler.seal("s1");
    assembler.blockEnded();
    assembler.seal("s2");
    assembler.blockEnded();
    assembler.text("A");
    assembler.blockEnded();
    assembler.text("B");
    heard.end();
    expect(heard.items).toEqual([thought("One", "s1"), thought("", "s2"), message("A"), message("B")]);
  });

  test("a refusal is a message of its own", () => {
    const heard = new Listener();
    heard.assembler.text("Well.");
    heard.assembler.refusal("I will ");
    heard.assembler.refusal("not.");
    expect(heard.end().type).toBe("completed");
    expect(heard.items[1]).toMatchObject({ type: "message", content: [{ type: "refusal", refusal: "I will not." }] });
  });

  test("blank space before a text belongs to it, and is nothing by itself", () => {
    const heard = new Listener();
    heard.assembler.text("\n");
    heard.assembler.text("\n");
    heard.assembler.text("Yes ");
    heard.assembler.text(" ");
    heard.assembler.reasoning("Hm");
    heard.assembler.text(" \n");
    heard.assembler.call(0, { id: "a", name: "run" });
    heard.end();
    expect(heard.items).toMatchObject([
      message("\n\nYes  "),
      thought("Hm"),
      { type: "function_call", arguments: "{}" },
    ]);
  });
});

describe("calls that are not as they should be", () => {
  test("are repaired, which is told before anybody acts on them and can be read off their ids", () => {
    const heard = new Listener();
    heard.assembler.call(0, { id: "a", name: "Run", arguments: "{'n': '1'}" });
    heard.end();
    expect(heard.told).toEqual(["!name", "!json", "!types", "+function_call 0", "-function_call 0"]);
    expect(heard.items).toMatchObject([{ name: "run", arguments: '{"n":1}', call_id: "a-repaired-name-json-types" }]);
    expect(heard.repairs[0]).toEqual({
      kind: "name",
      tool: "run",
      callId: "a-repaired-name-json-types",
      detail: 'named "Run"',
    });
    expect(repairNote(heard.repairs[0]!.callId)).not.toBeNull();
  });

  test("are found in the text, in the order in which they stand there", () => {
    const heard = new Listener();
    for (const piece of ["I look.\n<tool", '_call>{"name": "run", "arguments": {"n": 1}}</tool_call>', "\n"])
      heard.assembler.text(piece);
    heard.assembler.text('<tool_call>{"name": "run", "arguments": {"n": 2}}</tool_call>');
    expect(heard.end()).toMatchObject({ type: "completed", calls: 2 });
    expect(heard.items).toMatchObject([message("I look.\n"), { arguments: '{"n":1}' }, { arguments: '{"n":2}' }]);
    expect(heard.repairs.map(({ kind }) => kind)).toEqual(["text", "text"]);
    expect(heard.repairs[0]!.detail).toBe("written as text: <tool_call>");
  });

  const written = '<tool_call>{"name": "run", "arguments": {}}</tool_call>';

  test.each<[string, (assembler: Assembler) => void]>([
    ["a call that the server tells of", (assembler) => assembler.call(0, { id: "a", name: "run" })],
    ["reasoning", (assembler) => assembler.reasoning("Hm")],
    ["a seal", (assembler) => assembler.seal("s")],
    ["a refusal", (assembler) => assembler.refusal("No")],
    ["another block of text", (assembler) => (assembler.blockEnded(), assembler.text("More"))],
  ])("are text where %s follows", (_what, follow) => {
    const heard = new Listener();
    heard.assembler.text(written);
    follow(heard.assembler);
    heard.end();
    expect(heard.items[0]).toEqual(message(written));
    expect(heard.repairs).toEqual([]);
  });

  test("are text where the answer was cut off", () => {
    const heard = new Listener();
    heard.assembler.text(written);
    heard.end(length);
    expect(heard.items).toEqual([message(written, "incomplete")]);
  });

  test("are text where none is looked for, in this answer and the next", () => {
    const heard = new Listener({ textCalls: false });
    heard.end();
    heard.assembler.text(written);
    heard.end();
    expect(heard.items).toEqual([message(written)]);
  });

  test("get ids that no other call has", () => {
    const heard = new Listener({ taken: ["old"] });
    for (const [key, id] of ["same", "same", "", "", "old", "call_0"].entries())
      heard.assembler.call(key, { id, name: "run", arguments: "{}" });
    heard.end();
    const ids = heard.assembler.items.map((item) => (item as { call_id: string }).call_id);
    expect(ids[0]).toBe("same");
    expect(new Set([...ids, "old"]).size).toBe(7);
  });

  test("end the answer where they name no tool and several are offered, before any of them is told of", () => {
    const heard = new Listener();
    heard.assembler.call(0, { id: "a", name: "run" });
    heard.assembler.call(1, { id: "b", arguments: "{}" });
    expect(heard.end()).toMatchObject({ type: "failed", failure: { providerCode: "model_output_invalid" } });
    expect(heard.told).toEqual([]);
    const early = new Listener();
    early.assembler.call(0, { id: "a", arguments: "{}" });
    early.assembler.callEnded(0);
    expect(early.end(length)).toMatchObject({ type: "failed" });
  });

  test("are nothing where nothing was said of them", () => {
    const heard = new Listener();
    heard.assembler.call(0, {});
    heard.assembler.callEnded(0);
    heard.assembler.call(1, { id: "", name: "", arguments: "" });
    expect(heard.end()).toEqual({ type: "empty" });
  });
});

describe("an answer that is cut off", () => {
  test.each([
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"],
  ] as const)("by %s is incomplete, and its unfinished calls are not told of", (reason, told) => {
    const heard = new Listener();
    heard.assembler.reasoning("Hm");
    heard.assembler.text("Half");
    heard.assembler.call(0, { id: "a", name: "run", arguments: '{"n":1' });
    expect(heard.end({ type: "finished", reason })).toEqual({ type: "incomplete", reason: told });
    expect(heard.items).toEqual([thought("Hm"), message("Half")]);
    const early = new Listener();
    early.assembler.text("Hal");
    early.end({ type: "finished", reason });
    expect(early.items).toEqual([message("Hal", "incomplete")]);
  });

  test("keeps the calls that were complete", () => {
    const heard = new Listener();
    heard.assembler.call(0, { id: "a", name: "run", arguments: "{}" });
    heard.assembler.callEnded(0);
    heard.assembler.call(1, { id: "b", name: "run", arguments: '{"n":' });
    expect(heard.end(length).type).toBe("incomplete");
    expect(heard.items).toMatchObject([{ call_id: "a" }]);
  });

  test("by a failure leaves open what was open", () => {
    const heard = new Listener();
    heard.assembler.text("Half <tool_call>");
    expect(heard.end(broken)).toBe(broken);
    expect(heard.told).toEqual(["+message 0", "text 0 Half <tool_call>"]);
    expect(heard.items).toEqual([]);
  });
});

describe("an answer without text or calls", () => {
  test.each<[string, (assembler: Assembler) => void]>([
    ["nothing", () => {}],
    ["blank space", (assembler) => assembler.text(" \n")],
    ["reasoning", (assembler) => assembler.reasoning("Hm")],
    ["reasoning as a block", (assembler) => (assembler.reasoning("Hm"), assembler.seal("s"), assembler.blockEnded())],
  ])(
    "but %s is empty; what is thought next stands in the same item, and what was thought for nothing nowhere",
    (_w, say) => {
      const heard = new Listener();
      heard.assembler.usage(usage(1));
      say(heard.assembler);
      expect(heard.end()).toEqual({ type: "empty" });
      expect([...heard.done.keys()]).toEqual([]);
      expect(heard.assembler.used).toEqual(usage(1));
      heard.assembler.reasoning("Better");
      heard.assembler.text("Yes");
      expect(heard.end()).toMatchObject({ type: "completed", said: [{ type: "reasoning" }, { type: "message" }] });
      expect(heard.items).toEqual([thought("Better"), message("Yes")]);
    },
  );

  test("does not count what an earlier one took a second time", () => {
    const heard = new Listener();
    heard.assembler.usage(usage(1));
    heard.assembler.usage(usage(2));
    heard.end();
    expect(heard.assembler.used).toEqual(usage(2));
    heard.assembler.text("Yes");
    heard.end();
    expect(heard.assembler.used).toBeNull();
  });
});

const usage = (tokens: number): TokenUsage => ({
  inputTokens: tokens,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
  totalTokens: tokens,
});

describe("searches of the web", () => {
  test("are given back; the message goes on with what the model says of what was found", () => {
    const heard = new Listener();
    const { assembler } = heard;
    assembler.text("I search. ");
    assembler.call(0, { id: "s", name: "web_search", arguments: '{"query":"x"}' });
    const end = heard.end();
    expect(end).toMatchObject({
      calls: 0,
      searches: [{ callId: "s", arguments: '{"query":"x"}' }],
      said: [message("I search. ")],
    });
    expect(heard.items).toEqual([]);
    assembler.add({ type: "web_search_call", id: "ws_1", status: "completed" });
    assembler.continue(new ToolTable([], []));
    assembler.text("Found.");
    expect(heard.end()).toMatchObject({ type: "completed", said: [message("Found.")] });
    expect(heard.items).toEqual([message("I search. Found."), { type: "web_search_call", status: "completed" }]);
  });

  test("end what was thought before them", () => {
    const heard = new Listener();
    heard.assembler.reasoning("Hm");
    heard.assembler.seal("s1");
    heard.assembler.call(0, { id: "s", name: "web_search", arguments: "{}" });
    heard.assembler.callEnded(0);
    expect(heard.end()).toMatchObject({ said: [thought("Hm", "s1")] });
    heard.assembler.continue(table);
    heard.assembler.reasoning("Ah");
    heard.assembler.text("Found.");
    expect(heard.end()).toMatchObject({ said: [thought("Ah"), message("Found.")] });
    expect(heard.items).toEqual([thought("Hm", "s1"), thought("Ah"), message("Found.")]);
  });

  test("beside other calls leave nothing open", () => {
    const heard = new Listener();
    heard.assembler.text("Both.");
    heard.assembler.call(0, { id: "s", name: "web_search", arguments: "{}" });
    heard.assembler.call(1, { id: "a", name: "run", arguments: "{}" });
    expect(heard.end()).toMatchObject({ calls: 1, searches: [{ callId: "s" }] });
    expect(heard.items).toMatchObject([message("Both."), { call_id: "a" }]);
  });

  test("an answer after them that says nothing is empty, whatever was said before", () => {
    const heard = new Listener();
    heard.assembler.text("I search.");
    heard.assembler.call(0, { id: "s", name: "web_search", arguments: "{}" });
    heard.end();
    heard.assembler.continue(table);
    expect(heard.end()).toEqual({ type: "empty" });
    heard.assembler.text(" Found.");
    expect(heard.end()).toMatchObject({ type: "completed", said: [message(" Found.")] });
    expect(heard.items).toEqual([message("I search. Found.")]);
  });
});

type Piece = (assembler: Assembler) => void;
const words = fc.constantFrom(
  "a",
  " ",
  "\n",
  "<",
  "<tool_call>",
  '{"name":"run","arguments":{}}',
  "</tool_call>",
  "```json\n",
  "b c",
);
const piece: fc.Arbitrary<Piece> = fc.oneof(
  {
    weight: 4,
    arbitrary: words.map(
      (text): Piece =>
        (assembler) =>
          assembler.text(text),
    ),
  },
  {
    weight: 2,
    arbitrary: words.map(
      (text): Piece =>
        (assembler) =>
          assembler.reasoning(text),
    ),
  },
  fc.constant<Piece>((assembler) => assembler.blockEnded()),
  fc.constant<Piece>((assembler) => assembler.seal("s")),
  fc.constant<Piece>((assembler) => assembler.refusal("no")),
  fc
    .record({
      key: fc.integer({ min: 0, max: 2 }),
      id: fc.constantFrom("", "x", "y"),
      name: fc.constantFrom("run", "patch", "web_search", "launch"),
      arguments: fc.constantFrom("", "{}", '{"n":', "1}", "{'n': 1}"),
    })
    .map(
      ({ key, ...heard }): Piece =>
        (assembler) =>
          assembler.call(key, heard),
    ),
  fc.integer({ min: 0, max: 2 }).map(
    (key): Piece =>
      (assembler) =>
        assembler.callEnded(key),
  ),
);
const answer = fc.record({
  pieces: fc.array(piece, { maxLength: 15 }),
  end: fc.constantFrom(stop, stop, stop, length, broken),
});

test("whatever the pieces: what is told adds up to the items, and what started is done once unless the answer failed", () => {
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 3 }), (answers) => {
      const heard = new Listener();
      let end: AssembledEnd = { type: "empty" };
      let redone = false;
      for (const { pieces, end: how } of answers) {
        for (const tell of pieces) tell(heard.assembler);
        end = heard.end(how);
        if (end.type === "empty") redone = true;
        else if (end.type === "completed" && end.searches.length > 0 && end.calls === 0)
          heard.assembler.continue(table);
        else break;
      }
      const settled =
        end.type === "incomplete" || (end.type === "completed" && (end.searches.length === 0 || end.calls > 0));
      if (settled) expect(heard.done.size).toBe(heard.started.size);
      expect(heard.assembler.items).toEqual([...heard.done].sort(([a], [b]) => a - b).map(([, item]) => item));
      for (const [index, item] of heard.done) {
        const text = textOf(item);
        if (text === null) continue;
        const told = heard.deltas.get(index) ?? "";
        if (item.type === "reasoning" && redone) expect(told.endsWith(text)).toBe(true);
        else expect(text).toBe(told);
      }
      const ids = heard.assembler.items.flatMap((item) => ("call_id" in item ? [item.call_id] : []));
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 3000 },
  );
});

function textOf(item: ResponseItem): string | null {
  if (item.type !== "message" && item.type !== "reasoning") return null;
  const parts = ((item as { content?: object[] }).content ?? []) as { text?: string; refusal?: string }[];
  return parts.map(({ text, refusal }) => text ?? refusal ?? "").join("");
}
