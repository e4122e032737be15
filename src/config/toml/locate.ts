import type { Span } from "../config-error.ts";
import { readKey, type KeyPart } from "./read-key.ts";
import { formatKeyPath } from "./toml-values.ts";

/** Where a key and its value stand in the text; a table header has no value of its own. */
export interface Place {
  readonly key: Span;
  readonly value: Span | null;
}

/**
 * Finds the keys of a TOML text that a parser has accepted: parsers give values without positions, and a message
 * about a wrong type should point at the place. Elements of lists are found under their index.
 */
export function locateKeys(text: string): ReadonlyMap<string, Place> {
  const scanner: Scanner = { text, at: 0, places: new Map(), listTables: new Map() };
  let prefix: string[] = [];
  for (;;) {
    skipBlank(scanner);
    if (scanner.at >= text.length) return scanner.places;
    const before = scanner.at;
    if (text[scanner.at] === "[") prefix = readHeader(scanner);
    else readPair(scanner, prefix);
    // The text was accepted before, so this cannot happen; a scanner that stands still would never end.
    if (scanner.at === before) return scanner.places;
  }
}

interface Scanner {
  readonly text: string;
  at: number;
  readonly places: Map<string, Place>;
  /** How many `[[x]]` have been seen. */
  readonly listTables: Map<string, number>;
}

function note(scanner: Scanner, path: readonly string[], place: Place): void {
  const name = formatKeyPath(path);
  if (!scanner.places.has(name) || place.value !== null) scanner.places.set(name, place);
}

function skipBlank(scanner: Scanner): void {
  const blank = /(?:[\s,]|#[^\n]*)*/y;
  blank.lastIndex = scanner.at;
  blank.exec(scanner.text);
  scanner.at = blank.lastIndex;
}

function readHeader(scanner: Scanner): string[] {
  const isList = scanner.text.startsWith("[[", scanner.at);
  scanner.at += isList ? 2 : 1;
  const segments = takeKey(scanner);
  const path: string[] = [];
  for (const [index, segment] of segments.entries()) {
    path.push(segment.name);
    note(scanner, path, { key: segment.span, value: null });
    const name = formatKeyPath(path);
    const count = scanner.listTables.get(name) ?? 0;
    const opens = isList && index === segments.length - 1;
    if (opens) scanner.listTables.set(name, count + 1);
    if (opens || count > 0) path.push(String(opens ? count : count - 1));
  }
  scanner.at = Math.min(scanner.at + (isList ? 2 : 1), scanner.text.length);
  return path;
}

function readPair(scanner: Scanner, prefix: readonly string[]): void {
  const segments = takeKey(scanner);
  const path = [...prefix];
  for (const segment of segments) {
    path.push(segment.name);
    note(scanner, path, { key: segment.span, value: null });
  }
  const equals = scanner.text.indexOf("=", scanner.at);
  if (equals === -1 || segments.length === 0) {
    scanner.at = scanner.text.length;
    return;
  }
  scanner.at = equals + 1;
  const value = readValue(scanner, path);
  note(scanner, path, { key: segments.at(-1)!.span, value });
}

function takeKey(scanner: Scanner): KeyPart[] {
  const { parts, end } = readKey(scanner.text, scanner.at);
  scanner.at = end;
  return parts;
}

function readValue(scanner: Scanner, path: readonly string[]): Span {
  skipBlank(scanner);
  const start = scanner.at;
  const first = scanner.text[start];
  if (first === "{") readMembers(scanner, "}", () => readPair(scanner, path));
  else if (first === "[") readElements(scanner, path);
  else skipScalar(scanner);
  return { offset: start, length: scanner.at - start };
}

function readElements(scanner: Scanner, path: readonly string[]): void {
  let index = 0;
  readMembers(scanner, "]", () => {
    const element = [...path, String(index++)];
    const value = readValue(scanner, element);
    note(scanner, element, { key: value, value });
  });
}

function readMembers(scanner: Scanner, end: string, readMember: () => void): void {
  scanner.at++;
  for (;;) {
    skipBlank(scanner);
    if (scanner.at >= scanner.text.length) return;
    if (scanner.text[scanner.at] === end) {
      scanner.at++;
      return;
    }
    const before = scanner.at;
    readMember();
    if (scanner.at === before) return;
  }
}

const scalar =
  /"""(?:[^\\]|\\[^])*?"{3,5}|'''[^]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,\]}#]+(?: \d[^\s,\]}#]*)?/y;

function skipScalar(scanner: Scanner): void {
  scalar.lastIndex = scanner.at;
  if (scalar.exec(scanner.text) !== null) scanner.at = scalar.lastIndex;
}
