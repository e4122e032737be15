/**
 * Work that is done once per round of the event loop, however often it is asked for. Rounds take about half of the time
 * at most: the more there is to write to, the more goes into one write.
 */
class Rounds {
  #asked: (() => void)[] = [];
  #isScheduled = false;
  /** Milliseconds on the clock that only goes forward. */
  #restUntil = 0;

  /** To be asked for once until it is done. */
  ask(work: () => void): void {
    this.#asked.push(work);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const rest = this.#restUntil - performance.now();
    if (rest < 1) setImmediate(() => this.#run());
    else setTimeout(() => this.#run(), rest);
  }

  #run(): void {
    const asked = this.#asked;
    this.#asked = [];
    this.#isScheduled = false;
    const start = performance.now();
    for (const work of asked) work();
    const end = performance.now();
    this.#restUntil = end + (end - start);
  }
}

/** There is one event loop, and one of these. */
export const rounds = new Rounds();
