/**
 * What runs, and how each of it is broken off. Places are used again: a Set that much goes through builds its table anew all the time, and each
 * old table, dead as it is, keeps what was in it until the next full collection.
 */
export class Running {
  readonly #stops: ((() => void) | null)[] = [];
  readonly #free: number[] = [];

  /** @returns its place, for `ended` */
  began(stop: () => void): number {
    const place = this.#free.pop() ?? this.#stops.length;
    this.#stops[place] = stop;
    return place;
  }

  ended(place: number): void {
    this.#stops[place] = null;
    this.#free.push(place);
  }

  stopAll(): void {
    for (const stop of this.#stops) stop?.();
  }
}
