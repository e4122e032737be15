import type { TurnOrigin } from "../protocol/agents.ts";
import type { AgentEvent } from "../protocol/events.ts";
import { errorInfo, type ErrorInfo } from "../protocol/errors.ts";
import type { ModelFailure } from "../model/model-client.ts";
import { applyMergePatch, contextUpdate } from "./context/context.ts";
import { Dialogue } from "./dialogue.ts";
import { Interruption } from "./interruption.ts";
import type { JournalRecord } from "./journal-port.ts";
import { abortedTurn } from "./context/prompts.ts";
import type { SteerBox } from "./steer-box.ts";
import type { TurnHost } from "./turn-host.ts";
import { harnessMessage, inputRecords, notBefore } from "./turn-records.ts";
import type { TurnInput, TurnSetup } from "./turn-setup.ts";

export type TurnEnd =
  | { type: "completed"; lastMessage: string | null }
  | { type: "failed"; error: ErrorInfo }
  | { type: "interrupted"; reason: string };

/** One turn: from an input to the model's last word. */
export class Turn {
  readonly id: string;
  readonly steer: SteerBox;
  readonly signal: AbortSignal;
  readonly #host: TurnHost;
  readonly #setup: TurnSetup;
  readonly #trigger: string;
  readonly #origin: TurnOrigin | null;
  /** Its start stands in the journal. */
  #begun = false;
  readonly #startedAtMs: number;
  readonly #startedMono: number;
  readonly #dialogue: Dialogue;

  constructor(
    host: TurnHost,
    setup: TurnSetup,
    options: {
      id: string;
      outputSchema?: unknown;
      trigger: string;
      origin: TurnOrigin | null;
      steer: SteerBox;
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
    this.#dialogue = new Dialogue(host, setup, {
      turnId: options.id,
      outputSchema: options.outputSchema,
      trigger: options.trigger,
      origin: options.origin,
      startedAtMs: this.#startedAtMs,
      elapsedMs: () => this.#elapsedMs(),
      signal: abort.signal,
      abort: (cause) => abort.abort(cause),
      steer,
    });
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Runs to the end. Rejects only when the journal cannot be written. */
  async run(input: TurnInput, firstTurn: boolean): Promise<TurnEnd> {
    this.#begin(input, firstTurn);
    const end = await this.#converse();
    // What was said to this turn and came too late is kept for the next one.
    for (const late of this.steer.close()) this.#take(late);
    this.#takeNotes();
    await this.#finish(end);
    return end;
  }

  async #converse(): Promise<TurnEnd> {
    try {
      for (;;) {
        this.signal.throwIfAborted();
        this.#takeNotes();
        for (const said of this.steer.take()) this.#take(said);
        const { result, calls } = await this.#dialogue.respond();
        if (result.type === "failed") return { type: "failed", error: errorOf(result.failure) };
        const more = calls > 0 || result.endTurn === false || this.steer.size > 0;
        if (!more) return { type: "completed", lastMessage: this.#dialogue.lastMessage };
      }
    } catch (error) {
      if (error instanceof Interruption) return { type: "interrupted", reason: error.message };
      return { type: "failed", error: errorInfo(error) };
    }
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
      {
        type: "turn.started",
        turnId: this.id,
        startedAtMs: this.#startedAtMs,
        contextWindow: setup.contextWindow,
        trigger: this.#trigger,
        origin: this.#origin ?? undefined,
      },
      ...context.messages.map(({ message, kinds }): JournalRecord => ({
        type: "response.item",
        turnId: this.id,
        item: message,
        kinds,
        createdAtMs: now,
        sampledThrough: state.sampledThrough,
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
    const said = this.#records(input);
    this.#host.journal.append([...records, ...said]);
    this.#begun = true;
    this.#remember(records);
    if (context.state !== null) {
      const { full, state: change } = context.state;
      state.worldState = (full ? change : applyMergePatch(state.worldState, change)) as Record<string, unknown>;
    }
    for (const warning of setup.warnings)
      this.#emit({ type: "warning", threadId: this.#host.threadId, message: warning });
    this.#emit({ type: "turn.started", ...this.#place });
    this.#remember(said);
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
    const { clock, newId, state } = this.#host;
    const place = { turnId: this.id, atMs: clock.now(), sampledThrough: state.sampledThrough };
    return inputRecords(input, place, () => newId());
  }

  #append(records: JournalRecord[]): void {
    this.#host.journal.append(records);
    this.#remember(records);
  }

  /** Adds the items of records that are kept to the history and tells of finished thread items. */
  #remember(records: JournalRecord[]): void {
    for (const record of records) {
      if (record.type === "response.item") this.#host.state.history.push(record.item);
      if (record.type !== "item.completed") continue;
      const { item, startedAtMs, completedAtMs: atMs } = record;
      this.#emit({ type: "item.started", ...this.#place, item, atMs: startedAtMs });
      this.#emit({ type: "item.completed", ...this.#place, item, startedAtMs, atMs });
    }
  }

  async #finish(end: TurnEnd): Promise<void> {
    const { clock, journal, state, newId } = this.#host;
    const completedAtMs = notBefore(this.#startedAtMs, clock.now());
    const durationMs = this.#elapsedMs();
    const times = { startedAtMs: this.#startedAtMs, completedAtMs, durationMs };
    if (state.unkept.length > 0) journal.append(state.unkept);
    state.unkept = [];
    if (end.type === "interrupted") {
      const item = harnessMessage("user", abortedTurn, newId());
      const { sampledThrough } = state;
      this.#append([
        {
          type: "response.item",
          turnId: this.id,
          item,
          kinds: ["generic.turn_aborted"],
          createdAtMs: completedAtMs,
          sampledThrough,
        },
        { type: "turn.aborted", turnId: this.id, reason: "interrupted", ...times },
      ]);
    } else {
      if (end.type === "failed")
        journal.append([{ type: "error", turnId: this.id, message: end.error.message, code: end.error.code }]);
      const lastMessage = end.type === "completed" ? end.lastMessage : this.#dialogue.lastMessage;
      journal.append([
        { type: "turn.completed", turnId: this.id, lastMessage, ...times, firstTokenMs: this.#dialogue.firstTokenMs },
      ]);
    }
    await journal.sync();
    const common = { ...this.#place, usage: state.usage, durationMs };
    if (end.type === "completed") this.#emit({ type: "turn.completed", ...common, lastMessage: end.lastMessage });
    else if (end.type === "failed") this.#emit({ type: "turn.failed", ...common, error: end.error });
    else this.#emit({ type: "turn.interrupted", ...common, reason: end.reason });
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

const errorOf = (failure: ModelFailure): ErrorInfo => ({
  code: failure.code,
  message: failure.message,
  ...(failure.httpStatus !== undefined && { details: { httpStatus: failure.httpStatus } }),
});
