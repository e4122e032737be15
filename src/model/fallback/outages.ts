import type { Clock } from "../../system/ports.ts";

const firstMs = 30_000;
const longestMs = 5 * 60_000;

interface Outage {
  cause: string;
  untilMs: number;
  /** How long it is passed over, which doubles with each failure in a row. */
  pauseMs: number;
}

/**
 * Which models could not be reached lately, so that not every turn has to find that out anew. A model is passed over for half a minute
 * at first, for five minutes at most, and until its limit is lifted where it has said when that will be.
 */
export class Outages {
  readonly #clock: Clock;
  readonly #known = new Map<string, Outage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why the model is passed over now; null: it is not. */
  causeOf(name: string): string | null {
    const outage = this.#known.get(name);
    return outage !== undefined && outage.untilMs > this.#clock.now() ? outage.cause : null;
  }

  /** @param liftedAtMs when its provider says that it can be asked again, milliseconds since the epoch; null: it does not say */
  failed(name: string, cause: string, liftedAtMs: number | null): void {
    const before = this.#known.get(name);
    const pauseMs = before === undefined ? firstMs : Math.min(longestMs, before.pauseMs * 2);
    this.#known.set(name, { cause, pauseMs, untilMs: liftedAtMs ?? this.#clock.now() + pauseMs });
  }

  answered(name: string): void {
    this.#known.delete(name);
  }
}
