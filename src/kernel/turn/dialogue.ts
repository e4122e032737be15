import type { TurnOrigin } from "../../protocol/agents.ts";
import type { AccountLimits } from "../../protocol/account-limits.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { ThreadItem } from "../../protocol/items.ts";
import {
  isMessage,
  isToolCall,
  messageText,
  type MessageItem,
  type ResponseItem,
  type ToolCallItem,
} from "../../protocol/response-items.ts";
import { addUsage, noUsage, type TokenUsage } from "../../protocol/usage.ts";
import type { ToolSpec } from "../../protocol/tool-spec.ts";
import type { ModelEvent, ModelFailure, ModelRequest, ModelResult } from "../../model/model-client.ts";
import { backoffMs } from "../../model/retry.ts";
import type { CallRunner } from "./call-runner.ts";
import type { JournalRecord } from "../journal-port.ts";
import { shownItem, withId } from "../model-items.ts";
import { contentFilterGuidance } from "../context/prompts.ts";
import type { HookEvent } from "../hooks/hooks.ts";
import type { TurnHooks } from "../hooks/turn-hooks.ts";
import { waitForRetry } from "./retry-wait.ts";
import { PlanText, withoutPlan, type PlanPiece } from "./plan-text.ts";
import type { SteerBox } from "./steer-box.ts";
import type { TurnHost } from "./turn-host.ts";
import { requestHead } from "../request-head.ts";
import { harnessMessage, notBefore } from "./turn-records.ts";
import { isTool, shownSpecs } from "../tool-offer.ts";
import { TurnCalls } from "./turn-calls.ts";
import type { TurnSetup } from "../turn-setup.ts";

/** The turn that the talk belongs to. */
export interface DialoguePlace {
  turnId: string;
  outputSchema: unknown;
  trigger: string | null;
  origin: TurnOrigin | null;
  startedAtMs: number;
  elapsedMs(): number;
  signal: AbortSignal;
  /** Stops what runs in the turn. */
  abort(cause: unknown): void;
  /** Null where no hooks are configured. */
  hooks: TurnHooks | null;
  steer: SteerBox;
  /** Goes with every request; words for the turn may bring more. */
  metadata: Readonly<Record<string, string>>;
}

/** One turn's talk with its model: requests, what comes back, and the calls in it. Everything is kept as it comes. */
export class Dialogue {
  readonly #host: TurnHost;
  readonly #setup: TurnSetup;
  readonly #turn: DialoguePlace;
  #usage: TokenUsage = { ...noUsage };
  readonly #calls: TurnCalls;
  /** The last attempt, where it came to nothing and that was not kept yet. */
  #lost: { why: string; usage: TokenUsage | null } | null = null;
  /** Said with the last response, and not told yet. */
  #limits: AccountLimits | null = null;
  #rerouted = false;
  /** Of the message that comes in plan mode. */
  #speech: PlanText | null = null;
  /** Items whose start was told, with the time of it. */
  readonly #open = new Map<string, number>();
  /** The model's last words. */
  lastMessage: string | null = null;
  /** From the start of the turn to the first sign of an answer. */
  firstTokenMs: number | null = null;

  constructor(host: TurnHost, setup: TurnSetup, turn: DialoguePlace) {
    this.#host = host;
    this.#setup = setup;
    this.#turn = turn;
    this.#calls = new TurnCalls(host, setup, turn);
  }

  /** One response of the model with its calls, tried again where its stream breaks. */
  async respond(): Promise<{ result: ModelResult; calls: number }> {
    const { client } = this.#setup;
    for (let attempt = 1; ; attempt++) {
      const { result, runner, steered } = await this.#sample();
      // Calls of a broken response were answered in the request that is sent again.
      const calls = runner.count;
      await this.#takeOutputs(runner);
      this.#tellLost();
      if (this.#turn.signal.aborted && result.type === "completed") this.tellUsage();
      this.#turn.signal.throwIfAborted();
      if (steered) {
        if (this.#host.state.lastUsage !== null) this.tellUsage();
        return { result: { type: "completed", responseId: "", usage: null, endTurn: false }, calls };
      }
      if (result.type === "completed") {
        this.tellUsage();
        return { result, calls };
      }
      const { failure } = result;
      if (failure.code === "context_window_exceeded") this.#fillWindow(failure);
      if (!failure.retryable || attempt > client.streamMaxRetries) return { result, calls };
      await waitForRetry(
        { ...this.#place, clock: this.#host.clock, signal: this.#turn.signal, emit: (event) => this.#emit(event) },
        {
          attempt,
          maxAttempts: client.streamMaxRetries,
          delayMs: failure.delayMs ?? backoffMs(attempt, this.#host.random),
          failure,
        },
      );
      if (failure.code === "response_incomplete") this.#guide();
    }
  }

  async #sample(): Promise<{ result: ModelResult; runner: CallRunner; steered: boolean }> {
    const sampledThrough = this.#host.journal.nextSequence() - 1;
    this.#host.state.sampledThrough = sampledThrough;
    const tools = this.#setup.tools();
    const runner = this.#calls.open(tools.filter(isTool), sampledThrough);
    const steered = this.#turn.steer.openWindow();
    const specs = shownSpecs(tools);
    this.#tellHead(specs);
    let begun = false;
    let result: ModelResult;
    try {
      if (this.#turn.hooks !== null) {
        await this.#showRequest({ name: "preModelRequest" });
        this.#turn.signal.throwIfAborted();
      }
      result = await this.#setup.client.stream(this.#request(specs), {
        signal: AbortSignal.any([this.#turn.signal, steered]),
        onEvent: (event) => {
          begun ||= event.type !== "answered" && event.type !== "fell_back";
          this.#onModelEvent(event, runner, sampledThrough);
        },
      });
      if (result.type === "failed" && begun) this.#lost = lost(result.failure.code, result.failure.charged);
      begun = false;
      if (result.type === "completed" && result.usage !== null) this.count(result.responseId, result.usage);
      if (this.#turn.hooks !== null) {
        await this.#showRequest({
          name: "postModelRequest",
          error: result.type === "failed" ? result.failure.message : null,
          usage: result.type === "completed" ? result.usage : null,
        });
      }
    } catch (error) {
      if (begun) this.#lost = lost("interrupted");
      // A word of the user cuts the answer short; what was complete of it stays.
      if (error === this.#turn.steer && !this.#turn.signal.aborted) return { result: cutShort, runner, steered: true };
      const cause: unknown = this.#turn.signal.aborted ? this.#turn.signal.reason : error;
      // Nobody is left to read what calls bring that still run; each gets an output all the same.
      this.#turn.abort(cause);
      await this.#takeOutputs(runner);
      this.#tellLost();
      throw cause;
    } finally {
      this.#turn.steer.closeWindow();
    }
    return { result, runner, steered: false };
  }

  #tellHead(tools: readonly ToolSpec[]): void {
    const { state, journal } = this.#host;
    const head = requestHead(state.head, tools, this.#setup.baseInstructions);
    if (head !== state.head) journal.append([head.record]);
    state.head = head;
  }

  /** A request that was answered in part is paid for, and no other line tells of it. */
  #tellLost(): void {
    const attempt = this.#lost;
    this.#lost = null;
    if (attempt === null) return;
    this.#host.journal.append([{ type: "attempt.lost", turnId: this.#turn.turnId, ...attempt }]);
  }

  /** Hooks may look on at requests, and do nothing about them. */
  async #showRequest(event: Extract<HookEvent, { name: "preModelRequest" | "postModelRequest" }>): Promise<void> {
    if (this.#setup.hooks?.listens(event.name)) await this.#turn.hooks?.fire(event);
  }

  async #takeOutputs(runner: CallRunner): Promise<void> {
    const { state } = this.#host;
    state.history.push(...(await runner.outputs()));
    state.ended = [];
    if (runner.fault !== null) throw runner.fault.error;
  }

  #request(tools: ModelRequest["tools"]): ModelRequest {
    const setup = this.#setup;
    const base: MessageItem = {
      type: "message",
      id: setup.baseMessageId,
      role: "developer",
      content: [{ type: "input_text", text: setup.baseInstructions }],
    };
    const { state } = this.#host;
    const identity = setup.identify({
      turnId: this.#turn.turnId,
      startedAtMs: this.#turn.startedAtMs,
      windowNumber: state.windowNumber,
      windowId: state.windowId,
      trigger: this.#turn.trigger,
      origin: this.#turn.origin,
      metadata: this.#turn.metadata,
    });
    return {
      model: setup.model.name,
      input: [base, ...state.history, ...this.#live()],
      tools,
      parallelToolCalls: setup.model.parallelToolCalls,
      ...(setup.model.lite && { lite: true }),
      reasoning: setup.reasoning,
      verbosity: setup.verbosity,
      ...(setup.serviceTier && { serviceTier: setup.serviceTier }),
      outputSchema: this.#turn.outputSchema,
      // The agents of one tree share what the provider has cached.
      cacheKey: identity.sessionId,
      identity,
    };
  }

  #live(): MessageItem[] {
    return (this.#setup.live?.() ?? []).map(({ role, text }) => harnessMessage(role, text, this.#host.newId()));
  }

  #onModelEvent(event: ModelEvent, runner: CallRunner, sampledThrough: number): void {
    this.firstTokenMs ??=
      event.type === "created" || event.type === "answered" || event.type === "fell_back"
        ? null
        : this.#turn.elapsedMs();
    switch (event.type) {
      case "created":
        return;
      case "answered":
        this.#limits = event.limits;
        return this.#tellModel(event.model);
      case "item.started": {
        const shown = shownItem(event.item);
        if (shown === null || this.#open.has(shown.id)) return;
        if (this.#planning && shown.type === "agentMessage") this.#speech = new PlanText();
        else this.#start(shown);
        return;
      }
      case "text.delta":
        if (this.#speech !== null) return this.#speak(event.itemId, this.#speech.push(event.delta));
        if (this.#open.has(event.itemId)) {
          const { itemId, delta } = event;
          const { threadId } = this.#host;
          // Written out: there are many of these, and a copy of #place costs more than the rest.
          this.#emit({ type: "message.delta", threadId, turnId: this.#turn.turnId, itemId, delta });
        }
        return;
      case "reasoning.delta":
        if (this.#open.has(event.itemId)) {
          const { itemId, delta, part, index } = event;
          this.#emit({ type: "reasoning.delta", ...this.#place, itemId, delta, part, index });
        }
        return;
      case "call.repaired": {
        const { kind, tool, callId, detail } = event;
        const note = {
          type: "call_repaired",
          turn_id: this.#turn.turnId,
          call_id: callId,
          tool,
          kind,
          detail,
        } as const;
        this.#host.journal.append([{ type: "audit.noted", note }]);
        return this.#emit({ type: "call.repaired", ...this.#place, callId, tool, kind, detail });
      }
      case "fell_back":
        return this.tellFallback(event);
      case "item.done":
        this.#keepModelItem(event.item, runner, sampledThrough);
    }
  }

  #keepModelItem(sent: ResponseItem, runner: CallRunner, sampledThrough: number): void {
    const item = withId(sent, () => this.#host.newId());
    const record: JournalRecord = { type: "response.item", turnId: this.#turn.turnId, item, sampledThrough };
    const shown = this.#withoutPlan(shownItem(item));
    if (shown !== null) {
      if (!this.#open.has(shown.id)) this.#start(shown);
      this.#complete(shown, [record]);
    } else {
      this.#host.journal.append([record]);
    }
    this.#host.state.history.push(item);
    if (isMessage(item) && item.role === "assistant") this.lastMessage = messageText(item);
    if (isToolCall(item)) runner.start(item as ToolCallItem);
  }

  get #planning(): boolean {
    return this.#setup.mode === "plan";
  }

  get #planId(): string {
    return `${this.#turn.turnId}-plan`;
  }

  /** In plan mode a message begins with its first word to the user, and the plan is an item of its own. */
  #speak(messageId: string, pieces: readonly PlanPiece[]): void {
    for (const { in: place, text: delta } of pieces) {
      const planned = place === "plan";
      const itemId = planned ? this.#planId : messageId;
      if (!this.#open.has(itemId)) {
        if (!planned && delta.trim() === "") continue;
        this.#start(planned ? { type: "plan", id: itemId, text: "" } : { type: "agentMessage", id: itemId, text: "" });
      }
      this.#emit({ type: planned ? "plan.delta" : "message.delta", ...this.#place, itemId, delta });
    }
  }

  /** Completes the plan that a message proposes; what is left of the message, null where it said nothing else. */
  #withoutPlan<Item extends ThreadItem>(item: Item | null): Item | null {
    this.#speech = null;
    if (item?.type !== "agentMessage" || !this.#planning) return item;
    const { text, plan } = withoutPlan(item.text);
    if (plan !== null) {
      const proposed = { type: "plan", id: this.#planId, text: plan } as const;
      if (!this.#open.has(proposed.id)) this.#start({ ...proposed, text: "" });
      this.#complete(proposed, []);
    }
    return text.trim() === "" && plan !== null ? null : { ...item, text };
  }

  #start(item: ThreadItem): void {
    const atMs = this.#host.clock.now();
    this.#open.set(item.id, atMs);
    this.#emit({ type: "item.started", ...this.#place, item, atMs });
  }

  #complete(item: ThreadItem, records: JournalRecord[]): void {
    const now = this.#host.clock.now();
    const startedAtMs = this.#open.get(item.id) ?? now;
    const completedAtMs = notBefore(startedAtMs, now);
    this.#open.delete(item.id);
    this.#host.journal.append([
      { type: "item.completed", turnId: this.#turn.turnId, item, startedAtMs, completedAtMs },
      ...records,
    ]);
    this.#emit({ type: "item.completed", ...this.#place, item, startedAtMs, atMs: completedAtMs });
  }

  /** Adds what a response took to the sums, and keeps it. */
  count(responseId: string, usage: TokenUsage): void {
    const { state, journal } = this.#host;
    this.#usage = addUsage(this.#usage, usage);
    state.usage = addUsage(state.usage, usage);
    state.lastUsage = usage;
    state.measuredItems = state.history.length;
    if (state.floor?.measured === false) state.floor = { tokens: usage.totalTokens, measured: true };
    journal.append([
      { type: "usage", turnId: this.#turn.turnId, responseId, usage, turn: this.#usage, thread: state.usage },
    ]);
  }

  /** The provider said that the window is full: count it so, whatever was reported before. */
  #fillWindow({ counted }: ModelFailure): void {
    const { state } = this.#host;
    state.lastUsage = counted ?? { ...noUsage, totalTokens: this.#setup.contextWindow };
    state.measuredItems = state.history.length;
    this.tellUsage();
  }

  tellUsage(): void {
    const { state, journal } = this.#host;
    const last = state.lastUsage ?? noUsage;
    const contextWindow = this.#setup.contextWindow;
    journal.append([{ type: "token.count", total: state.usage, last, contextWindow }]);
    this.#emit({ type: "usage.updated", ...this.#place, total: state.usage, last, contextWindow });
    if (this.#limits !== null) this.#emit({ type: "limits.updated", ...this.#place, limits: this.#limits });
    this.#limits = null;
  }

  /** What comes from here on is another model's. */
  tellFallback({ from, to, model, cause }: Extract<ModelEvent, { type: "fell_back" }>): void {
    const note = { type: "model_fell_back", turn_id: this.#turn.turnId, from, to, model, cause } as const;
    this.#host.journal.append([{ type: "audit.noted", note }]);
    this.#emit({ type: "model.fell_back", ...this.#place, from, to, model, cause });
  }

  /** Told once a turn. */
  #tellModel(to: string | null): void {
    const from = this.#setup.model.name;
    if (to === null || to.toLowerCase() === from.toLowerCase() || this.#rerouted) return;
    this.#rerouted = true;
    this.#emit({ type: "model.rerouted", ...this.#place, from, to });
  }

  #guide(): void {
    const { clock, newId, state, journal } = this.#host;
    const item = harnessMessage("developer", contentFilterGuidance, newId());
    const kinds = ["generic.content_filter_guidance"];
    const { sampledThrough } = state;
    journal.append([
      { type: "response.item", turnId: this.#turn.turnId, item, kinds, createdAtMs: clock.now(), sampledThrough },
    ]);
    state.history.push(item);
  }

  get #place(): { threadId: string; turnId: string } {
    return { threadId: this.#host.threadId, turnId: this.#turn.turnId };
  }

  #emit(event: AgentEvent): void {
    this.#host.emit(event);
  }
}

const lost = (why: string, usage: TokenUsage | null = null): { why: string; usage: TokenUsage | null } => ({
  why,
  usage,
});

const cutShort: ModelResult = { type: "completed", responseId: "", usage: null, endTurn: false };
