import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Variables } from "./homes.ts";

/**
 * The environment with `$CODEX_HOME/.env` under it: what is set already wins, and names starting with `CODEX_`
 * (in any case) are never taken from the file. A file that is missing or unreadable adds nothing.
 */
export function withDotenv(variables: Variables, codexHome: string): Variables {
  const file = join(codexHome, ".env");
  if (!existsSync(file)) return variables;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return variables;
  }
  const merged: Record<string, string> = { ...variables };
  const lookUp = (name: string): string => (Object.hasOwn(merged, name) ? merged[name]! : "");
  for (const [name, value] of readDotenv(text.replace(/^\ufeff/, ""), lookUp)) {
    if (!/^codex_/i.test(name) && !Object.hasOwn(variables, name)) merged[name] = value;
  }
  return merged;
}

const assignment = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*/y;

/**
 * The assignments of a file, in order. A line that is none is passed over; of a quote that never ends nothing is taken,
 * nor of what follows. `lookUp` gives what `$NAME` and `${NAME}` stand for by then.
 */
function* readDotenv(text: string, lookUp: (name: string) => string): Generator<[string, string]> {
  for (let at = 0; at < text.length;) {
    assignment.lastIndex = at;
    const match = assignment.exec(text);
    if (match === null) {
      at = nextLine(text, at);
      continue;
    }
    const value = readValue(text, assignment.lastIndex, lookUp);
    if (value === null) return;
    yield [match[1]!, value.text];
    at = nextLine(text, value.end);
  }
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

const single = /'([^']*)'/y;
const double = /"((?:[^"\\]|\\[^])*)"/y;
const variable = /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/y;
const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Pieces up to the end of the line, quoted and not, put together as a shell does; null for a quote that never ends. */
function readValue(
  text: string,
  start: number,
  lookUp: (name: string) => string,
): { text: string; end: number } | null {
  let value = "";
  // Blanks at the end count only within quotes.
  let kept = 0;
  let at = start;
  while (at < text.length && text[at] !== "\n") {
    const character = text[at]!;
    if (character === "#" && (at === start || /[ \t]/.test(text[at - 1]!))) break;
    const quoted = character === "'" ? single : character === '"' ? double : null;
    if (quoted !== null) {
      quoted.lastIndex = at;
      const inner = quoted.exec(text)?.[1];
      if (inner === undefined) return null;
      value += quoted === single ? inner : expanded(inner, lookUp);
      kept = value.length;
      at = quoted.lastIndex;
      continue;
    }
    const [piece, length] = unquoted(text, at, lookUp);
    value += piece;
    at += length;
    if (!/^[ \t\r]$/.test(character)) kept = value.length;
  }
  return { text: value.slice(0, kept), end: at };
}

function unquoted(text: string, at: number, lookUp: (name: string) => string): [string, number] {
  if (text[at] === "\\" && at + 1 < text.length && text[at + 1] !== "\n") return [text[at + 1]!, 2];
  variable.lastIndex = at;
  const match = variable.exec(text);
  return match === null ? [text[at]!, 1] : [lookUp(match[1] ?? match[2]!), match[0].length];
}

function expanded(text: string, lookUp: (name: string) => string): string {
  let value = "";
  for (let at = 0; at < text.length;) {
    const escaped = text[at] === "\\" ? text[at + 1] : undefined;
    const [piece, length] = escaped === undefined ? unquoted(text, at, lookUp) : [escapes[escaped] ?? escaped, 2];
    value += piece;
    at += length;
  }
  return value;
}
