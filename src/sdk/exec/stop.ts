/** Why a turn has to end before its own end: its caller has left, or something decided so. */
import { TurnAbortedError } from "./errors.ts";

const left = Symbol("left");

/** Whether an error is the caller's leaving, which is none. */
export const isLeaving = (error: unknown): boolean => error === left;

export class Stop {
  readonly #controller = new AbortController();
  #forget = (): void => {};

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From here on the caller's signal counts, until {@link forget}. */
  heed(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => this.fail(new TurnAbortedError(signal.reason));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#forget = () => signal.removeEventListener("abort", abort);
  }

  fail(error: Error): void {
    this.#controller.abort(error);
  }

  /** The caller reads no further. */
  leave(): void {
    this.#controller.abort(left);
  }

  check(): void {
    if (this.signal.aborted) throw this.signal.reason;
  }

  /** The outcome of the work, or the stop, whichever is first. */
  async race<Result>(work: Result | PromiseLike<Result>): Promise<Result> {
    this.check();
    let onAbort = (): void => {};
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.signal.reason as Error);
      this.signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
    }
  }

  /** Nothing that happens to the caller's signal matters any more. */
  forget(): void {
    this.#forget();
  }
}
