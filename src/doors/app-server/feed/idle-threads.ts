import type { ThreadFeed } from "./thread-feed.ts";

/** How long Codex keeps a thread open that nobody follows and nothing happens in. */
const idleMs = 30 * 60 * 1000;

export interface Timers {
  set(work: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

const realTimers: Timers = {
  // A server that has nothing else to do may end.
  set: (work, ms) => setTimeout(work, ms).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Closes threads that nobody has followed for a while; one in which a turn runs gets as long again. */
export class IdleThreads {
  #close: (feed: ThreadFeed) => void = () => undefined;
  readonly #timers: Timers;
  readonly #waiting = new Map<string, unknown>();

  constructor(timers = realTimers) {
    this.#timers = timers;
  }

  /** What closes them. */
  whenIdle(close: (feed: ThreadFeed) => void): void {
    this.#close = close;
  }

  /** The last follower has left. */
  left(feed: ThreadFeed): void {
    this.keep(feed.threadId);
    const look = (): void => {
      this.#waiting.delete(feed.threadId);
      if (feed.turn !== null) this.left(feed);
      else this.#close(feed);
    };
    this.#waiting.set(feed.threadId, this.#timers.set(look, idleMs));
  }

  /** Somebody follows it again, or it is closed. */
  keep(threadId: string): void {
    const timer = this.#waiting.get(threadId);
    if (timer !== undefined) this.#timers.clear(timer);
    this.#waiting.delete(threadId);
  }
}
