import { charactersOf, folded, isMarked } from "./characters.ts";
import type { Haystack } from "./haystack.ts";
import { fuzzyScore, scoreAt, substringScore } from "./match.ts";

type Kind = "fuzzy" | "substring" | "prefix" | "postfix" | "exact";

/** One word of a query. */
interface Atom {
  readonly kind: Kind;
  readonly negative: boolean;
  readonly needle: readonly number[];
  /** Marks of letters count: it has some itself. */
  readonly marked: boolean;
}

/** What is looked for: all of its words, in the writing of fzf: `'whole`, `^start`, `end$`, `!not`. */
export interface Pattern {
  readonly atoms: readonly Atom[];
  /** A single word without such signs and without `/`, in small letters: names of files are meant. Null: paths are. */
  readonly name: string | null;
}

export function parsePattern(query: string): Pattern {
  const atoms = wordsOf(query)
    .map(atomOf)
    .filter(({ needle }) => needle.length > 0);
  const name = query.trim();
  const plain = name !== "" && atoms.length === 1 && atoms[0]!.kind === "fuzzy" && !/[\s/\\]/.test(name);
  return { atoms, name: plain ? name.toLowerCase() : null };
}

function wordsOf(query: string): string[] {
  const words: string[] = [];
  let word = "";
  let escaped = false;
  for (const character of query) {
    if (/\s/.test(character) && !escaped) {
      words.push(word);
      word = "";
    } else word += character;
    escaped = character === "\\" && !escaped;
  }
  return [...words, word].filter((each) => each !== "");
}

function atomOf(word: string): Atom {
  let rest = word;
  const negative = rest.startsWith("!");
  if (negative || rest.startsWith("\\!")) rest = rest.slice(1);
  let kind: Kind = "fuzzy";
  if (rest.startsWith("^")) kind = "prefix";
  else if (rest.startsWith("'")) kind = "substring";
  if (kind !== "fuzzy" || /^\\[\^']/.test(rest)) rest = rest.slice(1);
  if (rest.endsWith("\\$")) rest = `${rest.slice(0, -2)}$`;
  else if (rest.endsWith("$")) {
    kind = kind === "fuzzy" ? "postfix" : "exact";
    rest = rest.slice(0, -1);
  }
  if (negative && kind === "fuzzy") kind = "substring";
  const characters = charactersOf(rest.replaceAll(/\\(\s)/g, "$1"));
  const marked = characters.some(isMarked);
  return { kind, negative, needle: characters.map((character) => folded(character, false)), marked };
}

/** The sum of what its words score; null where one is not there. Places are pushed to `indices`, unsorted. */
export function scoreOf(pattern: Pattern, haystack: Haystack, indices?: number[]): number | null {
  let sum = 0;
  for (const atom of pattern.atoms) {
    const score = scoreOfAtom(atom, haystack, atom.negative ? undefined : indices);
    if ((score === null) !== atom.negative) return null;
    if (!atom.negative) sum += score!;
  }
  return sum;
}

function scoreOfAtom({ kind, needle, marked }: Atom, haystack: Haystack, indices?: number[]): number | null {
  const hay = marked ? haystack.marked : haystack.plain;
  const { bonus } = haystack;
  switch (kind) {
    case "fuzzy":
      return fuzzyScore(hay, bonus, needle, indices);
    case "substring":
      return substringScore(hay, bonus, needle, indices);
    case "prefix":
      return scoreAt(hay, bonus, needle, 0, indices);
    case "postfix":
      return scoreAt(hay, bonus, needle, hay.length - needle.length, indices);
    case "exact":
      return hay.length === needle.length ? scoreAt(hay, bonus, needle, 0, indices) : null;
  }
}
