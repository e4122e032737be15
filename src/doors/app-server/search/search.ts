import { setImmediate as nextRound } from "node:timers/promises";
import { resolve } from "node:path";
import type { FuzzyFileSearchResult } from "../../../protocol/codex-0.169/app-server/files.ts";
import { haystackOf, type Haystack } from "./haystack.ts";
import { fuzzyScore } from "./match.ts";
import { parsePattern, scoreOf, type Pattern } from "./pattern.ts";
import type { Entry, Tree } from "./tree.ts";

/** Somewhere to look, as the client wrote it. */
export interface Place {
  readonly root: string;
  readonly tree: Tree;
}

interface Found {
  readonly root: string;
  readonly entry: Entry;
  readonly score: number;
}

const mostResults = 50;
/** A match in a file's name, a folder of just that name, a file of just that name: each comes before all that is less. */
const inName = 65_536;
const folderNamed = 2 * inName;
const fileNamed = 3 * inName;
const sliceMs = 12;
/** Entries between two looks at the clock. */
const stride = 512;

/** The best of what is below the places; nothing where nothing is asked for, and null when it was given up. */
export async function search(
  query: string,
  places: readonly Place[],
  signal?: AbortSignal,
): Promise<FuzzyFileSearchResult[] | null> {
  if (query === "") return [];
  const pattern = parsePattern(query);
  const best = new Best();
  const roots = new Set(places.map(({ tree }) => tree.root));
  let sliceStart = performance.now();
  for (const { root, tree } of places) {
    // What is below a place of its own is found there.
    const others = [...roots].filter((other) => other !== tree.root && other.startsWith(`${tree.root}/`));
    const inner = others.map((other) => `${other.slice(tree.root.length + 1)}/`);
    const matcher = new Matcher(pattern, root, best);
    const entries = await tree.entries();
    for (let at = 0; at < entries.length; at++) {
      if (at % stride === 0) {
        if (signal?.aborted === true) return null;
        if (performance.now() - sliceStart > sliceMs) {
          await nextRound();
          sliceStart = performance.now();
        }
      }
      const entry = entries[at]!;
      if (inner.length === 0 || !inner.some((prefix) => entry.path.startsWith(prefix))) matcher.look(entry);
    }
  }
  if (signal?.aborted === true) return null;
  return best.sorted().map((found) => resultOf(found, pattern));
}

/** Places without those that are given twice. */
export function placesOf(roots: readonly string[], cwd: string, treeOf: (root: string) => Tree): Place[] {
  const places = new Map<string, Place>();
  for (const root of roots) {
    const path = resolve(cwd, root);
    if (!places.has(path)) places.set(path, { root, tree: treeOf(path) });
  }
  return [...places.values()];
}

class Matcher {
  readonly #pattern: Pattern;
  readonly #root: string;
  readonly #best: Best;
  /** Characters that a path must have in this order; null where more than that decides. */
  readonly #sieve: string | null;
  /** The most that a match can be worth by itself. */
  readonly #most: number;

  constructor(pattern: Pattern, root: string, best: Best) {
    this.#pattern = pattern;
    this.#root = root;
    this.#best = best;
    const [only] = pattern.atoms;
    const simple = pattern.atoms.length === 1 && only?.kind === "fuzzy";
    const sieve = simple ? String.fromCodePoint(...only.needle) : "";
    this.#sieve = /^[\u0000-\u007f]+$/.test(sieve) ? sieve : null;
    this.#most = 16 + 18 + (sieve.length - 1) * 25;
  }

  look(entry: Entry): void {
    const { name } = this.#pattern;
    const sieve = isPlain(entry.small) ? this.#sieve : null;
    const nameMayMatch =
      name !== null && !entry.directory && (sieve === null || isThere(sieve, entry.small, entry.nameAt));
    if (sieve !== null) {
      // What could not come among the best in any case need not be looked at.
      if (this.#best.excludes(this.#most + (nameMayMatch ? fileNamed : folderNamed), entry)) return;
      if (!nameMayMatch) {
        if (!isThere(sieve, entry.small, 0)) return;
        if (!this.#isFolderNamed(entry) && this.#best.excludes(this.#most, entry)) return;
      } else if (!this.#isFileNamed(entry) && this.#best.excludes(this.#most + inName, entry)) return;
    }
    const haystack = haystackOf(entry.path);
    if (nameMayMatch) {
      const score = scoreInName(this.#pattern, haystack);
      if (score !== null) return this.#add(entry, score + (this.#isFileNamed(entry) ? fileNamed : inName));
    }
    const score = scoreOf(this.#pattern, haystack);
    if (score === null) return;
    if (this.#isFolderNamed(entry)) this.#best.addNamed({ root: this.#root, entry, score });
    this.#add(entry, score);
  }

  #isFileNamed({ small, nameAt, directory }: Entry): boolean {
    return !directory && small.length - nameAt === this.#pattern.name?.length && small.endsWith(this.#pattern.name);
  }

  #isFolderNamed({ small, nameAt, directory }: Entry): boolean {
    return directory && small.length - nameAt === this.#pattern.name?.length && small.endsWith(this.#pattern.name);
  }

  #add(entry: Entry, score: number): void {
    this.#best.add({ root: this.#root, entry, score });
  }
}

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}

function isThere(sieve: string, text: string, from: number): boolean {
  let at = from;
  for (let index = 0; index < sieve.length; index++) {
    const found = text.indexOf(sieve[index]!, at);
    if (found < 0) return false;
    at = found + 1;
  }
  return true;
}

/** Where the name begins, in characters. */
const nameOffset = ({ plain }: Haystack): number => plain.lastIndexOf(47) + 1;

function scoreInName({ atoms: [atom] }: Pattern, haystack: Haystack, indices?: number[]): number | null {
  const from = nameOffset(haystack);
  const hay = (atom!.marked ? haystack.marked : haystack.plain).subarray(from);
  const places: number[] | undefined = indices && [];
  const score = fuzzyScore(hay, haystack.bonus.subarray(from), atom!.needle, places);
  if (score !== null) indices?.push(...(places ?? []).map((place) => place + from));
  return score;
}

/** Better scores first, then what is shorter. */
const byWorth = (a: Found, b: Found): number =>
  b.score - a.score || a.entry.path.length - b.entry.path.length || byPath(a, b);

function byPath(a: Found, b: Found): number {
  if (a.entry.path !== b.entry.path) return a.entry.path < b.entry.path ? -1 : 1;
  return a.root < b.root ? -1 : Number(a.root > b.root);
}

/** As many as are shown, the best of all that were added. */
class Best {
  #found: Found[] = [];
  /** The last of those that are shown, as far as is known. */
  #last: Found | null = null;
  /** Of the folders of just the name that is looked for, the best: it alone comes first. */
  #named: Found | null = null;

  add(found: Found): void {
    this.#found.push(found);
    if (this.#found.length < mostResults * 8) return;
    this.#found = this.#found.toSorted(byWorth).slice(0, mostResults);
    this.#last = this.#found.at(-1) ?? null;
  }

  addNamed(found: Found): void {
    if (this.#named === null || byWorth(found, this.#named) < 0) this.#named = found;
  }

  /** Whether there are enough that are better than this entry could be with such a score. */
  excludes(score: number, entry: Entry): boolean {
    const last = this.#last;
    if (last === null) return false;
    return last.score > score || (last.score === score && last.entry.path.length <= entry.path.length);
  }

  sorted(): Found[] {
    const named = this.#named;
    const others = this.#found.filter(({ entry }) => entry !== named?.entry);
    const all = named === null ? others : [...others, { ...named, score: named.score + folderNamed }];
    return all
      .toSorted(byWorth)
      .slice(0, mostResults)
      .toSorted((a, b) => b.score - a.score || byPath(a, b));
  }
}

function resultOf({ root, entry, score }: Found, pattern: Pattern): FuzzyFileSearchResult {
  const haystack = haystackOf(entry.path);
  const indices: number[] = [];
  const named = score >= inName && !entry.directory;
  if (named) scoreInName(pattern, haystack, indices);
  else scoreOf(pattern, haystack, indices);
  return {
    root,
    path: entry.path,
    match_type: entry.directory ? "directory" : "file",
    file_name: entry.path.slice(entry.nameAt),
    score,
    indices: [...new Set(indices)].toSorted((a, b) => a - b),
  };
}
