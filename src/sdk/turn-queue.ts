/** The turns of one thread, one after the other, in the order in which they were asked for. */
export class TurnQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** `turn` resolves when it is this one's turn; `leave` lets the next one go, once those before are done as well. */
  enter(): { turn: Promise<unknown>; leave: () => void } {
    const turn = this.#last;
    let leave = (): void => {};
    const mine = new Promise<void>((resolve) => (leave = resolve));
    this.#last = Promise.all([turn, mine]);
    return { turn, leave };
  }
}
