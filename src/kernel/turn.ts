import type { AgentEvent } from "../protocol/events.ts";
import type { ErrorInfo } from "../protocol/errors.ts";
import type { AgentMessage, Reasoning, ThreadItem, WebSearch } from "../protocol/items.ts";
import { isMessage, isToolCall, messageText, type MessageItem, type ReasoningItem, type ResponseItem, type ToolCallItem, type ToolCallOutputItem, type WebSearchCallItem } from "../protocol/response-items.ts";
import type { HostedSpec, ToolSpec } from "../protocol/tool-spec.ts";
import { addUsage, noUsage, type TokenUsage } from "../protocol/usage.ts";
import type { ModelEvent, ModelFailure, ModelRequest, ModelResult } from "../model/model-client.ts";
import { backoffMs } from "../model/retry.ts";
import type { ItemSink, Tool } from "../tools/tool.ts";
import type { Clock, Random } from "../system/ports.ts";
import { CallRunner } from "./call-runner.ts";
import { applyMergePatch, contextUpdate } from "./context.ts";
import type { Journal, JournalRecord } from "./journal-port.ts";
import { abortedTurn, contentFilterGuidance } from "./prompts.ts";
import { SteerBox } from "./steer-box.ts";
import type { TurnInput, TurnSetup } from "./turn-setup.ts";

/** What a thread lends to the turn that runs in it. The turn changes `state` and nothing else. */
export interface TurnHost {
  readonly threadId: string;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly state: ThreadState;
  newId(): string;
  emit(event: AgentEvent): void;
  itemSink(turnId: string): ItemSink;
}

/** The part of a thread that turns change, all of it written in the journal. */
export interface ThreadState {
  history: ResponseItem[];
  usage: TokenUsage;
  lastUsage: TokenUsage | null;
  /** What the model was told of its surroundings; null before the first turn. */
  worldState: Record<string, unknown> | null;
  windowNumber: number;
  /** History sequence that the last response was sampled through. */
  sampledThrough: number;
}

export type TurnEnd =
  | { type: "completed"; lastMessage: string | null }
  | { type: "failed"; error: ErrorInfo }
  | { type: "interrupted"; reason: string };

/** Why a turn was stopped; the reason of its signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

/** One turn: from an input to the model's last word. */
export class Turn {
  readonly id: string;
  readonly steer = new SteerBox();
  readonly #host: TurnHost;
  readonly #setup: TurnSetup;
  readonly #outputSchema: unknown;
  readonly #trigger: string;
  readonly #abort = new AbortController();
  readonly #startedAtMs: number;
  readonly #startedMono: number;
  #usage: TokenUsage = { ...noUsage };
  #lastMessage: string | null = null;
  #firstTokenMs: number | null = null;
  /** Items whose start was told, with the time of it. */
  readonly #open = new Map<string, number>();

  constructor(host: TurnHost, setup: TurnSetup, options: { id: string; outputSchema?: unknown; trigger: string }) {
    this.#host = host;
    this.#setup = setup;
    this.id = options.id;
    this.#outputSchema = options.outputSchema;
    this.#trigger = options.trigger;
    this.#startedAtMs = host.clock.now();
    this.#startedMono = host.clock.monotonic();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  interrupt(reason: string): void {
    this.#abort.abort(new Interruption(reason));
  }

  /** Runs to the end. Rejects only when the journal cannot be written. */
  async run(input: TurnInput, firstTurn: boolean): Promise<TurnEnd> {
    this.#begin(input, firstTurn);
    const end = await this.#converse();
    // What was said to this turn and came too late is kept for the next one.
    for (const late of this.steer.take()) this.#append(this.#userRecords(late));
    await this.#finish(end);
    return end;
  }

  async #converse(): Promise<TurnEnd> {
    try {
      for (;;) {
        this.signal.throwIfAborted();
        for (const said of this.steer.take()) this.#append(this.#userRecords(said));
        const { result, calls } = await this.#respond();
        if (result.type === "failed") return { type: "failed", error: errorOf(result.failure) };
        const more = calls > 0 || result.endTurn === false || this.steer.size > 0;
        if (!more) return { type: "completed", lastMessage: this.#lastMessage };
      }
    } catch (error) {
      if (error instanceof Interruption) return { type: "interrupted", reason: error.message };
      throw error;
    }
  }

  /** One response of the model with its calls, tried again where its stream breaks. */
  async #respond(): Promise<{ result: ModelResult; calls: number }> {
    const { client } = this.#setup;
    for (let attempt = 1; ; attempt++) {
      const { result, runner, steered } = await this.#sample();
      // Calls of a broken response were answered in the request that is sent again.
      const calls = runner.count;
      if (result.type === "completed" && result.usage !== null) this.#count(result.responseId, result.usage);
      const outputs = await runner.outputs();
      this.#host.state.history.push(...outputs);
      this.signal.throwIfAborted();
      if (steered) {
        this.#tellUsage();
        return { result: { type: "completed", responseId: "", usage: null, endTurn: false }, calls };
      }
      if (result.type === "completed") {
        this.#tellUsage();
        return { result, calls };
      }
      const { failure } = result;
      if (failure.code === "context_window_exceeded") this.#fillWindow();
      if (!failure.retryable || attempt > client.streamMaxRetries) return { result, calls };
      const delayMs = failure.delayMs ?? backoffMs(attempt, this.#host.random);
      this.#emit({ type: "retry.scheduled", ...this.#place, attempt, maxAttempts: client.streamMaxRetries, delayMs, cause: failure.message });
      await this.#host.clock.sleep(delayMs, this.signal);
      if (failure.code === "response_incomplete") this.#say("developer", contentFilterGuidance, "generic.content_filter_guidance");
    }
  }

  async #sample(): Promise<{ result: ModelResult; runner: CallRunner; steered: boolean }> {
    const sampledThrough = this.#host.journal.nextSequence() - 1;
    this.#host.state.sampledThrough = sampledThrough;
    const tools = this.#setup.tools();
    const runner = this.#callRunner(tools.filter(isTool), sampledThrough);
    const steered = this.steer.openWindow();
    let result: ModelResult;
    try {
      result = await this.#setup.client.stream(this.#request(tools.map(specOf)), {
        signal: AbortSignal.any([this.signal, steered]),
        onEvent: (event) => this.#onModelEvent(event, runner, sampledThrough),
      });
    } catch (error) {
      // A word of the user cuts the answer short; what was complete of it stays.
      if (error === this.steer && !this.signal.aborted) return { result: cutShort, runner, steered: true };
      if (this.signal.aborted) {
        this.#host.state.history.push(...(await runner.outputs()));
        this.signal.throwIfAborted();
      }
      throw error;
    } finally {
      this.steer.closeWindow();
    }
    return { result, runner, steered: false };
  }

  #request(tools: ModelRequest["tools"]): ModelRequest {
    const setup = this.#setup;
    const base: MessageItem = {
      type: "message",
      id: setup.baseMessageId,
      role: "developer",
      content: [{ type: "input_text", text: setup.baseInstructions }],
    };
    const { threadId, state } = this.#host;
    return {
      model: setup.model.name,
      input: [base, ...state.history],
      tools,
      parallelToolCalls: setup.model.parallelToolCalls,
      reasoning: setup.reasoning,
      verbosity: setup.verbosity,
      outputSchema: this.#outputSchema,
      cacheKey: threadId,
      identity: setup.identify({
        turnId: this.id,
        startedAtMs: this.#startedAtMs,
        windowNumber: state.windowNumber,
        trigger: this.#trigger,
      }),
    };
  }

  #callRunner(tools: readonly Tool[], sampledThrough: number): CallRunner {
    const { clock, journal, newId } = this.#host;
    const setup = this.#setup;
    return new CallRunner(
      {
        clock,
        // A fifth more than a tool may say: room for the head that it puts before.
        historyTokens: Math.ceil(setup.outputTokens * 1.2),
        newId: () => newId(),
        findTool: (name) => tools.find((tool) => tool.name === name) ?? null,
        contextFor: (call) => ({
          threadId: this.#host.threadId,
          turnId: this.id,
          callId: call.call_id,
          cwd: setup.cwd,
          permissions: setup.permissions,
          items: this.#host.itemSink(this.id),
          signal: this.signal,
          outputTokens: setup.outputTokens,
          imageDetail: setup.model.imageDetail,
        }),
        decide: (action) => setup.decide(action),
        began: async (call, effect) => {
          if (effect !== "once") return;
          journal.append([{ type: "call.started", turnId: this.id, callId: call.call_id, tool: call.name, effect }]);
          await journal.sync();
        },
        rejected: (call, message) =>
          this.#emit({ type: "call.rejected", ...this.#place, callId: call.call_id, tool: call.name, message }),
        ended: (item) => this.#keepOutput(item, sampledThrough),
      },
      this.signal,
    );
  }

  /** Outputs are journaled as calls end; in the history they stand in the order of their calls. */
  #keepOutput(item: ToolCallOutputItem, sampledThrough: number): void {
    this.#host.journal.append([{ type: "response.item", turnId: this.id, item, sampledThrough, createdAtMs: this.#host.clock.now() }]);
  }

  #onModelEvent(event: ModelEvent, runner: CallRunner, sampledThrough: number): void {
    this.#firstTokenMs ??= event.type === "created" ? null : Math.round(this.#host.clock.monotonic() - this.#startedMono);
    switch (event.type) {
      case "created":
        return;
      case "item.started": {
        const shown = shownItem(event.item);
        if (shown !== null && !this.#open.has(shown.id)) this.#start(shown);
        return;
      }
      case "text.delta":
        if (this.#open.has(event.itemId)) {
          this.#emit({ type: "message.delta", ...this.#place, itemId: event.itemId, delta: event.delta });
        }
        return;
      case "reasoning.delta":
        if (this.#open.has(event.itemId)) {
          const { itemId, delta, part, index } = event;
          this.#emit({ type: "reasoning.delta", ...this.#place, itemId, delta, part, index });
        }
        return;
      case "item.done":
        this.#keepModelItem(event.item, runner, sampledThrough);
    }
  }

  #keepModelItem(sent: ResponseItem, runner: CallRunner, sampledThrough: number): void {
    const item = this.#withId(sent);
    const record: JournalRecord = { type: "response.item", turnId: this.id, item, sampledThrough };
    const shown = shownItem(item);
    if (shown !== null) {
      if (!this.#open.has(shown.id)) this.#start(shown);
      this.#complete(shown, [record]);
    } else {
      this.#host.journal.append([record]);
    }
    this.#host.state.history.push(item);
    if (isMessage(item) && item.role === "assistant") this.#lastMessage = messageText(item);
    if (isToolCall(item)) runner.start(item as ToolCallItem);
  }

  /** Some providers give their items no id; the thread needs one. */
  #withId(item: ResponseItem): ResponseItem {
    const prefix = idPrefixes[item.type];
    return prefix === undefined || (typeof item.id === "string" && item.id !== "") ? item : { ...item, id: `${prefix}${this.#host.newId()}` };
  }

  #start(item: ThreadItem): void {
    const atMs = this.#host.clock.now();
    this.#open.set(item.id, atMs);
    this.#emit({ type: "item.started", ...this.#place, item, atMs });
  }

  #complete(item: ThreadItem, records: JournalRecord[]): void {
    const completedAtMs = this.#host.clock.now();
    const startedAtMs = this.#open.get(item.id) ?? completedAtMs;
    this.#open.delete(item.id);
    this.#host.journal.append([{ type: "item.completed", turnId: this.id, item, startedAtMs, completedAtMs }, ...records]);
    this.#emit({ type: "item.completed", ...this.#place, item, startedAtMs, atMs: completedAtMs });
  }

  #begin(input: TurnInput, firstTurn: boolean): void {
    const { clock, state, newId } = this.#host;
    const setup = this.#setup;
    const context = contextUpdate(setup.context, state.worldState, () => newId());
    const settings: JournalRecord = {
      type: "settings.applied",
      model: setup.model.name,
      provider: setup.provider,
      cwd: setup.cwd,
      permissions: setup.permissions,
      effort: setup.reasoning?.effort ?? null,
    };
    const now = clock.now();
    const records: JournalRecord[] = [
      ...(firstTurn ? [] : [settings]),
      { type: "turn.started", turnId: this.id, startedAtMs: this.#startedAtMs, contextWindow: setup.contextWindow, trigger: this.#trigger },
      ...context.messages.map(({ message, kinds }): JournalRecord => ({
        type: "response.item", turnId: this.id, item: message, kinds, createdAtMs: now, sampledThrough: state.sampledThrough,
      })),
    ];
    if (context.state !== null) records.push({ type: "world.state", ...context.state });
    records.push({
      type: "turn.context",
      turnId: this.id,
      cwd: setup.cwd,
      model: setup.model.name,
      permissions: setup.permissions,
      effort: setup.reasoning?.effort ?? null,
      summary: setup.reasoning?.summary ?? null,
      compactionHash: setup.model.compactionHash,
    });
    if (firstTurn) records.push(settings);
    this.#append(records);
    if (context.state !== null) {
      const { full, state: change } = context.state;
      state.worldState = (full ? change : applyMergePatch(state.worldState, change)) as Record<string, unknown>;
    }
    for (const warning of setup.warnings) this.#emit({ type: "warning", threadId: this.#host.threadId, message: warning });
    this.#emit({ type: "turn.started", ...this.#place });
    this.#append(this.#userRecords(input));
  }

  /** The user's words as history and as an item; told once they are kept. */
  #userRecords(input: TurnInput): JournalRecord[] {
    const { clock, newId, state } = this.#host;
    const now = clock.now();
    const message = (content: MessageItem["content"], kinds: string[]): JournalRecord => ({
      type: "response.item",
      turnId: this.id,
      item: { type: "message", id: `msg_${newId()}`, role: "user", content },
      kinds,
      createdAtMs: now,
      sampledThrough: state.sampledThrough,
    });
    const item: ThreadItem = { type: "userMessage", id: newId(), content: [...input.elements] };
    return [
      message(input.content, input.kinds),
      { type: "item.completed", turnId: this.id, item, startedAtMs: now, completedAtMs: now },
      ...input.attachments.map(({ kind, text }) => message([{ type: "input_text", text }], [kind])),
    ];
  }

  /** Writes records, then adds their items to the history and tells of finished thread items. */
  #append(records: JournalRecord[]): void {
    this.#host.journal.append(records);
    for (const record of records) {
      if (record.type === "response.item") this.#host.state.history.push(record.item);
      if (record.type !== "item.completed") continue;
      const { item, startedAtMs, completedAtMs: atMs } = record;
      this.#emit({ type: "item.started", ...this.#place, item, atMs: startedAtMs });
      this.#emit({ type: "item.completed", ...this.#place, item, startedAtMs, atMs });
    }
  }

  #count(responseId: string, usage: TokenUsage): void {
    const { state, journal } = this.#host;
    this.#usage = addUsage(this.#usage, usage);
    state.usage = addUsage(state.usage, usage);
    state.lastUsage = usage;
    journal.append([{ type: "usage", turnId: this.id, responseId, usage, turn: this.#usage, thread: state.usage }]);
  }

  /** The provider said that the window is full: count it so, whatever was reported before. */
  #fillWindow(): void {
    const full = { ...noUsage, totalTokens: this.#setup.contextWindow };
    this.#host.state.lastUsage = full;
    this.#tellUsage();
  }

  #tellUsage(): void {
    const { state, journal } = this.#host;
    const last = state.lastUsage ?? noUsage;
    const contextWindow = this.#setup.contextWindow;
    journal.append([{ type: "token.count", total: state.usage, last, contextWindow }]);
    this.#emit({ type: "usage.updated", ...this.#place, total: state.usage, last, contextWindow });
  }

  /** A message of the harness to the model. */
  #say(role: "user" | "developer", text: string, kind: string): void {
    const { clock, newId, state } = this.#host;
    const item: MessageItem = { type: "message", id: `msg_${newId()}`, role, content: [{ type: "input_text", text }] };
    const { sampledThrough } = state;
    this.#append([{ type: "response.item", turnId: this.id, item, kinds: [kind], createdAtMs: clock.now(), sampledThrough }]);
  }

  async #finish(end: TurnEnd): Promise<void> {
    const { clock, journal, state } = this.#host;
    const completedAtMs = clock.now();
    const durationMs = Math.round(clock.monotonic() - this.#startedMono);
    const times = { startedAtMs: this.#startedAtMs, completedAtMs, durationMs };
    if (end.type === "interrupted") {
      this.#say("user", abortedTurn, "generic.turn_aborted");
      journal.append([{ type: "turn.aborted", turnId: this.id, reason: "interrupted", ...times }]);
    } else {
      if (end.type === "failed") journal.append([{ type: "error", turnId: this.id, message: end.error.message, code: end.error.code }]);
      const lastMessage = end.type === "completed" ? end.lastMessage : this.#lastMessage;
      journal.append([{ type: "turn.completed", turnId: this.id, lastMessage, ...times, firstTokenMs: this.#firstTokenMs }]);
    }
    await journal.sync();
    const common = { ...this.#place, usage: state.usage, durationMs };
    if (end.type === "completed") this.#emit({ type: "turn.completed", ...common, lastMessage: end.lastMessage });
    else if (end.type === "failed") this.#emit({ type: "turn.failed", ...common, error: end.error });
    else this.#emit({ type: "turn.interrupted", ...common, reason: end.reason });
  }

  get #place(): { threadId: string; turnId: string } {
    return { threadId: this.#host.threadId, turnId: this.id };
  }

  #emit(event: AgentEvent): void {
    this.#host.emit(event);
  }
}

const isTool = (tool: Tool | HostedSpec): tool is Tool => typeof tool["prepare"] === "function";
const specOf = (tool: Tool | HostedSpec): ToolSpec => (isTool(tool) ? tool.spec : tool);

const idPrefixes: Readonly<Record<string, string>> = {
  message: "msg_",
  reasoning: "rs_",
  function_call: "fc_",
  custom_tool_call: "ctc_",
};

const cutShort: ModelResult = { type: "completed", responseId: "", usage: null, endTurn: false };

const errorOf = (failure: ModelFailure): ErrorInfo => ({
  code: failure.code,
  message: failure.message,
  ...(failure.httpStatus !== undefined && { details: { httpStatus: failure.httpStatus } }),
});

/** What a door shows of an item that the model sent; null for calls, which their tools show, and for what nobody shows. */
function shownItem(item: ResponseItem): AgentMessage | Reasoning | WebSearch | null {
  if (isMessage(item)) {
    if (item.role !== "assistant") return null;
    return { type: "agentMessage", id: item.id ?? "", text: messageText(item), ...(item.phase !== undefined && { phase: item.phase }) };
  }
  if (item.type === "reasoning") {
    const { id, summary, content } = item as ReasoningItem;
    return { type: "reasoning", id: id ?? "", summary: (summary ?? []).map((part) => part.text), content: (content ?? []).map((part) => part.text) };
  }
  if (item.type === "web_search_call") {
    const { id, action } = item as WebSearchCallItem;
    return { type: "webSearch", id: id ?? "", query: queryOf(action), action: action ?? { type: "other" } };
  }
  return null;
}

/** A search in words: its query, its page, or what is looked for in a page. */
function queryOf(action: Record<string, unknown> | undefined): string {
  const text = (name: string): string => (typeof action?.[name] === "string" ? (action[name] as string) : "");
  if (action?.["type"] === "find_in_page") return `'${text("pattern")}' in ${text("url")}`;
  return text("query") || text("url");
}
