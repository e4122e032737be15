import type { ToolCallOutputItem } from "../../protocol/response-items.ts";
import type { TurnInput } from "../turn-setup.ts";

/** Input for a turn that runs already, waiting for the next place where the model can read it. */
export class SteerBox {
  #waiting: TurnInput[] = [];
  #riding: TurnInput[] = [];
  #cut: AbortController | null = null;
  #closed = false;
  #notes: ToolCallOutputItem[] = [];
  readonly #over = new AbortController();
  #listeners: (() => void)[] = [];
  /** Something waits that the model is not to go on without. */
  #hurry = false;

  /** False when the turn takes no more: the input was not kept. `quietly` lets the model say to the end what it is saying. */
  add(input: TurnInput, quietly = false): boolean {
    if (this.#closed) return false;
    this.#waiting.push(input);
    this.#tell();
    if (!quietly) {
      this.#hurry = true;
      this.#cut?.abort(this);
    }
    return true;
  }

  /** Goes with the next request, should there be one: the turn neither stops nor goes on for it. False as {@link add}. */
  ride(input: TurnInput): boolean {
    if (this.#closed) return false;
    this.#riding.push(input);
    return true;
  }

  /** The turn ends: gives what nobody read and takes no more, so that nothing is lost between. */
  close(): TurnInput[] {
    this.#closed = true;
    this.#over.abort();
    this.#riding = [];
    return this.take();
  }

  /** The model has said its last word: takes no more, unless something waits to be answered. False: it does. */
  closeIfEmpty(): boolean {
    if (this.size > 0) return false;
    this.close();
    return true;
  }

  /** Aborts when the turn takes no more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** A further output of a call; it cuts nothing short. False when the turn takes no more. */
  note(output: ToolCallOutputItem): boolean {
    if (this.#closed) return false;
    this.#notes.push(output);
    this.#tell();
    return true;
  }

  takeNotes(): ToolCallOutputItem[] {
    return this.#notes.splice(0);
  }

  /** Resolves when something waits to be read. */
  news(): Promise<void> {
    if (this.size > 0) return Promise.resolve();
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  #tell(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }

  get size(): number {
    return this.#waiting.length + this.#notes.length;
  }

  take(): TurnInput[] {
    const taken = [...this.#riding, ...this.#waiting];
    this.#riding = [];
    this.#waiting = [];
    this.#hurry = false;
    return taken;
  }

  /** Resolves as soon as something waits here, or when the signal aborts: whether a user said it. */
  async whenTold(signal: AbortSignal): Promise<"user" | "note" | "aborted"> {
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    if (!signal.aborted) await Promise.race([this.news(), stopped]);
    if (signal.aborted) return "aborted";
    return this.#hurry ? "user" : "note";
  }

  /** A signal that aborts, with this box as its reason, as soon as something is said; until {@link closeWindow}. */
  openWindow(): AbortSignal {
    this.#cut = new AbortController();
    if (this.#hurry) this.#cut.abort(this);
    return this.#cut.signal;
  }

  closeWindow(): void {
    this.#cut = null;
  }
}
