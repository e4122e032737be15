import type { MessageItem, ReasoningItem, ResponseItem, ToolCallItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import type { ModelFailure } from "../model-client.ts";
import type { ItemSink, Repair } from "./items.ts";
import { markRepaired } from "./repair/marks.ts";
import { settleCall } from "./repair/settle-call.ts";
import { TextCalls } from "./repair/text-calls.ts";
import type { StepEnd, StepSink } from "./step.ts";
import type { TableTool, ToolTable } from "./tool-table.ts";

/** What an answer came to. */
export type AssembledEnd =
  /** `searches`: calls of the search that is offered here; no item stands for them. */
  | { type: "completed"; calls: number; searches: SearchCall[] }
  /** Neither text nor a call: to be asked for once more. */
  | { type: "empty" }
  | { type: "incomplete"; reason: "max_output_tokens" | "content_filter" }
  | { type: "failed"; failure: ModelFailure };

export interface SearchCall {
  callId: string;
  arguments: string;
}

interface HeardCall {
  id: string;
  name: string;
  parts: string[];
}

type Open =
  | { kind: "reasoning"; id: string; index: number; parts: string[]; seal: string | null }
  | { kind: "message"; id: string; index: number; parts: string[]; refusal: boolean };

const invalid = (message: string): AssembledEnd => ({
  type: "failed",
  failure: { code: "stream_disconnected", message, retryable: true, providerCode: "model_output_invalid" },
});

/**
 * Builds response items of the pieces of an answer: reasoning and messages in the order in which they came, then the calls. One of
 * it makes the items of one response, of several answers where a model has to be asked again.
 */
export class Assembler implements StepSink {
  readonly #table: ToolTable;
  readonly #sink: ItemSink;
  /** Gives an id with that prefix. */
  readonly #newId: (prefix: string) => string;
  #texts: TextCalls;
  #open: Open | null = null;
  /** Of the reasoning that an answer without anything else had: taken up by the next. */
  #count = 0;
  #said = false;
  #called = 0;
  #searches: SearchCall[] = [];
  readonly #calls = new Map<number, HeardCall>();
  #failure: AssembledEnd | null = null;
  #usage: TokenUsage | null = null;
  readonly items: ResponseItem[] = [];

  constructor(table: ToolTable, sink: ItemSink, newId: (prefix: string) => string) {
    this.#table = table;
    this.#sink = sink;
    this.#newId = newId;
    this.#texts = new TextCalls(table);
  }

  /** What the latest answer took; null when its server did not say. */
  get used(): TokenUsage | null {
    return this.#usage;
  }

  reasoning(delta: string): void {
    if (delta === "") return;
    const open = this.#openReasoning();
    open.parts.push(delta);
    this.#sink.reasoningDelta(open.id, open.index, delta);
  }

  seal(seal: string): void {
    this.#openReasoning().seal = seal;
  }

  text(delta: string): void {
    if (delta !== "") this.#say(this.#texts.push(delta), false);
  }

  refusal(delta: string): void {
    if (delta !== "") this.#say(delta, true);
  }

  blockEnded(): void {
    this.#close();
  }

  call(key: number, { id, name, arguments: text }: { id?: string; name?: string; arguments?: string }): void {
    let heard = this.#calls.get(key);
    if (heard === undefined) this.#calls.set(key, (heard = { id: "", name: "", parts: [] }));
    if (id) heard.id = id;
    if (name) heard.name = name;
    if (text) heard.parts.push(text);
  }

  callEnded(key: number): void {
    const heard = this.#calls.get(key);
    if (heard === undefined) return;
    this.#calls.delete(key);
    this.#settle(heard, key);
  }

  usage(usage: TokenUsage): void {
    this.#usage = usage;
  }

  /** The answer has ended. After `empty` and after searches another may follow. */
  end(end: StepEnd): AssembledEnd {
    if (end.type === "failed") return end;
    const cut = end.reason !== "stop";
    const held = this.#texts.end();
    this.#say(held.text, false);
    if (cut) {
      this.#calls.clear();
      this.#close("incomplete");
      return { type: "incomplete", reason: end.reason === "length" ? "max_output_tokens" : "content_filter" };
    }
    for (const [index, call] of held.calls.entries())
      this.#calls.set(lastKey + index, { id: "", name: call.name, parts: [call.arguments] });
    const texts = held.calls.length > 0;
    for (const [key, heard] of [...this.#calls].sort(([one], [other]) => one - other)) {
      this.#calls.delete(key);
      this.#settle(heard, key, key >= lastKey && texts);
    }
    if (this.#failure !== null) return this.#failure;
    const searches = this.#searches;
    if (!this.#said && this.#called === 0 && searches.length === 0) {
      this.#again();
      return { type: "empty" };
    }
    if (searches.length === 0 || this.#called > 0) this.#close();
    return { type: "completed", calls: this.#called, searches };
  }

  /** Another answer goes on with the same items: a message that is open stays so. */
  continue(table: ToolTable): Assembler {
    const next = new Assembler(table, this.#sink, this.#newId);
    next.#open = this.#open;
    next.#count = this.#count;
    next.#said = this.#said;
    next.items.push(...this.items);
    return next;
  }

  /** Tells of an item that is made elsewhere. */
  add(item: ResponseItem): void {
    const index = this.#count++;
    this.#sink.started(item, index);
    this.#finish(item, index);
  }

  /** What the last answer thought is dropped; pieces of it that were told are put right by the item in the end. */
  #again(): void {
    if (this.#open?.kind === "reasoning") {
      this.#open.parts = [];
      this.#open.seal = null;
    }
    this.#texts = new TextCalls(this.#table);
  }

  #openReasoning(): Extract<Open, { kind: "reasoning" }> {
    if (this.#open?.kind === "reasoning") return this.#open;
    this.#close();
    const open = { kind: "reasoning", id: this.#newId("rs_"), index: this.#count++, parts: [], seal: null } as const;
    const item: ReasoningItem = { type: "reasoning", id: open.id, summary: [], content: [] };
    this.#sink.started(item, open.index);
    return (this.#open = { ...open, parts: [] });
  }

  #say(delta: string, refusal: boolean): void {
    if (delta === "") return;
    let open = this.#open;
    if (open?.kind !== "message" || open.refusal !== refusal) {
      // Blank space between two things is none of them.
      if (delta.trim() === "" && !refusal) return;
      this.#close();
      open = { kind: "message", id: this.#newId("msg_"), index: this.#count++, parts: [], refusal };
      this.#open = open;
      const item: MessageItem = { type: "message", id: open.id, role: "assistant", status: "in_progress", content: [] };
      this.#sink.started(item, open.index);
    }
    this.#said = true;
    open.parts.push(delta);
    this.#sink.textDelta(open.id, open.index, delta);
  }

  #close(status = "completed"): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const text = open.parts.join("");
    if (open.kind === "message") {
      const content: MessageItem["content"] = open.refusal
        ? [{ type: "refusal", refusal: text }]
        : [{ type: "output_text", text, annotations: [] }];
      this.#finish({ type: "message", id: open.id, role: "assistant", status, content }, open.index);
      return;
    }
    const item: ReasoningItem = {
      type: "reasoning",
      id: open.id,
      summary: [],
      content: text === "" ? [] : [{ type: "reasoning_text", text }],
      ...(open.seal !== null && { encrypted_content: open.seal }),
    };
    this.#finish(item, open.index);
  }

  #finish(item: ResponseItem, index: number): void {
    this.items.push(item);
    this.#sink.done(item, index);
  }

  #settle({ id, name, parts }: HeardCall, key: number, fromText = false): void {
    if (this.#failure !== null) return;
    const settled = settleCall({ name, arguments: parts.join("") }, this.#table);
    if ("refused" in settled) {
      this.#failure = invalid(settled.refused);
      return;
    }
    const { tool, repairs } = settled;
    const kinds = [...(fromText ? (["text"] as const) : []), ...repairs.map(({ kind }) => kind)];
    const callId = markRepaired(id === "" ? this.#newId(fromText || key < 0 ? "call_" : `call_${key}_`) : id, kinds);
    if (tool?.kind === "web_search") {
      this.#searches.push({ callId, arguments: settled.arguments });
      return;
    }
    this.#close();
    this.#called++;
    const index = this.#count++;
    const item = callItem(tool, settled.name, settled.arguments, callId, this.#newId);
    this.#sink.started(item, index);
    this.#finish(item, index);
    const notes: Omit<Repair, "tool" | "callId">[] = [
      ...(fromText ? [{ kind: "text", detail: "the call was written as text" } as const] : []),
      ...repairs,
    ];
    for (const note of notes) this.#sink.repaired({ ...note, tool: settled.name, callId });
  }
}

/** Calls that stood in the text come after those that the server told of. */
const lastKey = 1_000_000;

function callItem(
  tool: TableTool | null,
  name: string,
  text: string,
  callId: string,
  newId: (prefix: string) => string,
): ToolCallItem {
  const common = { status: "completed", call_id: callId };
  if (tool?.kind === "custom")
    return { type: "custom_tool_call", id: newId("ctc_"), ...common, name: tool.name, input: rawInputOf(text) };
  if (tool?.kind === "tool_search")
    return { type: "tool_search_call", id: newId("tsc_"), ...common, execution: "client", arguments: JSON.parse(text) };
  return {
    type: "function_call",
    id: newId("fc_"),
    ...common,
    name: tool?.name ?? name,
    ...(tool !== null && tool.namespace !== null && { namespace: tool.namespace }),
    arguments: text,
  };
}

/** The text of a tool that takes no JSON: the field of the function that stands for it, or what came in its place. */
function rawInputOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string") return value;
    const input = (value as { input?: unknown } | null)?.input;
    if (typeof input === "string") return input;
    return input === undefined ? text : JSON.stringify(input);
  } catch {
    return text;
  }
}
