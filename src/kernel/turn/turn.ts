import type { TurnOrigin } from "../../protocol/agents.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { ModelFailure } from "../../model/model-client.ts";
import { dueBeforeRequest, dueBeforeTurn, type CompactionCause } from "../compaction-due.ts";
import { contextUpdate } from "../context/context.ts";
import { Dialogue } from "./dialogue.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { TurnHooks } from "../hooks/turn-hooks.ts";
import type { JournalRecord } from "../journal-port.ts";
import type { ReviewWork } from "../review/review-turn.ts";
import type { SteerBox } from "./steer-box.ts";
import type { TurnHost } from "./turn-host.ts";
import {
  addToHistory,
  contextRecord,
  contextRecords,
  inputRecords,
  type InputPlace,
  rememberContext,
  settingsRecord,
  wordsForModel,
} from "./turn-records.ts";
import type { Errand } from "./errand.ts";
import { errorOf, finishTurn, stoppedBy, stoppedByHook, type TurnEnd } from "./turn-end.ts";
import type { TurnInput, TurnSetup } from "../turn-setup.ts";

/** One turn: from an input to the model's last word. */
export class Turn {
  readonly id: string;
  readonly steer: SteerBox;
  readonly signal: AbortSignal;
  readonly #host: TurnHost;
  readonly #setup: TurnSetup;
  readonly #trigger: string | null;
  readonly #origin: TurnOrigin | null;
  /** Its start stands in the journal. */
  #begun = false;
  /** The last attempt of this turn to make room for itself made some. */
  #compacted = false;
  readonly #startedAtMs: number;
  readonly #startedMono: number;
  readonly #dialogue: Dialogue;
  /** Null where no hooks are configured. */
  readonly #hooks: TurnHooks | null;

  constructor(
    host: TurnHost,
    setup: TurnSetup,
    options: {
      id: string;
      outputSchema?: unknown;
      trigger: string | null;
      origin: TurnOrigin | null;
      steer: SteerBox;
      metadata: Readonly<Record<string, string>>;
      abort: AbortController;
    },
  ) {
    const { steer, abort } = options;
    this.steer = steer;
    this.signal = abort.signal;
    this.#host = host;
    this.#setup = setup;
    this.id = options.id;
    this.#trigger = options.trigger;
    this.#origin = options.origin;
    this.#startedAtMs = host.clock.now();
    this.#startedMono = host.clock.monotonic();
    this.#hooks = setup.hooks === undefined ? null : this.#turnHooks(setup.hooks);
    this.#dialogue = new Dialogue(host, setup, {
      hooks: this.#hooks,
      turnId: options.id,
      outputSchema: options.outputSchema,
      trigger: options.trigger,
      origin: options.origin,
      startedAtMs: this.#startedAtMs,
      elapsedMs: () => this.#elapsedMs(),
      signal: abort.signal,
      abort: (cause) => abort.abort(cause),
      steer,
      metadata: options.metadata,
    });
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Runs to the end. Rejects only when the journal cannot be written. */
  async run(input: TurnInput, firstTurn: boolean): Promise<TurnEnd> {
    const due = dueBeforeTurn(this.#host.state, this.#setup);
    if (due !== null) this.#open(firstTurn);
    const early = due === null ? null : await this.#compact(due);
    if (early !== null) this.#take(input);
    else if (this.#hooks === null) this.#begin(input, firstTurn);
    else return this.#end((await this.#admit(this.#hooks, input, firstTurn)) ?? (await this.#converse()));
    return this.#end(early ?? (await this.#converse()));
  }

  /** Replaces the history by a summary, and does nothing else. Rejects as {@link run}. */
  async compact(firstTurn: boolean): Promise<TurnEnd> {
    this.#open(firstTurn);
    const cause = { trigger: "manual", reason: "user_requested", phase: "standalone_turn", model: null } as const;
    const empty = this.#host.state.history.length === 0;
    return this.#end((empty ? null : await this.#compact(cause)) ?? { type: "completed", lastMessage: null });
  }

  /** Waits for what another thread finds, and keeps that. Rejects as {@link run}. */
  async review(firstTurn: boolean, work: ReviewWork): Promise<TurnEnd> {
    this.#open(firstTurn);
    const { enteringRecords, leavingRecords } = await import("../review/review-turn.ts");
    const { clock, newId, state } = this.#host;
    const { sampledThrough } = state;
    const place = { turnId: this.id, sampledThrough, newId: () => newId(), now: () => clock.now() };
    this.#append(enteringRecords(work, place));
    const { id: turnId, signal } = this;
    const end = await work.run({ turnId, signal, tell: (event) => this.#emit(event) });
    this.#append(leavingRecords(end, place));
    return this.#end(end.type === "found" ? { type: "completed", lastMessage: end.text } : end);
  }

  /** Does the work, and keeps what the model is to know of it. Rejects as {@link run}. */
  async errand(firstTurn: boolean, work: Errand): Promise<TurnEnd> {
    this.#open(firstTurn);
    const text = await work({ items: this.#host.itemSink(this.id), signal: this.signal });
    this.#take(wordsForModel(text));
    return this.#end(this.signal.aborted ? stoppedBy(this.signal.reason) : { type: "completed", lastMessage: null });
  }

  /** Shows the session's start and the prompt to hooks; what ends the turn before the model is asked, or null. */
  async #admit(hooks: TurnHooks, input: TurnInput, firstTurn: boolean): Promise<TurnEnd | null> {
    this.#begin(null, firstTurn);
    const done: TurnEnd = { type: "completed", lastMessage: null };
    const started = await hooks.start();
    const following = started && !this.signal.aborted ? await hooks.prompt(input.elements) : null;
    if (this.signal.aborted) {
      this.#take(input);
      return stoppedBy(this.signal.reason);
    }
    if (following === null) return done;
    this.#take(input);
    hooks.say(following);
    return null;
  }

  /** A word of the user to the turn that runs; one that hooks refuse is dropped. */
  async #hear(hooks: TurnHooks, said: TurnInput): Promise<void> {
    const following = await hooks.prompt(said.elements);
    if (following === null && !this.signal.aborted) return;
    this.#take(said);
    hooks.say(following ?? []);
  }

  #turnHooks(hooks: Hooks): TurnHooks {
    const { clock, newId, state, threadId } = this.#host;
    const { cwd, permissions, model, mode } = this.#setup;
    return hooks.forTurn({
      turnId: this.id,
      scene: { turnId: this.id, model: model.name, cwd, permissions, planning: mode === "plan", signal: this.signal },
      now: () => clock.now(),
      newId: () => newId(),
      sampledThrough: () => state.sampledThrough,
      append: (records) => this.#append(records),
      warn: (message) => this.#emit({ type: "warning", threadId, message }),
    });
  }

  async #end(end: TurnEnd): Promise<TurnEnd> {
    // What was said to this turn and came too late is kept for the next one.
    for (const late of this.steer.close()) this.#take(late);
    this.#takeNotes();
    await this.#finish(end);
    return end;
  }

  async #converse(): Promise<TurnEnd> {
    let recovered = false;
    try {
      for (;;) {
        this.signal.throwIfAborted();
        this.#takeNotes();
        this.#tellChanges();
        for (const said of this.steer.take()) {
          if (this.#hooks === null) this.#take(said);
          else await this.#hear(this.#hooks, said);
        }
        if (this.#hooks !== null) {
          if (!(await this.#hooks.start())) return { type: "completed", lastMessage: this.#dialogue.lastMessage };
          this.#hooks.takeLate();
          this.signal.throwIfAborted();
        }
        const { result, calls } = await this.#dialogue.respond();
        if (result.type === "failed") {
          const again = recovered ? null : await this.#recover(result.failure);
          if (again !== true) return again ?? { type: "failed", error: errorOf(result.failure) };
          recovered = true;
          continue;
        }
        recovered = false;
        const more = calls > 0 || result.endTurn === false || this.steer.size > 0;
        if (!more) {
          const { lastMessage } = this.#dialogue;
          const goesOn = this.#hooks !== null && (await this.#hooks.goesOn(lastMessage));
          // Hooks take their time: what was said meanwhile is answered, too.
          if (!goesOn && this.steer.closeIfEmpty()) return { type: "completed", lastMessage };
          this.signal.throwIfAborted();
        }
        this.#takeNotes();
        const due = dueBeforeRequest(this.#host.state, this.#setup);
        const stopped = due === null ? null : await this.#compact(due);
        if (stopped !== null) return stopped;
      }
    } catch (error) {
      return stoppedBy(error);
    }
  }

  /** Makes room when the provider refused a request as too long: true when it can be sent again. */
  async #recover({ code }: ModelFailure): Promise<TurnEnd | true | null> {
    if (code !== "context_window_exceeded") return null;
    const phase = "context_length_exceeded";
    const end = await this.#compact({ trigger: "auto", reason: "context_limit", phase, model: null });
    if (end === null) return this.#compacted ? true : null;
    // Why the summary could not be made says more only where that was for want of room, too.
    return end.type === "failed" && end.error.code !== code ? null : end;
  }

  /** What ends the turn instead of the work that it was to make room for; null when that goes on. */
  async #compact(cause: CompactionCause): Promise<TurnEnd | null> {
    this.#compacted = false;
    const { trigger } = cause;
    if (this.#hooks !== null && !(await this.#hooks.compacting("preCompact", trigger))) return stoppedByHook;
    try {
      const { compact } = await import("../compaction/compact.ts");
      const end = await compact(
        {
          host: this.#host,
          setup: this.#setup,
          turnId: this.id,
          startedAtMs: this.#startedAtMs,
          trigger: this.#trigger,
          origin: this.#origin,
          signal: this.signal,
          count: (responseId, usage) => this.#dialogue.count(responseId, usage),
          tellUsage: () => this.#dialogue.tellUsage(),
          tellFallback: (event) => this.#dialogue.tellFallback(event),
        },
        cause,
      );
      if (end.type === "failed") return end;
      this.#compacted = end.type === "replaced";
      if (end.type === "kept") {
        this.#emit({ type: "warning", threadId: this.#host.threadId, message: end.error.message });
      }
      if (!this.#compacted || this.#hooks === null) return null;
      return (await this.#hooks.compacting("postCompact", trigger)) ? null : stoppedByHook;
    } catch (error) {
      return stoppedBy(error);
    }
  }

  /** Tells of the turn's start; what the model reads comes when the history has room for it. */
  #open(firstTurn: boolean): void {
    this.#host.journal.append(this.#opening(firstTurn));
    this.#tellStart();
  }

  #opening(firstTurn: boolean): JournalRecord[] {
    return [
      ...(firstTurn ? [] : [settingsRecord(this.#setup)]),
      {
        type: "turn.started",
        turnId: this.id,
        startedAtMs: this.#startedAtMs,
        contextWindow: this.#setup.contextWindow,
        trigger: this.#trigger,
        origin: this.#origin ?? undefined,
      },
    ];
  }

  #tellStart(): void {
    this.#begun = true;
    for (const warning of this.#setup.warnings)
      this.#emit({ type: "warning", threadId: this.#host.threadId, message: warning });
    this.#emit({ type: "turn.started", ...this.#place, rootTurnId: this.#origin?.rootTurnId ?? this.id });
  }

  /** `input` is null when hooks are to see it first. */
  #begin(input: TurnInput | null, firstTurn: boolean): void {
    const { state, newId } = this.#host;
    const setup = this.#setup;
    const context = contextUpdate(setup.context, state.worldState, () => newId());
    const records: JournalRecord[] = [
      ...(this.#begun ? [] : this.#opening(firstTurn)),
      ...contextRecords(context, this.#inputPlace),
    ];
    // A compaction has told it already.
    if (!this.#compacted) records.push(contextRecord(setup, this.id));
    if (firstTurn) records.push(settingsRecord(setup));
    const said = input === null ? [] : this.#records(input);
    const sequences = this.#host.journal.append([...records, ...said]);
    addToHistory(state, [...records, ...said], sequences);
    state.contextModel = { name: setup.model.name, compactionHash: setup.model.compactionHash };
    rememberContext(state, context);
    if (!this.#begun) this.#tellStart();
    this.#tellItems(said);
  }

  /** What has changed since the turn began, before its next request. */
  #tellChanges(): void {
    const blocks = this.#setup.changing?.() ?? [];
    if (blocks.length === 0) return;
    const context = contextUpdate(blocks, this.#host.state.worldState, () => this.#host.newId());
    if (context.state === null) return;
    this.#append(contextRecords(context, this.#inputPlace));
    rememberContext(this.#host.state, context);
  }

  #take(input: TurnInput): void {
    this.#append(this.#records(input));
  }

  /** What calls add to their outputs stands behind those of the response. */
  #takeNotes(): void {
    const { clock, state } = this.#host;
    for (const item of this.steer.takeNotes()) {
      const { sampledThrough } = state;
      this.#append([{ type: "response.item", turnId: this.id, item, createdAtMs: clock.now(), sampledThrough }]);
    }
  }

  #records(input: TurnInput): JournalRecord[] {
    return inputRecords(input, this.#inputPlace, () => this.#host.newId());
  }

  get #inputPlace(): InputPlace {
    const { clock, state } = this.#host;
    return { turnId: this.id, atMs: clock.now(), sampledThrough: state.sampledThrough };
  }

  #append(records: JournalRecord[]): void {
    addToHistory(this.#host.state, records, this.#host.journal.append(records));
    this.#tellItems(records);
  }

  #tellItems(records: JournalRecord[]): void {
    for (const record of records) {
      if (record.type !== "item.completed") continue;
      const { item, startedAtMs, completedAtMs: atMs } = record;
      this.#emit({ type: "item.started", ...this.#place, item, atMs: startedAtMs });
      this.#emit({ type: "item.completed", ...this.#place, item, startedAtMs, atMs });
    }
  }

  async #finish(end: TurnEnd): Promise<void> {
    if (end.type === "interrupted" && this.#hooks !== null) await this.#hooks.interrupted();
    const { lastMessage, firstTokenMs } = this.#dialogue;
    const ended = {
      turnId: this.id,
      startedAtMs: this.#startedAtMs,
      durationMs: this.#elapsedMs(),
      lastMessage,
      firstTokenMs,
      tellsInterrupts: this.#setup.tellsInterrupts !== false,
    };
    await finishTurn(this.#host, ended, end);
  }

  #elapsedMs(): number {
    return Math.round(this.#host.clock.monotonic() - this.#startedMono);
  }

  get #place(): { threadId: string; turnId: string } {
    return { threadId: this.#host.threadId, turnId: this.id };
  }

  #emit(event: AgentEvent): void {
    this.#host.emit(event);
  }
}
