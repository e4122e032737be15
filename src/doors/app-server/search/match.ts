import { boundaryBonus } from "./haystack.ts";

/**
 * The scores of Codex's matcher (nucleo): 16 for each character, more where words begin and for characters in a row, less for gaps.
 * Of all ways to find the needle the best counts.
 */
const matchScore = 16;
const gapStart = 3;
const gapExtension = 1;
const consecutiveBonus = gapStart + gapExtension;
const firstMultiplier = 2;
/** Above this many cells the first way that is found counts. */
const mostCells = 100 * 1024;
const longestHaystack = 2048;

type Codes = ArrayLike<number>;

/** Where a match ends and starts, found from the left. */
interface Span {
  readonly start: number;
  /** Behind the last character of the first way to find the needle. */
  readonly greedyEnd: number;
  /** Behind the last place where its last character stands. */
  readonly end: number;
}

function spanOf(hay: Codes, needle: Codes): Span | null {
  const { length } = hay;
  let at = 0;
  let start = -1;
  for (let index = 0; index < needle.length; index++) {
    const wanted = needle[index]!;
    while (at < length && hay[at] !== wanted) at++;
    if (at === length) return null;
    if (index === 0) start = at;
    at++;
  }
  const last = needle[needle.length - 1]!;
  let end = length;
  while (hay[end - 1] !== last) end--;
  return { start, greedyEnd: at, end };
}

/** Of a needle found from `start` on, each character at its first place. Pushes the places to `indices`. */
function scoreFrom(hay: Codes, bonuses: Codes, needle: Codes, start: number, end: number, indices?: number[]): number {
  let first = bonuses[start]!;
  let score = matchScore + first * firstMultiplier;
  let inGap = false;
  let inRow = true;
  indices?.push(start);
  let next = 1;
  for (let at = start + 1; at < end; at++) {
    if (next < needle.length && hay[at] === needle[next]) {
      indices?.push(at);
      let bonus = bonuses[at]!;
      if (inRow) {
        if (bonus >= boundaryBonus && bonus > first) first = bonus;
        bonus = Math.max(bonus, first, consecutiveBonus);
      } else first = bonus;
      score += matchScore + bonus;
      inGap = false;
      inRow = true;
      next++;
    } else {
      score = Math.max(0, score - (inGap ? gapExtension : gapStart));
      inGap = true;
      inRow = false;
    }
  }
  return score;
}

/** One character: where a word begins, or the first of its best places. */
function bestPlace(hay: Codes, bonuses: Codes, wanted: number, indices?: number[]): number | null {
  let best = -1;
  for (let at = 0; at < hay.length && !(best >= 0 && bonuses[best]! >= boundaryBonus); at++)
    if (hay[at] === wanted && (best < 0 || bonuses[at]! > bonuses[best]!)) best = at;
  if (best < 0) return null;
  indices?.push(best);
  return matchScore + bonuses[best]! * firstMultiplier;
}

/** The needle anywhere, with gaps. Null: it is not there. Places are pushed in order. */
export function fuzzyScore(hay: Codes, bonuses: Codes, needle: Codes, indices?: number[]): number | null {
  if (needle.length > hay.length) return null;
  if (needle.length === 1) return bestPlace(hay, bonuses, needle[0]!, indices);
  const span = spanOf(hay, needle);
  if (span === null) return null;
  const { start, greedyEnd, end } = span;
  if (end - start === needle.length) return scoreFrom(hay, bonuses, needle, start, greedyEnd, indices);
  const width = end - start;
  if (width > longestHaystack || (width - needle.length + 1) * needle.length > mostCells)
    return greedy(hay, bonuses, needle, greedyEnd, indices);
  return optimal(hay, bonuses, needle, start, width, indices);
}

/** As far to the right as the first end allows. */
function greedy(hay: Codes, bonuses: Codes, needle: Codes, end: number, indices?: number[]): number {
  let left = needle.length - 1;
  let at = end - 1;
  for (; ; at--) {
    if (hay[at] !== needle[left]) continue;
    if (left === 0) break;
    left--;
  }
  return scoreFrom(hay, bonuses, needle, at, end, indices);
}

/** Rows of cells, used again by each match. A cell is a character of the needle at a place of the haystack. */
let scores = new Int32Array(0);
let runs = new Uint8Array(0);
/** Whether the character before it stands right before it. */
let joined = new Uint8Array(0);
/** Whether a gap that reaches here begins behind a match here, and not before. */
let gapBegins = new Uint8Array(0);

function reserve(cells: number): void {
  if (scores.length >= cells) return;
  scores = new Int32Array(cells);
  runs = new Uint8Array(cells);
  joined = new Uint8Array(cells);
  gapBegins = new Uint8Array(cells);
}

const unmatched = -1;

function optimal(hay: Codes, bonuses: Codes, needle: Codes, from: number, width: number, indices?: number[]): number {
  const rows = needle.length;
  reserve(rows * width);
  for (let at = 0; at < width; at++) {
    const bonus = bonuses[from + at]!;
    const here = hay[from + at] === needle[0];
    scores[at] = here ? bonus * firstMultiplier + matchScore : unmatched;
    runs[at] = bonus;
    joined[at] = 0;
  }
  /** Where the needle up to the row is found first: before that, the row cannot be reached. */
  let first = 0;
  for (let row = 1; row < rows; row++) {
    const wanted = needle[row]!;
    const above = (row - 1) * width;
    const here = row * width;
    const aboveFirst = first;
    for (first++; hay[from + first] !== wanted;) first++;
    scores.fill(unmatched, here, here + first);
    let gap = 0;
    let before = 0;
    for (let at = aboveFirst; at < width; at++) {
      const fromMatch = Math.max(0, before - gapStart);
      const fromGap = Math.max(0, gap - gapExtension);
      gapBegins[above + at] = fromMatch > fromGap ? 1 : 0;
      gap = Math.max(fromMatch, fromGap);
      const match = scores[above + at]!;
      before = Math.max(0, match);
      const cell = here + at + 1;
      if (at + 1 < first || at + 1 === width) continue;
      if (hay[from + at + 1] !== wanted) {
        scores[cell] = unmatched;
        continue;
      }
      const bonus = bonuses[from + at + 1]!;
      const skipped = gap + bonus;
      if (match !== unmatched) {
        let run = Math.max(runs[above + at]!, consecutiveBonus);
        if (bonus >= boundaryBonus && bonus > run) run = bonus;
        const inRow = match + Math.max(run, bonus);
        if (inRow > skipped) {
          scores[cell] = inRow + matchScore;
          runs[cell] = run;
          joined[cell] = 1;
          continue;
        }
      }
      scores[cell] = skipped + matchScore;
      runs[cell] = bonus;
      joined[cell] = 0;
    }
  }
  const last = (rows - 1) * width;
  let best = first;
  for (let at = first; at < width; at++) if (scores[last + at]! >= scores[last + best]!) best = at;
  if (indices !== undefined) trace(rows, width, best, from, indices);
  return scores[last + best]!;
}

function trace(rows: number, width: number, end: number, from: number, indices: number[]): void {
  const places = Array.from<number>({ length: rows });
  let at = end;
  for (let row = rows - 1; ; row--) {
    places[row] = from + at;
    if (row === 0) break;
    const above = (row - 1) * width;
    if (joined[row * width + at] === 1) at--;
    else {
      at--;
      while (gapBegins[above + at] === 0) at--;
      at--;
    }
  }
  indices.push(...places);
}

/** The needle in one piece: the first of its best places. */
export function substringScore(hay: Codes, bonuses: Codes, needle: Codes, indices?: number[]): number | null {
  let best = -1;
  for (let at = 0; at + needle.length <= hay.length; at++) {
    if (best >= 0 && bonuses[best]! >= boundaryBonus) break;
    if (hay[at] !== needle[0] || (best >= 0 && bonuses[at]! <= bonuses[best]!)) continue;
    if (isAt(hay, needle, at)) best = at;
  }
  return best < 0 ? null : scoreFrom(hay, bonuses, needle, best, best + needle.length, indices);
}

/** The needle right at a place. */
export function scoreAt(hay: Codes, bonuses: Codes, needle: Codes, at: number, indices?: number[]): number | null {
  return at >= 0 && isAt(hay, needle, at) ? scoreFrom(hay, bonuses, needle, at, at + needle.length, indices) : null;
}

function isAt(hay: Codes, needle: Codes, at: number): boolean {
  if (at + needle.length > hay.length) return false;
  for (let index = 0; index < needle.length; index++) if (hay[at + index] !== needle[index]) return false;
  return true;
}
