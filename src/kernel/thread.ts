import type { TurnOrigin } from "../protocol/agents.ts";
import type { AgentEvent } from "../protocol/events.ts";
import { AgentError, messageOf } from "../protocol/errors.ts";
import type { ThreadSettings } from "../protocol/methods.ts";
import type { Ids } from "../system/ids.ts";
import type { Clock, Random } from "../system/ports.ts";
import type { ThreadSeed } from "./agents/fork.ts";
import { ItemSinks } from "./item-sinks.ts";
import type { Journal, StoredThread } from "./journal-port.ts";
import type { ReviewWork } from "./review/review-turn.ts";
import { SteerBox } from "./turn/steer-box.ts";
import { Interruption } from "./interruption.ts";
import type { Errand } from "./turn/errand.ts";
import { Turn } from "./turn/turn.ts";
import { blankState, restoredState, seededState } from "./thread-state.ts";
import type { ThreadState, TurnHost } from "./turn/turn-host.ts";
import { addToHistory, inputRecords, wordsForModel } from "./turn/turn-records.ts";
import { keepUnkept, keepUnrun, tellFailure } from "./turn/unrun-turn.ts";
import type { TurnInput, TurnSetup } from "./turn-setup.ts";

export interface ThreadPorts {
  clock: Clock;
  random: Random;
  ids: Ids;
  journal: Journal;
  /**
   * Resolves what the next turn needs; `settings` are to hold from it on. A rejection fails that turn; the signal aborts when
   * it is interrupted.
   */
  setUp(signal: AbortSignal, settings: ThreadSettings): Promise<TurnSetup>;
  /** Everything that happens, in order. What it throws is dropped. */
  emit(event: AgentEvent): void;
}

export interface SubmitOptions {
  /** The same id is taken once. */
  inputId?: string;
  outputSchema?: unknown;
  /** Why the turn runs: `exec`, `user`, ...; null: nothing is said of it. Default: `user`. */
  trigger?: string | null;
  /** The turn of another thread that asks for it. */
  origin?: TurnOrigin;
  /** `note` is `steer` without cutting the model's words short. */
  whenBusy?: "queue" | "steer" | "note" | "reject";
  /** Goes with every request of the turn; where the input joins the running turn, with those that it still makes. */
  metadata?: Readonly<Record<string, string>>;
  /** Hold from the turn on; where the input joins the running turn, from the next one. */
  settings?: ThreadSettings;
}

/** A turn from its acceptance to its end. */
interface Accepted {
  readonly turnId: string;
  readonly input: TurnInput;
  /** It makes room and says nothing. */
  readonly compacts?: true;
  /** It waits for a review and says nothing. */
  readonly reviews?: ReviewWork;
  /** It does something of the user's own, which the model only hears of. */
  readonly errand?: Errand;
  readonly options: SubmitOptions;
  readonly metadata: Record<string, string>;
  readonly steer: SteerBox;
  readonly abort: AbortController;
}

/** Turns that may wait behind the running one. */
const maxQueued = 64;

const mismatch = (expected: string, found: string): AgentError =>
  new AgentError("turn_mismatch", `expected active turn id \`${expected}\` but found \`${found}\``);

const triggerOf = ({ trigger = "user" }: SubmitOptions): string | null => trigger;

const nothing: TurnInput = { elements: [], content: [], kinds: [], attachments: [] };

const closedThread = (): Interruption => new Interruption("the thread was closed");

const noTurn = (): AgentError => new AgentError("turn_not_found", "no active turn to steer");

const endsTurn = (
  event: AgentEvent,
): event is Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }> =>
  event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted";

/** A listener's fault is not the thread's: what it throws is dropped. */
const guarded =
  (emit: (event: AgentEvent) => void) =>
  (event: AgentEvent): void => {
    try {
      emit(event);
    } catch {
      // Nobody is left to tell.
    }
  };

/**
 * A conversation that runs: one turn at a time, others in a queue of at most 64, words for the running one at once.
 * Every input that was accepted is journaled in the end, whatever becomes of its turn.
 */
export class Thread {
  readonly id: string;
  readonly #ports: ThreadPorts;
  readonly #state: ThreadState;
  readonly #sinks: ItemSinks;
  readonly #queue: Accepted[] = [];
  /** What waited when the thread was stopped. */
  readonly #unrun: Accepted[] = [];
  readonly #taken = new Map<string, string>();
  /** The turn that runs or is being set up. */
  #current: Accepted | null = null;
  /** The turn whose end was told last: for a moment it is still the current one. */
  #over: string | null = null;
  #turnsRun: number;
  #lastTurn: string | null;
  #running: Promise<void> | null = null;
  #closed = false;
  /** What came with words for the running turn, and holds from the next one. */
  #later: ThreadSettings = {};

  /** `seed`: what a new thread begins with. */
  constructor(ports: ThreadPorts, stored: StoredThread | null = null, seed: ThreadSeed | null = null) {
    const emit = guarded((event) => {
      if (endsTurn(event)) this.#over = event.turnId;
      ports.emit(event);
    });
    this.#ports = { ...ports, setUp: (...asked) => ports.setUp(...asked), emit };
    this.id = ports.journal.threadId;
    this.#sinks = new ItemSinks(this.#ports);
    this.#turnsRun = stored?.turns.length ?? 0;
    this.#lastTurn = stored?.lastContext?.turnId ?? null;
    if (stored !== null) this.#state = restoredState(stored, ports);
    else this.#state = seed === null ? blankState() : seededState(seed);
  }

  get usage(): ThreadState["usage"] {
    return this.#state.usage;
  }

  /** The turn that runs or is about to, or null. */
  get activeTurn(): string | null {
    return this.#active?.turnId ?? null;
  }

  /** The turns that were accepted and have not ended, the running one first. */
  get accepted(): { turnId: string; input: TurnInput }[] {
    const current = this.#current === null || this.#current.turnId === this.#over ? [] : [this.#current];
    return [...current, ...this.#queue];
  }

  get #active(): Accepted | null {
    return this.#current ?? this.#queue[0] ?? null;
  }

  /**
   * Takes an input for the model. While a turn runs it waits for its own (`queue`, the default), goes to the running
   * one (`steer`) or is refused (`reject`).
   * @throws AgentError `thread_busy`, `queue_full`, or `thread_not_found` after {@link stop}.
   */
  submit(input: TurnInput, options: SubmitOptions = {}): { turnId: string; status: "started" | "queued" | "steered" } {
    this.#assertOpen();
    const known = options.inputId === undefined ? undefined : this.#taken.get(options.inputId);
    if (known !== undefined) return { turnId: known, status: known === this.activeTurn ? "started" : "queued" };
    const active = this.activeTurn;
    // A turn that is ending hears nothing more: its successor gets the words.
    const { whenBusy } = options;
    const joins = whenBusy === "steer" || whenBusy === "note";
    if (joins && this.#active?.steer.add(input, whenBusy === "note") === true) {
      if (options.inputId !== undefined) this.#taken.set(options.inputId, this.#active.turnId);
      if (options.settings !== undefined) this.hold(options.settings);
      Object.assign(this.#active.metadata, options.metadata);
      return { turnId: this.#active.turnId, status: "steered" };
    }
    if (active !== null && options.whenBusy === "reject") {
      throw new AgentError(
        "thread_busy",
        `thread ${this.id} is busy with turn ${active}; queue the input, steer, or wait`,
      );
    }
    const turnId = this.#enqueue({ input, options, steer: new SteerBox() });
    if (options.inputId !== undefined) this.#taken.set(options.inputId, turnId);
    return { turnId, status: active === null ? "started" : "queued" };
  }

  /** Settings that hold from the next turn on. */
  hold(settings: ThreadSettings): void {
    this.#later = both(this.#later, settings);
  }

  #enqueue(accepted: Omit<Accepted, "turnId" | "abort" | "metadata">): string {
    if (this.#queue.length >= maxQueued) {
      throw new AgentError("queue_full", `${maxQueued} turns are waiting in thread ${this.id}; wait until one has run`);
    }
    const turnId = this.#ports.ids.uuid();
    const metadata = { ...accepted.options.metadata };
    this.#queue.push({ ...accepted, turnId, metadata, abort: new AbortController() });
    this.#running ??= this.#work();
    return turnId;
  }

  /**
   * Has the history replaced by a summary, in a turn of its own that waits behind those that are there. It hears nothing
   * that is said meanwhile. @throws AgentError `queue_full`, or `thread_not_found` after {@link stop}.
   */
  compact(): { turnId: string; status: "started" | "queued" } {
    return this.#silent({ compacts: true });
  }

  /** Waits for a review, in a turn of its own like that of {@link compact}. */
  review(reviews: ReviewWork): { turnId: string; status: "started" | "queued" } {
    return this.#silent({ reviews });
  }

  /** Does something of the user's own: in the turn that runs, or in one of its own. The model is told what came of it. */
  errand(errand: Errand): { turnId: string } {
    this.#assertOpen();
    const current = this.#current;
    if (current === null) return this.#silent({ errand });
    const { turnId, abort } = current;
    const words = errand({ items: this.#sinks.of(turnId), signal: abort.signal });
    void words
      .then((text) => this.note(wordsForModel(text)))
      .catch((error: unknown) => {
        // The turn may have ended long ago: nobody else is there to hear of it.
        const message = `The model was not told what came of your command: ${messageOf(error)}`;
        this.#ports.emit({ type: "warning", threadId: this.id, message });
      });
    return { turnId };
  }

  /** A turn that hears nothing that is said meanwhile. */
  #silent(kind: Pick<Accepted, "compacts" | "reviews" | "errand">): { turnId: string; status: "started" | "queued" } {
    this.#assertOpen();
    const active = this.activeTurn;
    const steer = new SteerBox();
    steer.close();
    const turnId = this.#enqueue({ input: nothing, ...kind, options: {}, steer });
    return { turnId, status: active === null ? "started" : "queued" };
  }

  /** How often the history was replaced by a summary. */
  get windowNumber(): number {
    return this.#state.windowNumber;
  }

  /**
   * Says something to the turn that runs. Text of the model that is under way is cut; tools are not.
   * @throws AgentError `turn_not_found` when none runs, `turn_mismatch` when another one does.
   */
  steer(
    input: TurnInput,
    options: Pick<SubmitOptions, "inputId" | "metadata"> & { expectedTurnId?: string } = {},
  ): string {
    this.#assertOpen();
    const active = this.#active;
    if (active === null) throw noTurn();
    if (options.expectedTurnId !== undefined && options.expectedTurnId !== active.turnId) {
      throw mismatch(options.expectedTurnId, active.turnId);
    }
    const { inputId } = options;
    const known = inputId === undefined ? undefined : this.#taken.get(inputId);
    if (known !== undefined) return known;
    if (!active.steer.add(input)) throw noTurn();
    Object.assign(active.metadata, options.metadata);
    if (inputId !== undefined) this.#taken.set(inputId, active.turnId);
    return active.turnId;
  }

  /** Gives the running turn's next request something to read, if there is to be one. False when no turn takes it. */
  ride(input: TurnInput): boolean {
    return this.#current?.steer.ride(input) ?? false;
  }

  /**
   * Tells the model what no user said. The running turn reads it with its next request, of which there is one even after
   * the model's last word; without a turn it stands before the next one. It begins none.
   * @throws AgentError `storage_failed`, when no turn runs.
   */
  note(input: TurnInput): void {
    if (this.#closed || this.#active?.steer.add(input, true) === true) return;
    const { journal, clock, ids } = this.#ports;
    const { sampledThrough } = this.#state;
    const place = { turnId: this.#lastTurn ?? ids.uuid(), atMs: clock.now(), sampledThrough };
    const records = inputRecords(input, place, () => ids.uuid());
    keepUnkept({ state: this.#state, journal });
    addToHistory(this.#state, records, journal.append(records));
  }

  /** Resolves as soon as the running turn has been told something that its model has not read: by a user, or by {@link note}. */
  whenTold(signal: AbortSignal): Promise<"user" | "note" | "aborted"> {
    return this.#active?.steer.whenTold(signal) ?? Promise.resolve("aborted");
  }

  /** The running turn, and what the turns of its sub-agents are to say of where they come from. */
  get work(): { turnId: string; rootTurnId: string; trigger: string | null } | null {
    if (this.#current === null) return null;
    const { turnId, options } = this.#current;
    return { turnId, rootTurnId: options.origin?.rootTurnId ?? turnId, trigger: triggerOf(options) };
  }

  /** What the model has been shown, with what it is about to be, and what it was told of its surroundings. */
  get memory(): Omit<ThreadSeed, "turnId"> {
    const { history, ended, worldState, marks } = this.#state;
    return { history: [...history, ...ended], worldState, marks };
  }

  /** Stops the running turn; what waits behind it goes on. @throws AgentError as {@link steer}. */
  interrupt(options: { turnId?: string; reason?: string } = {}): void {
    const active = this.#active;
    if (active === null) throw new AgentError("turn_not_found", "no active turn to interrupt");
    if (options.turnId !== undefined && options.turnId !== active.turnId) throw mismatch(options.turnId, active.turnId);
    active.abort.abort(new Interruption(options.reason ?? "interrupted by the user"));
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Stops the running turn and begins none any more: the first half of {@link close}. */
  stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unrun.push(...this.#queue.splice(0));
    this.#current?.abort.abort(closedThread());
  }

  /** Stops the running turn and those that wait, whose inputs stay in the journal, and gives the journal free. */
  async close(): Promise<void> {
    this.stop();
    this.#sinks.close();
    await this.idle();
    for (const accepted of this.#unrun.splice(0)) await this.#keepUnrun(accepted, closedThread());
    await this.#ports.journal.close();
  }

  async #work(): Promise<void> {
    // Out of the caller's stack: whoever submits hears of the turn before its first event.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#current = next;
      this.#lastTurn = next.turnId;
      await this.#runTurn(next);
      this.#current = null;
    }
    this.#running = null;
  }

  async #runTurn(accepted: Accepted): Promise<void> {
    const { turnId, options, steer, abort, metadata } = accepted;
    const settings = both(this.#later, options.settings ?? {});
    this.#later = {};
    let setup: TurnSetup;
    try {
      setup = await orAborted(this.#ports.setUp(abort.signal, settings), abort.signal);
    } catch (error) {
      return this.#keepUnrun(accepted, error);
    }
    const trigger = triggerOf(options);
    const host = this.#turnHost();
    const turn = new Turn(host, setup, {
      id: turnId,
      trigger,
      outputSchema: options.outputSchema,
      origin: options.origin ?? null,
      steer,
      abort,
      metadata,
    });
    try {
      keepUnkept(host);
      const first = this.#turnsRun === 0;
      const { compacts, reviews, errand, input } = accepted;
      if (compacts) await turn.compact(first);
      else if (reviews) await turn.review(first, reviews);
      else if (errand) await turn.errand(first, errand);
      else await turn.run(input, first);
    } catch (error) {
      // The journal cannot be written: what is missing in it comes before the next turn, should there be one.
      const now = this.#ports.clock.now();
      const times = { startedAtMs: now, completedAtMs: now, durationMs: 0 };
      if (turn.begun) this.#state.unkept.push({ type: "turn.aborted", turnId, reason: "interrupted", ...times });
      steer.close();
      tellFailure(host, turnId, error);
    }
    if (turn.begun) this.#turnsRun++;
  }

  /** A turn that never got to the model: its words stay in the thread. */
  #keepUnrun({ turnId, input, options, steer }: Accepted, cause: unknown): Promise<void> {
    const said = [input, ...steer.close()];
    return keepUnrun(this.#turnHost(), { turnId, trigger: triggerOf(options), origin: options.origin, said }, cause);
  }

  #turnHost(): TurnHost {
    const { clock, random, journal, ids, emit } = this.#ports;
    return {
      threadId: this.id,
      journal,
      clock,
      random,
      state: this.#state,
      newId: () => ids.uuid(),
      emit,
      itemSink: (turnId) => this.#sinks.of(turnId),
    };
  }

  #assertOpen(): void {
    if (this.#closed) throw new AgentError("thread_not_found", `thread ${this.id} is closed`);
  }
}

/** The later of two before the earlier. */
function both(earlier: ThreadSettings, later: ThreadSettings): ThreadSettings {
  const overrides = [...(earlier.overrides ?? []), ...(later.overrides ?? [])];
  return { ...earlier, ...later, ...(overrides.length > 0 && { overrides }) };
}

/** The promise, or the signal's reason as a rejection when it aborts first. */
function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
