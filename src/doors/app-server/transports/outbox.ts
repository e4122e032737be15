import { Outgoing, type Encode, type Wire } from "../wire.ts";
import { rounds } from "./rounds.ts";

/** The end of an outbox towards one client. */
export interface Sink {
  /** False: it has enough for now, and {@link Outbox.ready} is called when it takes more. */
  write(bytes: Uint8Array): boolean;
  /** Ends the connection after what was written. Codes are those of WebSocket closures. */
  end(code: number, reason: string): void;
}

export interface Bounds {
  /** Bytes that wait for a client from which on it goes without what is only passing. */
  readonly soft: number;
  /** Bytes that wait for a client from which on it is given up. */
  readonly hard: number;
}

const mebibyte = 1024 * 1024;
export const usualBounds: Bounds = { soft: 8 * mebibyte, hard: 64 * mebibyte };

/** Bytes in one write; also about what a client is handed before it has read anything of it. */
const batchBytes = 256 * 1024;

const normalEnd = 1000;
const tryAgainLater = 1013;

/**
 * What one client has still to be sent. Messages of one round of the event loop become one write, and what the client
 * does not read waits here. A client that is far behind goes without passing messages until it has nearly caught up, so
 * that what it lacks of a thread is one piece, and is told so there.
 */
export class Outbox implements Wire {
  readonly #sink: Sink;
  readonly #encode: Encode;
  readonly #bounds: Bounds;
  readonly #onOverflow: (reason: string) => void;
  #waiting: Uint8Array[] = [];
  /** Where in {@link #waiting} the next one stands: those before it are written. */
  #next = 0;
  #bytes = 0;
  #isFull = false;
  #isScheduled = false;
  #isClosed = false;
  #isBehind = false;
  #tellsMissed = false;
  readonly #missed = new Map<string | null, number>();
  readonly #flushInRound = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  constructor(sink: Sink, encode: Encode, onOverflow: (reason: string) => void, bounds: Bounds = usualBounds) {
    this.#sink = sink;
    this.#encode = encode;
    this.#bounds = bounds;
    this.#onOverflow = onOverflow;
  }

  send(outgoing: Outgoing): void {
    if (this.#isClosed) return;
    if (this.#bytes >= this.#bounds.soft) this.#isBehind = true;
    if (this.#isBehind && outgoing.passing) {
      this.#missed.set(outgoing.threadId, (this.#missed.get(outgoing.threadId) ?? 0) + 1);
    } else if (this.#bytes >= this.#bounds.hard) {
      this.#giveUp();
    } else {
      this.#add(outgoing);
    }
  }

  tellMissed(): void {
    this.#tellsMissed = true;
  }

  close(reason: string): void {
    this.end(normalEnd, reason);
  }

  /** Ends the connection after what waits, of which the sink is given all. */
  end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isFull = false;
    while (this.#next < this.#waiting.length) this.#sink.write(this.#takeBatch());
    this.#isClosed = true;
    this.#sink.end(code, reason);
  }

  /** The client is gone: nothing is kept for it any more. */
  forget(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#next = 0;
    this.#missed.clear();
  }

  /** The sink takes more. */
  ready(): void {
    this.#isFull = false;
    this.#flush();
  }

  #add(outgoing: Outgoing): void {
    const bytes = outgoing.encoded(this.#encode);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#isScheduled || this.#isFull) return;
    this.#isScheduled = true;
    rounds.ask(this.#flushInRound);
  }

  #flush(): void {
    while (!this.#isFull && !this.#isClosed && this.#next < this.#waiting.length) {
      this.#isFull = !this.#sink.write(this.#takeBatch());
      if (this.#isBehind && this.#bytes <= this.#bounds.soft / 4) this.#catchUp();
    }
  }

  /** The next messages, in one piece. */
  #takeBatch(): Uint8Array {
    const first = this.#next;
    let size = 0;
    while (this.#next < this.#waiting.length && (size === 0 || size < batchBytes)) {
      size += this.#waiting[this.#next++]!.length;
    }
    this.#bytes -= size;
    const taken = this.#waiting.slice(first, this.#next);
    if (this.#next === this.#waiting.length || this.#next > 10_000) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return taken.length === 1 ? taken[0]! : Buffer.concat(taken, size);
  }

  #catchUp(): void {
    this.#isBehind = false;
    const threads = [...this.#missed].map(([threadId, notifications]) => ({ threadId, notifications }));
    this.#missed.clear();
    if (!this.#tellsMissed || threads.length === 0) return;
    this.#add(new Outgoing({ method: "agent/missed", params: { threads }, emittedAtMs: Date.now() }));
  }

  #giveUp(): void {
    const reason = `The client does not read: ${this.#bytes} bytes wait for it.`;
    this.forget();
    this.#onOverflow(reason);
    this.#sink.end(tryAgainLater, reason);
  }
}
