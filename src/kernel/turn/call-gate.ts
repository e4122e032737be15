/**
 * Lets calls that may run beside others run together, and the rest one at a time, in the order in which they came:
 * a call that runs alone waits for all before it and holds up all after it.
 */
export class CallGate {
  #shared = 0;
  #exclusive = false;
  readonly #waiting: { alone: boolean; enter: () => void }[] = [];

  /** Resolves when the call may run; the function it gives must be called when the call has ended. */
  async enter(alone: boolean): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#admits(alone)) {
      await new Promise<void>((enter) => this.#waiting.push({ alone, enter }));
    } else {
      this.#take(alone);
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (alone) this.#exclusive = false;
      else this.#shared--;
      this.#admitNext();
    };
  }

  #admits(alone: boolean): boolean {
    return !this.#exclusive && (!alone || this.#shared === 0);
  }

  #take(alone: boolean): void {
    if (alone) this.#exclusive = true;
    else this.#shared++;
  }

  #admitNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#admits(next.alone); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.alone);
      next.enter();
    }
  }
}
