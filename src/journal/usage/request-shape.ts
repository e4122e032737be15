import type { UsageCause } from "../../protocol/usage-report.ts";

/** What of a request's tokens goes back to what, and how many of them were cached. */
export type Split = Map<UsageCause, { input: number; cached: number }>;

/** A piece of the history, with an estimate of its tokens. */
export interface Piece {
  readonly cause: UsageCause;
  readonly tokens: number;
}

/**
 * The history as requests hold it, in sums from its beginning: a request is split without walking over its items, of which long
 * threads have thousands.
 */
export class RequestShape {
  readonly #sequences: number[] = [];
  /** Ids of the items, to tell where two histories part. */
  #ids: string[] = [];
  readonly #total: number[] = [];
  readonly #sums = new Map<UsageCause, number[]>();

  get length(): number {
    return this.#ids.length;
  }

  /** Adds the pieces of one item. */
  add(sequence: number, id: string, pieces: readonly Piece[]): void {
    const at = this.#ids.length;
    // Numbers only ever grow in what Codex and we write; in what others changed, an item stands where it was read.
    this.#sequences.push(Math.max(sequence, this.#sequences.at(-1) ?? 0));
    this.#ids.push(id);
    this.#total.push(this.#sumTo(this.#total, at) + pieces.reduce((sum, { tokens }) => sum + tokens, 0));
    for (const { cause } of pieces) {
      if (!this.#sums.has(cause))
        this.#sums.set(
          cause,
          Array.from({ length: at }, () => 0),
        );
    }
    for (const [cause, sums] of this.#sums) {
      const own = pieces.reduce((sum, piece) => (piece.cause === cause ? sum + piece.tokens : sum), 0);
      sums.push(this.#sumTo(sums, at) + own);
    }
  }

  /** Empties the history. */
  clear(): readonly string[] {
    const ids = this.#ids;
    this.#ids = [];
    this.#sequences.length = 0;
    this.#total.length = 0;
    this.#sums.clear();
    return ids;
  }

  /** How many items from the first one on are the same as in another history. */
  sameAs(ids: readonly string[]): number {
    let same = 0;
    while (same < ids.length && ids[same] === this.#ids[same]) same++;
    return same;
  }

  /** Items that a request held which was made when `sequence` was the last number. */
  upTo(sequence: number): number {
    return firstAbove(this.#sequences, sequence);
  }

  /** The estimate for the first `count` items. */
  tokens(count: number): number {
    return this.#sumTo(this.#total, count);
  }

  /**
   * Splits what the provider counted of a request with the first `count` items, in whole tokens that add up to its counts. What
   * is cached is the beginning of the request, which is `head` and then the history.
   */
  split(count: number, head: readonly Piece[], counted: { input: number; cached: number }): Split {
    const estimates = new Map<UsageCause, { whole: number; cached: number }>();
    const add = (cause: UsageCause, whole: number, cached: number): void => {
      const known = estimates.get(cause);
      estimates.set(cause, { whole: (known?.whole ?? 0) + whole, cached: (known?.cached ?? 0) + cached });
    };
    const headTokens = head.reduce((sum, { tokens }) => sum + tokens, 0);
    const all = headTokens + this.tokens(count);
    let left = counted.input === 0 ? 0 : (all * Math.min(counted.cached, counted.input)) / counted.input;
    for (const { cause, tokens } of head) {
      const cached = Math.min(tokens, left);
      left -= cached;
      add(cause, tokens, cached);
    }
    // The cached part of the history ends within an item, of which as much is cached as fits.
    const end = Math.min(firstAbove(this.#total, left), count);
    const before = this.tokens(end);
    const inside = end < count ? (left - before) / (this.tokens(end + 1) - before) : 0;
    for (const [cause, sums] of this.#sums) {
      const start = this.#sumTo(sums, end);
      const part = end < count ? (this.#sumTo(sums, end + 1) - start) * inside : 0;
      add(cause, this.#sumTo(sums, count), start + part);
    }
    if (all === 0) add("history", 1, counted.cached > 0 ? 1 : 0);
    const shares = [...estimates];
    const inputs = apportion(
      shares.map(([, { whole }]) => whole),
      counted.input,
    );
    const cached = apportion(
      shares.map(([, each]) => each.cached),
      Math.min(counted.cached, counted.input),
      inputs,
    );
    return new Map(shares.map(([cause], index) => [cause, { input: inputs[index]!, cached: cached[index]! }]));
  }

  #sumTo(sums: readonly number[], count: number): number {
    return count === 0 ? 0 : (sums[Math.min(count, sums.length) - 1] ?? 0);
  }
}

/** Index of the first number that is above the bound; the numbers do not fall. */
function firstAbove(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whole numbers in the proportion of the shares, `total` together, none above its `most`. */
export function apportion(shares: readonly number[], total: number, most?: readonly number[]): number[] {
  const sum = shares.reduce((all, share) => all + share, 0);
  const exact = shares.map((share) => (sum === 0 ? 0 : (share / sum) * total));
  const parts = exact.map((part, index) => Math.min(Math.floor(part), most?.[index] ?? Infinity));
  let rest = total - parts.reduce((all, part) => all + part, 0);
  const order = exact.map((part, index) => ({ index, lack: part - parts[index]! })).sort((a, b) => b.lack - a.lack);
  for (const { index } of order) {
    const room = Math.min(rest, (most?.[index] ?? Infinity) - parts[index]!, 1);
    parts[index]! += room;
    rest -= room;
  }
  // More than one token is left over only where a bound was in the way.
  for (const { index } of order) {
    const room = Math.min(rest, (most?.[index] ?? Infinity) - parts[index]!);
    parts[index]! += room;
    rest -= room;
  }
  return parts;
}
