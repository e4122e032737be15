/** Around what was searched for, in UTF-16 units: as much as Codex shows. */
const before = 49;
const after = 96;

export interface Snippet {
  text: string;
  /** Of the match, in `text`. */
  start: number;
  end: number;
}

/** The words around a place in a text. */
export function snippetAt(words: string, at: number, length: number): Snippet {
  const from = Math.max(0, at - before);
  const to = Math.min(words.length, at + length + after);
  const shown = words.slice(from, to);
  const trimmed = shown.trimStart();
  const prefix = from > 0 ? "... " : "";
  const start = prefix.length + at - from - (shown.length - trimmed.length);
  const text = `${prefix}${trimmed.trimEnd()}${to < words.length ? " ..." : ""}`;
  return { text, start, end: start + length };
}
