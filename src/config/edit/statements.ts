import { readKey, type KeyPart } from "../toml/read-key.ts";

/** A `key = value`, where it stands in the text. */
export interface Entry {
  readonly path: readonly string[];
  /** From the first character of its line to the line break, that included. */
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** What stands below a header; the first section has none. */
export interface Section {
  readonly path: readonly string[];
  /** `[[path]]` */
  readonly isList: boolean;
  /** Comments right above the header belong to it. */
  readonly start: number;
  /** Behind the header's line. */
  readonly bodyStart: number;
  /** Where the next section starts. */
  end: number;
  readonly entries: Entry[];
}

const string = /"""(?:[^\\]|\\[^])*?"{3,5}|'''[^]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;

/** The sections and entries of a TOML text that a parser has accepted, in order. */
export function readStatements(text: string): Section[] {
  let section: Section = { path: [], isList: false, start: 0, bodyStart: 0, end: text.length, entries: [] };
  const sections = [section];
  let commentsFrom: number | null = null;
  for (let at = 0; at < text.length;) {
    const lineEnd = endOfLine(text, at);
    const line = text.slice(at, lineEnd).trim();
    if (line.startsWith("#")) commentsFrom ??= at;
    else if (line.startsWith("[")) {
      const isList = line.startsWith("[[");
      const path = namesOf(readKey(text, text.indexOf("[", at) + (isList ? 2 : 1)).parts);
      const start = commentsFrom ?? at;
      section.end = start;
      section = { path, isList, start, bodyStart: lineEnd, end: text.length, entries: [] };
      sections.push(section);
    } else if (line !== "") {
      const named = readKey(text, at);
      const valueStart = skipBlank(text, text.indexOf("=", named.end) + 1);
      const valueEnd = skipValue(text, valueStart);
      const end = endOfLine(text, valueEnd);
      section.entries.push({ path: [...section.path, ...namesOf(named.parts)], start: at, end, valueStart, valueEnd });
      commentsFrom = null;
      at = end;
      continue;
    }
    if (!line.startsWith("#")) commentsFrom = null;
    at = lineEnd;
  }
  return sections;
}

const namesOf = (parts: readonly KeyPart[]): string[] => parts.map(({ name }) => name);

function endOfLine(text: string, at: number): number {
  const next = text.indexOf("\n", at);
  return next === -1 ? text.length : next + 1;
}

const skipBlank = (text: string, from: number): number => {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
};

/** The end of a value: brackets and braces are counted, strings and comments in them passed over. */
function skipValue(text: string, from: number): number {
  let depth = 0;
  let end = from;
  for (let at = from; at < text.length;) {
    const character = text[at]!;
    if (character === '"' || character === "'") {
      string.lastIndex = at;
      at = string.exec(text) === null ? text.length : string.lastIndex;
      end = at;
      if (depth === 0) return end;
      continue;
    }
    if (character === "#" || character === "\n") {
      if (depth === 0) return end;
      at = character === "#" ? endOfLine(text, at) : at + 1;
      continue;
    }
    if (character === "[" || character === "{") depth++;
    if (character === "]" || character === "}") depth--;
    at++;
    if (character.trim() !== "") end = at;
    if (depth === 0 && (character === "]" || character === "}")) return end;
  }
  return end;
}
