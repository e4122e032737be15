import type { AgentEvent } from "../protocol/events.ts";
import { AgentError, errorInfo } from "../protocol/errors.ts";
import type { ThreadItem } from "../protocol/items.ts";
import { noUsage } from "../protocol/usage.ts";
import type { Ids } from "../system/ids.ts";
import type { Clock, Random } from "../system/ports.ts";
import type { ItemSink } from "../tools/tool.ts";
import { answer, unansweredCalls, withAnswers } from "./history.ts";
import type { Journal, JournalRecord, StoredThread } from "./journal-port.ts";
import { neverStarted, unknownOutcome } from "./prompts.ts";
import { Turn } from "./turn.ts";
import type { ThreadState, TurnHost } from "./turn-host.ts";
import type { TurnInput, TurnSetup } from "./turn-setup.ts";

export interface ThreadPorts {
  clock: Clock;
  random: Random;
  ids: Ids;
  journal: Journal;
  /** Resolves what the next turn needs. A rejection fails that turn. */
  setUp(): Promise<TurnSetup>;
  /** Everything that happens, in order. Must not throw. */
  emit(event: AgentEvent): void;
}

export interface SubmitOptions {
  /** The same id is taken once. */
  inputId?: string;
  outputSchema?: unknown;
  /** Why the turn runs: `exec`, `user`, ... */
  trigger?: string;
  whenBusy?: "queue" | "steer" | "reject";
}

interface Queued {
  turnId: string;
  input: TurnInput;
  options: SubmitOptions;
}

/** Turns that may wait behind the running one. */
const maxQueued = 64;

const mismatch = (expected: string, found: string): AgentError =>
  new AgentError("turn_mismatch", `expected active turn id \`${expected}\` but found \`${found}\``);

const blankState = (): ThreadState => ({
  history: [],
  usage: { ...noUsage },
  lastUsage: null,
  worldState: null,
  windowNumber: 0,
  sampledThrough: 0,
});

/**
 * A conversation that runs: one turn at a time, others in a queue of at most 64, words for the running one at once.
 * Every input that was accepted is journaled in the end, whatever becomes of its turn.
 */
export class Thread {
  readonly id: string;
  readonly #ports: ThreadPorts;
  readonly #state: ThreadState;
  readonly #queue: Queued[] = [];
  readonly #taken = new Map<string, string>();
  /** Calls that a crash left without an output, and the turn that they belong to. */
  #recovery: JournalRecord[];
  #turn: Turn | null = null;
  #startingTurn: string | null = null;
  /** Why the turn that is being set up is to stop as soon as it has begun. */
  #interruptEarly: string | null = null;
  #turnsRun: number;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(ports: ThreadPorts, stored: StoredThread | null = null) {
    this.#ports = ports;
    this.id = ports.journal.threadId;
    this.#state = blankState();
    this.#recovery = [];
    this.#turnsRun = 0;
    if (stored !== null) this.#restore(stored);
  }

  get usage(): ThreadState["usage"] {
    return this.#state.usage;
  }

  /** The turn that runs or is about to, or null. */
  get activeTurn(): string | null {
    return this.#turn?.id ?? this.#startingTurn;
  }

  /**
   * Takes an input for the model. While a turn runs it waits for its own (`queue`, the default), goes to the running
   * one (`steer`) or is refused (`reject`).
   * @throws AgentError `thread_busy`, `queue_full`, or `thread_not_found` after {@link close}.
   */
  submit(input: TurnInput, options: SubmitOptions = {}): { turnId: string; status: "started" | "queued" | "steered" } {
    this.#assertOpen();
    const known = options.inputId === undefined ? undefined : this.#taken.get(options.inputId);
    if (known !== undefined) return { turnId: known, status: known === this.activeTurn ? "started" : "queued" };
    const active = this.activeTurn;
    if (active !== null && options.whenBusy === "steer") return { turnId: this.steer(input, options), status: "steered" };
    if (active !== null && options.whenBusy === "reject") {
      throw new AgentError("thread_busy", `thread ${this.id} is busy with turn ${active}; queue the input, steer, or wait`);
    }
    if (this.#queue.length >= maxQueued) {
      throw new AgentError("queue_full", `${maxQueued} turns are waiting in thread ${this.id}; wait until one has run`);
    }
    const turnId = this.#ports.ids.uuid();
    if (options.inputId !== undefined) this.#taken.set(options.inputId, turnId);
    this.#queue.push({ turnId, input, options });
    this.#running ??= this.#work();
    return { turnId, status: active === null ? "started" : "queued" };
  }

  /**
   * Says something to the turn that runs. Text of the model that is under way is cut; tools are not.
   * @throws AgentError `turn_not_found` when none runs, `turn_mismatch` when another one does.
   */
  steer(input: TurnInput, options: { inputId?: string; expectedTurnId?: string } = {}): string {
    this.#assertOpen();
    const turn = this.#turn;
    if (turn === null) throw new AgentError("turn_not_found", "no active turn to steer");
    if (options.expectedTurnId !== undefined && options.expectedTurnId !== turn.id) {
      throw mismatch(options.expectedTurnId, turn.id);
    }
    if (options.inputId !== undefined) {
      if (this.#taken.has(options.inputId)) return turn.id;
      this.#taken.set(options.inputId, turn.id);
    }
    turn.steer.add(input);
    return turn.id;
  }

  /** Stops the running turn; what waits behind it goes on. @throws AgentError as {@link steer}. */
  interrupt(options: { turnId?: string; reason?: string } = {}): void {
    const active = this.activeTurn;
    if (active === null) throw new AgentError("turn_not_found", "no active turn to interrupt");
    if (options.turnId !== undefined && options.turnId !== active) throw mismatch(options.turnId, active);
    const reason = options.reason ?? "interrupted by the user";
    if (this.#turn === null) this.#interruptEarly = reason;
    else this.#turn.interrupt(reason);
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Stops the running turn, drops what waits, and gives the journal free. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.length = 0;
    this.#turn?.interrupt("the thread was closed");
    await this.idle();
    await this.#ports.journal.close();
  }

  async #work(): Promise<void> {
    // Out of the caller's stack: whoever submits hears of the turn before its first event.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#startingTurn = next.turnId;
      try {
        await this.#runTurn(next);
      } catch (error) {
        this.#turn?.interrupt("the turn failed");
        this.#emitFailure(next.turnId, error);
      } finally {
        this.#turn = null;
        this.#startingTurn = null;
        this.#interruptEarly = null;
      }
    }
    this.#running = null;
  }

  async #runTurn({ turnId, input, options }: Queued): Promise<void> {
    const setup = await this.#ports.setUp();
    if (this.#closed) return;
    if (this.#recovery.length > 0) {
      this.#ports.journal.append(this.#recovery);
      this.#recovery = [];
    }
    const turn = new Turn(this.#turnHost(), setup, {
      id: turnId,
      trigger: options.trigger ?? "user",
      outputSchema: options.outputSchema,
    });
    this.#turn = turn;
    if (this.#interruptEarly !== null) turn.interrupt(this.#interruptEarly);
    await turn.run(input, this.#turnsRun++ === 0);
  }

  #emitFailure(turnId: string, error: unknown): void {
    const place = { threadId: this.id, turnId };
    this.#ports.emit({ type: "turn.failed", ...place, error: errorInfo(error), usage: this.#state.usage, durationMs: 0 });
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
      itemSink: (turnId) => this.#itemSink(turnId),
    };
  }

  /** Tools may tell of an item after their turn: a command that went on in the background ends when it ends. */
  #itemSink(turnId: string): ItemSink {
    const { clock, journal, emit } = this.#ports;
    const place = { threadId: this.id, turnId };
    const started = this.#startedItems;
    return {
      started(item) {
        const atMs = clock.now();
        started.set(item.id, atMs);
        emit({ type: "item.started", ...place, item, atMs });
      },
      output: (itemId, delta) => emit({ type: "command.output", ...place, itemId, delta }),
      completed: (item: ThreadItem) => {
        const atMs = clock.now();
        const startedAtMs = started.get(item.id) ?? atMs;
        started.delete(item.id);
        journal.append([{ type: "item.completed", turnId, item, startedAtMs, completedAtMs: atMs }]);
        emit({ type: "item.completed", ...place, item, startedAtMs, atMs });
      },
      plan: (explanation, plan) => emit({ type: "plan.updated", ...place, explanation, plan }),
    };
  }

  readonly #startedItems = new Map<string, number>();

  #restore(stored: StoredThread): void {
    const { clock, ids } = this.#ports;
    const state = this.#state;
    state.usage = stored.usage;
    state.lastUsage = stored.lastUsage;
    state.worldState = stored.worldState;
    state.windowNumber = stored.windowNumber;
    state.sampledThrough = stored.sequence;
    this.#turnsRun = stored.turns.length;
    const now = clock.now();
    const turnId = stored.unfinishedTurn ?? stored.lastContext?.turnId ?? ids.uuid();
    const outputs = new Map(
      unansweredCalls(stored.history).map((call) => {
        const text = stored.startedCalls.has(call.call_id) ? unknownOutcome : neverStarted;
        return [call.call_id, answer(call, text, () => ids.uuid())] as const;
      }),
    );
    state.history = withAnswers(stored.history, outputs);
    this.#recovery = [...outputs.values()].map((item): JournalRecord => ({
      type: "response.item",
      turnId,
      item,
      createdAtMs: now,
      sampledThrough: stored.sequence,
    }));
    if (stored.unfinishedTurn !== null) {
      const times = { startedAtMs: now, completedAtMs: now, durationMs: 0 };
      this.#recovery.push({ type: "turn.aborted", turnId: stored.unfinishedTurn, reason: "interrupted", ...times });
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new AgentError("thread_not_found", `thread ${this.id} is closed`);
  }
}
