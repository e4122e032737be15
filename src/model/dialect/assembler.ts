import type { RepairKind } from "../../protocol/repairs.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import type { ModelFailure } from "../model-client.ts";
import { callItem } from "./call-item.ts";
import type { ItemSink } from "./items.ts";
import { begun, finished, type OpenItem } from "./open-item.ts";
import { findTool } from "./repair/find-tool.ts";
import { markRepaired } from "./repair/marks.ts";
import { settleCall, type CallRepair, type SettledCall } from "./repair/settle-call.ts";
import { TextCalls } from "./repair/text-calls.ts";
import type { StepEnd, StepSink } from "./step.ts";
import type { ToolTable } from "./tool-table.ts";

/** What an answer came to. */
export type AssembledEnd =
  | {
      type: "completed";
      /** How many there were besides searches. */
      calls: number;
      /** Calls of the search that is offered here; no item stands for them. */
      searches: SearchCall[];
      /** What the answer thought and said; nothing of the answers before it. */
      said: ResponseItem[];
    }
  /** Neither text nor a call: to be asked for once more. */
  | { type: "empty" }
  | { type: "incomplete"; reason: "max_output_tokens" | "content_filter" }
  | { type: "failed"; failure: ModelFailure };

export interface AssemblerOptions {
  /** Ids of calls that the conversation has already. */
  taken?: Iterable<string>;
  /** False: calls are not looked for in the text. */
  textCalls?: boolean;
}

export interface SearchCall {
  callId: string;
  arguments: string;
}

interface HeardCall {
  id: string;
  name: string;
  parts: string[];
}

/** A call that is known, with the id that its server gave it. */
interface KnownCall {
  id: string;
  settled: SettledCall;
  repairs: CallRepair[];
}

const invalid = (message: string): ModelFailure => ({
  code: "stream_disconnected",
  message,
  retryable: true,
  providerCode: "model_output_invalid",
});

/**
 * Builds response items of the pieces of an answer: reasoning and messages in the order in which they came, then the calls. One of
 * it makes the items of one response, of several answers where a model has to be asked again. What has started is done once,
 * unless the response fails: then what is open stays so.
 */
export class Assembler implements StepSink {
  readonly #sink: ItemSink;
  /** Gives an id with that prefix. */
  readonly #newId: (prefix: string) => string;
  /** Ids of calls that no other may have. */
  readonly #taken: Set<string>;
  readonly #readsText: boolean;
  readonly #items = new Map<number, ResponseItem>();
  #count = 0;
  #open: OpenItem | null = null;
  /** The open item's block has ended: it goes on in no other. */
  #blockEnded = false;
  /** Blank text that belongs to a message if one comes. */
  #blank = "";
  /** Of the answer that is being heard: */
  #table: ToolTable;
  #texts: TextCalls;
  #calls = new Map<number, HeardCall>();
  #searches: SearchCall[] = [];
  #said: ResponseItem[] = [];
  #called = 0;
  #failure: ModelFailure | null = null;
  #usage: TokenUsage | null = null;
  #used: TokenUsage | null = null;

  constructor(table: ToolTable, sink: ItemSink, newId: (prefix: string) => string, options: AssemblerOptions = {}) {
    this.#table = table;
    this.#sink = sink;
    this.#newId = newId;
    this.#taken = new Set(options.taken);
    this.#readsText = options.textCalls !== false;
    this.#texts = this.#newTexts();
  }

  /** What the answer that ended last took; null when its server did not say. */
  get used(): TokenUsage | null {
    return this.#used;
  }

  /** What is done, in the order of the indexes. */
  get items(): ResponseItem[] {
    return [...this.#items].sort(([one], [other]) => one - other).map(([, item]) => item);
  }

  reasoning(delta: string): void {
    if (delta === "") return;
    this.#yieldText();
    const open = this.#openItem("reasoning");
    open.parts.push(delta);
    this.#sink.reasoningDelta(open.id, open.index, delta);
  }

  seal(seal: string): void {
    if (seal === "") return;
    this.#yieldText();
    this.#openItem("reasoning").seal = seal;
  }

  text(delta: string): void {
    if (delta === "") return;
    // What an earlier block holds back cannot become a call: something follows.
    if (this.#blockEnded) this.#yieldText();
    this.#write("text", this.#texts.push(delta));
  }

  refusal(delta: string): void {
    if (delta === "") return;
    this.#yieldText();
    this.#write("refusal", delta);
  }

  blockEnded(): void {
    this.#blockEnded = true;
  }

  call(key: number, { id = "", name = "", arguments: text = "" }: Parameters<StepSink["call"]>[1]): void {
    if (id === "" && name === "" && text === "") return;
    // Who tells of calls reads them out of the text: what is left in there is none.
    this.#write("text", this.#texts.flush());
    let heard = this.#calls.get(key);
    if (heard === undefined) this.#calls.set(key, (heard = { id: "", name: "", parts: [] }));
    if (id !== "") heard.id = id;
    if (name !== "") this.#named(heard, name);
    if (text !== "") heard.parts.push(text);
  }

  /** What was thought and said before a call is done with it, however long its arguments take; but a search may follow a message. */
  #named(heard: HeardCall, name: string): void {
    heard.name = name;
    if (findTool(name, this.#table)?.kind !== "web_search") this.#close();
  }

  callEnded(key: number): void {
    const heard = this.#calls.get(key);
    if (heard === undefined) return;
    this.#calls.delete(key);
    this.#emit([heard]);
  }

  usage(usage: TokenUsage): void {
    this.#usage = usage;
  }

  /** The answer has ended. After `empty`, and after searches, another may follow. */
  end(end: StepEnd): AssembledEnd {
    this.#used = this.#usage;
    this.#usage = null;
    if (end.type === "failed") return end;
    if (this.#failure === null && end.reason !== "stop") {
      // Calls that nobody said were complete are cut off, perhaps.
      this.#write("text", this.#texts.flush());
      this.#close("incomplete");
      return { type: "incomplete", reason: end.reason === "length" ? "max_output_tokens" : "content_filter" };
    }
    const { text, calls } = this.#texts.end();
    this.#write("text", text);
    this.#emit([...this.#calls].sort(([one], [other]) => one - other).map(([, heard]) => heard));
    this.#emitKnown(calls.flatMap(({ form, ...call }) => this.#settled({ ...call, id: "" }, form) ?? []));
    if (this.#failure !== null) return { type: "failed", failure: this.#failure };
    if (!this.#hasAnswered) {
      // What was thought for nothing gives its place to what is thought next.
      this.#begin();
      return { type: "empty" };
    }
    const searches = this.#searches;
    // A message goes on after a search.
    const goesOn = searches.length > 0 && this.#called === 0 && this.#open?.kind !== "reasoning";
    if (!goesOn) this.#close();
    return { type: "completed", calls: this.#called, searches, said: [...this.#said, ...this.#saying()] };
  }

  /** Another answer goes on with the same items: a message that is open stays so. */
  continue(table: ToolTable): void {
    this.#table = table;
    this.#begin();
  }

  /** Tells of an item that is made elsewhere. */
  add(item: ResponseItem): void {
    const index = this.#count++;
    this.#sink.started(item, index);
    this.#finish(item, index);
  }

  /** What this answer has said of the item that is open. */
  #saying(): ResponseItem[] {
    const open = this.#open;
    if (open === null || (open.parts.length === open.earlier && open.seal === null)) return [];
    return [finished({ ...open, parts: open.parts.slice(open.earlier) }, "completed")];
  }

  get #hasAnswered(): boolean {
    if (this.#called > 0 || this.#searches.length > 0) return true;
    return [...this.#said, ...this.#saying()].some(({ type }) => type === "message");
  }

  #newTexts(): TextCalls {
    const texts = new TextCalls(this.#table);
    if (!this.#readsText) texts.flush();
    return texts;
  }

  #begin(): void {
    const open = this.#open;
    if (open?.kind === "reasoning") {
      // Pieces of it that were told of are put right by the item in the end.
      open.parts = [];
      open.seal = null;
    } else if (open !== null) open.earlier = open.parts.length;
    this.#blockEnded = false;
    this.#blank = "";
    this.#texts = this.#newTexts();
    this.#calls = new Map();
    this.#searches = [];
    this.#said = [];
    this.#called = 0;
  }

  /** Something else follows the text. */
  #yieldText(): void {
    const ended = this.#blockEnded;
    if (this.#texts.holds) this.#write("text", this.#texts.flush());
    this.#blank = "";
    if (ended) this.#close();
  }

  #write(kind: "text" | "refusal", delta: string): void {
    if (delta === "") return;
    if (this.#open?.kind !== kind && delta.trim() === "") {
      this.#blank += delta;
      return;
    }
    const whole = this.#blank + delta;
    this.#blank = "";
    const open = this.#openItem(kind);
    open.parts.push(whole);
    this.#sink.textDelta(open.id, open.index, whole);
  }

  #openItem(kind: OpenItem["kind"]): OpenItem {
    if (this.#open?.kind === kind) return this.#open;
    this.#close();
    const id = this.#newId(kind === "reasoning" ? "rs_" : "msg_");
    this.#open = { kind, id, index: this.#count++, parts: [], seal: null, earlier: 0 };
    this.#sink.started(begun(this.#open), this.#open.index);
    return this.#open;
  }

  #close(status = "completed"): void {
    this.#blockEnded = false;
    const open = this.#open;
    if (open === null) return;
    this.#said.push(...this.#saying());
    this.#open = null;
    this.#finish(finished(open, status), open.index);
  }

  #finish(item: ResponseItem, index: number): void {
    this.#items.set(index, item);
    this.#sink.done(item, index);
  }

  /** All of them, or none where one cannot be understood. */
  #emit(heard: readonly HeardCall[]): void {
    const known = heard.flatMap(
      ({ id, name, parts }) => this.#settled({ id, name, arguments: parts.join("") }, null) ?? [],
    );
    this.#emitKnown(known);
  }

  /** @param form how it was written, of a call that stood in the text */
  #settled(call: { id: string; name: string; arguments: string }, form: string | null): KnownCall | null {
    const settled = settleCall(call, this.#table);
    if ("refused" in settled) {
      this.#failure ??= invalid(settled.refused);
      return null;
    }
    const written: CallRepair[] = form === null ? [] : [{ kind: "text", detail: `written as text: ${form}` }];
    return { id: call.id, settled, repairs: [...written, ...settled.repairs] };
  }

  #emitKnown(known: readonly KnownCall[]): void {
    if (this.#failure !== null) return;
    for (const { id, settled, repairs } of known) {
      const callId = this.#callId(
        id,
        repairs.map(({ kind }) => kind),
      );
      for (const repair of repairs) this.#sink.repaired({ ...repair, tool: settled.name, callId });
      if (settled.tool?.kind === "web_search") {
        this.#searches.push({ callId, arguments: settled.arguments });
        continue;
      }
      this.#close();
      this.#called++;
      this.add(callItem(settled, callId, this.#newId));
    }
  }

  /** The id that its server gave to the call, where no other has it. */
  #callId(given: string, repairs: readonly RepairKind[]): string {
    let callId = given === "" ? "" : markRepaired(given, repairs);
    while (callId === "" || this.#taken.has(callId)) callId = markRepaired(this.#newId("call_"), repairs);
    this.#taken.add(callId);
    return callId;
  }
}
