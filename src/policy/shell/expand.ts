import { type Piece, type Word } from "./syntax.ts";

/** What a variable holds, as far as that is known. */
export interface Value {
  /** Null where it depends on what is only known when it runs. */
  readonly text: string | null;
  /** Whatever it is, it is a whole number or nothing. */
  readonly numeric: boolean;
}

export interface Variables {
  /** Null: it is not known whether there is one. */
  get(name: string): Value | null;
  /** What `~` stands for. */
  readonly home: string | null;
}

/** A word as a program would get it. */
export interface Argument {
  /** Null where it is not known. A pattern stays as it is, without its quotes. */
  readonly text: string | null;
  /** What it begins with, as far as that is certain; all of it where `text` is known. */
  readonly prefix: string;
  /** It may become several words, or none. */
  readonly many: boolean;
  /** A pattern of file names, in which what was quoted stands behind a backslash; null where it is none. */
  readonly pattern: string | null;
  readonly source: string;
}

export const argument = (text: string): Argument => ({ text, prefix: text, many: false, pattern: null, source: text });

export const unknownArgument = (source: string, many: boolean): Argument => ({
  text: null,
  prefix: "",
  many,
  pattern: null,
  source,
});

const assigned = /^[A-Za-z_]\w*\+?=(?:.*:)?$/s;

/** Words that a brace expansion may become. */
const mostWords = 64;

/** Whether these letters would be split or taken for a pattern where they come from a variable without quotes. */
const splits = /[\s*?[\]\\~]/;

type Part = Piece | { readonly kind: "letter"; readonly letter: string };

/** What a shell makes of a word: braces, `~`, variables, quotes. Patterns of file names are left for whoever looks for the files. */
export function expandWord(word: Word, variables: Variables): Argument[] {
  const first = word.pieces[0];
  if (word.pieces.length === 1 && first?.kind === "text" && (first.quoted || !/[{~*?[]/.test(first.text))) {
    return [{ ...argument(first.text), source: word.source }];
  }
  const parts = word.pieces.flatMap<Part>((piece) =>
    piece.kind === "text" && !piece.quoted ? [...piece.text].map((letter) => ({ kind: "letter", letter })) : [piece],
  );
  const expanded = expandBraces(parts);
  if (expanded === null) return [unknownArgument(word.source, true)];
  return expanded.flatMap((each) => joinParts(each, word.source, variables));
}

const letterOf = (part: Part | undefined): string => (part?.kind === "letter" ? part.letter : "");

/** Null where it becomes more words than anyone wants to look at. */
function expandBraces(parts: readonly Part[]): Part[][] | null {
  for (let open = 0; open < parts.length; open++) {
    if (letterOf(parts[open]) !== "{") continue;
    const commas: number[] = [];
    let depth = 0;
    let close = -1;
    for (let at = open; at < parts.length && close === -1; at++) {
      const letter = letterOf(parts[at]);
      if (letter === "{") depth++;
      if (letter === "}" && --depth === 0) close = at;
      if (letter === "," && depth === 1) commas.push(at);
    }
    if (close === -1) continue;
    const [before, after] = [parts.slice(0, open), parts.slice(close + 1)];
    const inside = parts.slice(open + 1, close);
    const choices = commas.length > 0 ? cut(parts, open, commas, close) : rangeOf(inside);
    if (choices === undefined) continue;
    if (choices === null) return null;
    const words: Part[][] = [];
    for (const choice of choices) {
      const more = expandBraces([...choice, ...after]);
      if (more === null || words.length + more.length > mostWords) return null;
      words.push(...more.map((each) => [...before, ...each]));
    }
    return words;
  }
  return [[...parts]];
}

function cut(parts: readonly Part[], open: number, commas: readonly number[], close: number): Part[][] {
  const ends = [...commas, close];
  return ends.map((end, index) => parts.slice((index === 0 ? open : ends[index - 1]!) + 1, end));
}

/** `1..5`, `a..e`; undefined where it is no range, null where it is one that is too long or too odd. */
function rangeOf(inside: readonly Part[]): Part[][] | null | undefined {
  const text = inside.map((part) => letterOf(part) || "\0").join("");
  if (!text.includes("..")) return undefined;
  const [, from, to] = /^(-?\d{1,9})\.\.(-?\d{1,9})$/.exec(text) ?? [];
  const [, first, last] = /^([a-z])\.\.([a-z])$/.exec(text) ?? /^([A-Z])\.\.([A-Z])$/.exec(text) ?? [];
  const asLetters = first !== undefined;
  const start = asLetters ? first.charCodeAt(0) : Number(from ?? Number.NaN);
  const end = asLetters ? last!.charCodeAt(0) : Number(to ?? Number.NaN);
  const padded = /^-?0\d/.test(from ?? "") || /^-?0\d/.test(to ?? "");
  if (Number.isNaN(start) || Number.isNaN(end) || padded || Math.abs(end - start) >= mostWords) return null;
  const step = end < start ? -1 : 1;
  const values = Array.from({ length: Math.abs(end - start) + 1 }, (_, index) => start + index * step);
  return values.map((value) =>
    [...(asLetters ? String.fromCharCode(value) : String(value))].map((letter) => ({ kind: "letter", letter })),
  );
}

/** No word at all where nothing is left of it. */
function joinParts(parts: readonly Part[], source: string, variables: Variables): Argument[] {
  let text: string | null = "";
  let prefix = "";
  let pattern = "";
  let isPattern = false;
  let many = false;
  let kept = false;
  const add = (more: string, quoted: boolean): void => {
    if (text === null) return;
    text += more;
    prefix = text;
    pattern += quoted ? more.replace(/[\\*?[\]]/g, "\\$&") : more;
  };
  const lose = (splitting: boolean): void => {
    text = null;
    many ||= splitting;
    // What is split leaves no certain beginning: it may be empty, and the rest a word of its own.
    if (splitting) prefix = prefix.startsWith("-") ? "" : prefix;
  };
  const tilde = tildeOf(parts);
  for (const part of tilde === 0 ? parts : parts.slice(tilde)) {
    if (part.kind === "letter") {
      kept = true;
      if ("*?[".includes(part.letter)) isPattern = true;
      // Some shells take any word of this form for an assignment, and a folder begins there.
      if (part.letter === "~" && assigned.test(text ?? "")) lose(false);
      else add(part.letter, false);
    } else if (part.kind === "text") {
      kept ||= part.quoted;
      add(part.text, true);
    } else if (part.kind === "process") {
      kept = true;
      add("/dev/fd/", true);
      lose(false);
    } else {
      const value = part.kind === "variable" ? variables.get(part.name) : null;
      const list = part.kind === "variable" && (part.name === "@" || (part.name === "*" && !part.quoted));
      const known = value?.text ?? null;
      kept ||= part.quoted;
      if (known !== null && !list && (part.quoted || !splits.test(known))) add(known, true);
      else lose(list || (!part.quoted && !(part.kind === "computed" && part.numeric) && value?.numeric !== true));
    }
  }
  if (tilde > 0) {
    kept = true;
    if (variables.home === null || tilde === Infinity) lose(false);
    else if (text !== null) {
      text = variables.home + text;
      pattern = variables.home.replace(/[\\*?[\]]/g, "\\$&") + pattern;
    }
    prefix = text ?? "/";
  }
  if (text === "" && !kept) return [];
  return [{ text, prefix, many, pattern: isPattern && text !== null ? pattern : null, source }];
}

/** How many letters of a word are a `~` that stands for a folder: 1 for the own home, Infinity for that of another or an unknown one. */
function tildeOf(parts: readonly Part[]): number {
  if (letterOf(parts[0]) !== "~") return 0;
  if (parts.length === 1 || letterOf(parts[1]) === "/") return 1;
  return Infinity;
}
