import type { TurnInput } from "./turn-setup.ts";

/** Input for a turn that runs already, waiting for the next place where the model can read it. */
export class SteerBox {
  #waiting: TurnInput[] = [];
  #cut: AbortController | null = null;
  #closed = false;

  /** False when the turn takes no more: the input was not kept. */
  add(input: TurnInput): boolean {
    if (this.#closed) return false;
    this.#waiting.push(input);
    this.#cut?.abort(this);
    return true;
  }

  /** The turn ends: gives what nobody read and takes no more, so that nothing is lost between. */
  close(): TurnInput[] {
    this.#closed = true;
    return this.take();
  }

  get size(): number {
    return this.#waiting.length;
  }

  take(): TurnInput[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** A signal that aborts, with this box as its reason, as soon as something is said; until {@link closeWindow}. */
  openWindow(): AbortSignal {
    this.#cut = new AbortController();
    if (this.#waiting.length > 0) this.#cut.abort(this);
    return this.#cut.signal;
  }

  closeWindow(): void {
    this.#cut = null;
  }
}
