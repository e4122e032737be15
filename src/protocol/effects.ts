/** What an action would do to the world, as far as that can be known. Paths are absolute, links resolved as far as they exist. */
export interface Effects {
  readonly reads: readonly string[];
  /** Made, changed, moved or removed. */
  readonly writes: readonly string[];
  /** Names or addresses, with `:port` where one is named; `*` stands for any. */
  readonly hosts: readonly string[];
  /** Processes that are signalled: numbers, names, or `*`. */
  readonly signals: readonly string[];
  /** Every program that would run, in the order of the text. */
  readonly programs: readonly string[];
  /** What cannot be known and why, a sentence each; empty where everything is known. */
  readonly unknown: readonly string[];
}

export const noEffects: Effects = Object.freeze({
  reads: [],
  writes: [],
  hosts: [],
  signals: [],
  programs: [],
  unknown: [],
});
