/** What is told of one turn, from before it was asked for until it is over. */
import type { NotificationMessage } from "../../../protocol/codex-0.169/app-server/messages.ts";
import { AppServerConnectionError, BufferOverflowError, turnFailure, type TurnFailure } from "../errors.ts";
import { isRecord, type Address } from "../events/address.ts";
import { readEvent } from "../events/read-event.ts";
import type { ResponseEvent } from "../events/response-event.ts";
import { EventBuffer } from "./event-buffer.ts";
import type { Listener } from "./router.ts";

export interface TurnStreamOptions {
  threadId: string;
  /** Events that may wait to be read. */
  limit: number;
  /** Milliseconds without an event of the turn after which it is given up; null: never. */
  idleMs: number | null;
}

/** How long the end of a turn is waited for after the error that ends it, in milliseconds. */
const lastErrorMs = 5000;

export class TurnStream implements Listener {
  readonly threadId: string;
  readonly #limit: number;
  readonly #idleMs: number | null;
  readonly #buffer: EventBuffer;
  /** Of the thread, and of a turn of which nobody knows yet whether it is ours. */
  #held: { message: NotificationMessage; turnId: string }[] = [];
  #turnId: string | null = null;
  #turn: Record<string, unknown> | null = null;
  #lastError: TurnFailure | null = null;
  #errorTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Questions of this client that wait for an answer, and whether the thread waits for one, whoever is to give it. */
  #questions = 0;
  #waiting = false;
  #lost = false;

  constructor({ threadId, limit, idleMs }: TurnStreamOptions) {
    this.threadId = threadId;
    this.#limit = limit;
    this.#idleMs = idleMs;
    this.#buffer = new EventBuffer(limit);
    this.#arm();
  }

  get turnId(): string | null {
    return this.#turnId;
  }

  /** As `turn/completed` had it; null while it runs. */
  get turn(): Record<string, unknown> | null {
    return this.#turn;
  }

  /** Whether the connection that it ran on is over. */
  get lost(): boolean {
    return this.#lost;
  }

  next(): Promise<ResponseEvent | null> {
    return this.#buffer.next();
  }

  /** The server has named the turn: what came before that is sorted now. */
  begin(turnId: string): void {
    this.#turnId = turnId;
    const held = this.#held;
    this.#held = [];
    for (const { message, turnId: of } of held) if (of === turnId) this.#take(message);
  }

  /** Nobody reads any more; timers go. */
  leave(): void {
    this.#finish(null);
  }

  offer(message: NotificationMessage, { threadId, turnId }: Address): void {
    if (this.#buffer.ended) return;
    if (threadId !== null && threadId !== this.threadId) return;
    if (turnId === null) return this.#take(message, threadId !== null);
    if (this.#turnId === null) {
      if (threadId === null) return;
      this.#held.push({ message, turnId });
      if (this.#held.length > this.#limit) this.#finish(new BufferOverflowError(this.#limit));
      this.#arm();
    } else if (turnId === this.#turnId) this.#take(message);
  }

  fail(error: Error, dropped: boolean): void {
    this.#lost = true;
    if (dropped) this.#buffer.clear();
    this.#finish(error);
  }

  asked({ threadId, turnId }: Address, change: 1 | -1): void {
    if (threadId !== null && threadId !== this.threadId) return;
    if (turnId !== null && this.#turnId !== null && turnId !== this.#turnId) return;
    this.#questions = Math.max(0, this.#questions + change);
    this.#arm();
  }

  #take(message: NotificationMessage, mine = true): void {
    const event = readEvent(message);
    this.#buffer.push(event);
    if (this.#buffer.ended) return this.#finish(null);
    if (!mine) return;
    const params = isRecord(message.params) ? message.params : {};
    if (message.method === "thread/status/changed") this.#waiting = waits(params["status"]);
    this.#arm();
    if (message.method === "turn/completed") this.#completed(params["turn"]);
    else if (message.method === "error" && event.error?.willRetry === false) this.#failing(event.error);
    else if (message.method === "thread/closed" && this.#turnId !== null)
      this.#finish(new AppServerConnectionError({ reason: "The thread was closed in the middle of its turn" }));
  }

  #failing(error: TurnFailure): void {
    this.#lastError = error;
    this.#errorTimer ??= setTimeout(() => this.#finish(turnFailure(error, this.#turnId)), lastErrorMs);
  }

  #completed(turn: unknown): void {
    this.#turn = isRecord(turn) ? turn : {};
    if (this.#turn["status"] !== "failed") return this.#finish(null);
    const error = isRecord(this.#turn["error"]) ? (this.#turn["error"] as unknown as TurnFailure) : null;
    this.#finish(turnFailure(error ?? this.#lastError ?? { message: "The turn failed" }, this.#turnId));
  }

  #arm(): void {
    clearTimeout(this.#idleTimer);
    if (this.#idleMs === null || this.#buffer.ended || this.#waiting || this.#questions > 0) return;
    const reason = `Nothing was heard of the turn for ${this.#idleMs} ms`;
    this.#idleTimer = setTimeout(
      () => this.#finish(new AppServerConnectionError({ reason }, { code: "idleTimeout" })),
      this.#idleMs,
    );
  }

  #finish(error: Error | null): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#errorTimer);
    this.#buffer.end(error);
  }
}

function waits(status: unknown): boolean {
  const flags: unknown = isRecord(status) ? status["activeFlags"] : null;
  return Array.isArray(flags) && flags.length > 0;
}
