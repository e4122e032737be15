/**
 * Joins words into one shell line, quoted as Codex shows commands: each word is cut into the longest chunks that one
 * kind of quoting can hold, bare before single before double quotes. `^` stands only right after an opening single
 * quote and backslashes never in single quotes, because some shells read them otherwise.
 */
export const shellJoin = (words: readonly string[]): string => words.map(shellQuote).join(" ");

type Style = "bare" | "single" | "double";

const bareCharacter = /[+\-./:@\]_0-9A-Za-z]/;
const fits: Readonly<Record<Style, (character: string) => boolean>> = {
  bare: (character) => bareCharacter.test(character),
  single: (character) => character !== "'" && character !== "^" && character !== "\\",
  double: (character) => character !== "`" && character !== "$" && character !== "!" && character !== "^",
};
const styles: readonly Style[] = ["bare", "single", "double"];

export function shellQuote(word: string): string {
  if (word === "") return "''";
  let quoted = "";
  for (let start = 0; start < word.length;) {
    const { end, style } = chunk(word, start);
    const text = word.slice(start, end);
    if (style === "bare") quoted += text;
    else if (style === "single") quoted += `'${text}'`;
    else quoted += `"${text.replace(/["\\]/g, "\\$&")}"`;
    start = end;
  }
  return quoted;
}

function chunk(word: string, start: number): { end: number; style: Style } {
  let possible: readonly Style[] = styles;
  let end = start;
  if (word[start] === "^") {
    possible = ["single"];
    end++;
  }
  for (; end < word.length; end++) {
    const next = possible.filter((style) => fits[style](word[end]!));
    if (next.length === 0) break;
    possible = next;
  }
  return { end, style: possible[0]! };
}
