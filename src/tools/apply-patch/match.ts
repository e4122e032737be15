import { trim, trimEnd } from "./whitespace.ts";

/** How lines are compared, strictest first. Each way is tried on the whole rest of the file before the next one. */
const passes: readonly ((line: string) => string)[] = [(line) => line, trimEnd, trim, normalise];

const replacements: readonly (readonly [RegExp, string])[] = [
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/[\u2018-\u201b]/g, "'"],
  [/[\u201c-\u201f]/g, '"'],
  [/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, " "],
];

function normalise(line: string): string {
  let text = trim(line);
  if (/[^\x00-\x7f]/.test(text)) for (const [from, to] of replacements) text = text.replace(from, to);
  return text;
}

/** Lines of one file, searched many times: what a pass makes of them is computed once. */
export interface SearchableLines {
  readonly lines: readonly string[];
  readonly byPass: (readonly string[] | undefined)[];
}

export const searchable = (lines: readonly string[]): SearchableLines => ({ lines, byPass: [lines] });

function linesOf(file: SearchableLines, pass: number): readonly string[] {
  return (file.byPass[pass] ??= file.lines.map(passes[pass]!));
}

/** Where to go on in the pattern after a mismatch (Knuth, Morris, Pratt): the search stays linear on repetitive files. */
function failureTable(pattern: readonly string[]): Int32Array {
  const table = new Int32Array(pattern.length);
  for (let index = 1, matched = 0; index < pattern.length; index++) {
    while (matched > 0 && pattern[index] !== pattern[matched]) matched = table[matched - 1]!;
    if (pattern[index] === pattern[matched]) matched++;
    table[index] = matched;
  }
  return table;
}

function indexOfLines(lines: readonly string[], pattern: readonly string[], from: number): number {
  const table = failureTable(pattern);
  for (let index = from, matched = 0; index < lines.length; index++) {
    while (matched > 0 && lines[index] !== pattern[matched]) matched = table[matched - 1]!;
    if (lines[index] === pattern[matched]) matched++;
    if (matched === pattern.length) return index - matched + 1;
  }
  return -1;
}

/**
 * Index of the first line at or after `from` where the pattern stands, or -1. With `atEnd` only the last lines of
 * the file count. An empty pattern stands everywhere.
 */
export function findLines(file: SearchableLines, pattern: readonly string[], from: number, atEnd: boolean): number {
  if (pattern.length === 0) return from;
  const start = atEnd ? file.lines.length - pattern.length : from;
  if (start < from) return -1;
  for (let pass = 0; pass < passes.length; pass++) {
    const found = indexOfLines(linesOf(file, pass), pattern.map(passes[pass]!), start);
    if (found >= 0) return found;
  }
  return -1;
}
