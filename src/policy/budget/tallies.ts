import { type ByModel, noTokens, plus, type Tokens } from "./amounts.ts";

/** What was used under one name, such as a turn, with requests under way counted as booked. */
class Tally {
  readonly #used = new Map<string, Tokens>();

  constructor(before: ByModel) {
    for (const [model, tokens] of before) this.#used.set(model, tokens);
  }

  get used(): ByModel {
    return this.#used;
  }

  add(model: string, tokens: Tokens): void {
    this.#used.set(model, plus(this.#used.get(model) ?? noTokens, tokens));
  }
}

/** Turns whose sums are kept: more than ever run at once. */
const mostTurns = 1000;

/** The turns and threads of this process: each thread has one writer, so nobody else adds to them. */
export class Tallies {
  readonly #turns = new Map<string, Tally>();
  readonly #threads = new Map<string, Tally>();
  /** What was warned of already. */
  readonly warned = new Set<string>();

  turn(id: string): Tally {
    if (this.#turns.size >= mostTurns && !this.#turns.has(id)) {
      for (const oldest of [...this.#turns.keys()].slice(0, mostTurns / 2)) this.#turns.delete(oldest);
    }
    return kept(this.#turns, id, () => new Map());
  }

  /** `before`: what the thread and its sub-agents used before this process. */
  thread(id: string, before: () => ByModel): Tally {
    return kept(this.#threads, id, before);
  }
}

function kept(tallies: Map<string, Tally>, id: string, before: () => ByModel): Tally {
  let tally = tallies.get(id);
  if (tally === undefined) tallies.set(id, (tally = new Tally(before())));
  return tally;
}
