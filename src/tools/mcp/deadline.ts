/** A time limit that stands still while somebody is asked something. */
export class Deadline {
  readonly #controller = new AbortController();
  #left: number;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;

  constructor(ms: number) {
    this.#left = ms;
    this.#run();
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async pausedFor<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#pauses++ === 0) {
      this.#left -= performance.now() - this.#since;
      clearTimeout(this.#timer);
    }
    try {
      return await work();
    } finally {
      if (--this.#pauses === 0) this.#run();
    }
  }

  end(): void {
    this.#pauses = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#controller.abort(), Math.max(0, this.#left));
  }
}
