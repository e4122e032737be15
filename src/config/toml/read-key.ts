import type { Span } from "../config-error.ts";

/** A part of a dotted key, and where it stands, quotes included. */
export interface KeyPart {
  readonly name: string;
  readonly span: Span;
}

/** The dotted key that begins at `from`, and the place behind it; no parts where none begins. */
export function readKey(text: string, from: number): { parts: KeyPart[]; end: number } {
  const part = /[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*/y;
  const parts: KeyPart[] = [];
  for (let at = from; ;) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return { parts, end: at };
    const raw = match[1]!;
    parts.push({ name: unquote(raw), span: { offset: at + match[0].indexOf(raw), length: raw.length } });
    at = part.lastIndex;
    if (text[at] !== ".") return { parts, end: at };
    at++;
  }
}

function unquote(raw: string): string {
  if (raw.startsWith("'")) return raw.slice(1, -1);
  if (!raw.startsWith('"')) return raw;
  try {
    return JSON.parse(raw) as string;
  } catch {
    // TOML has an escape or two that JSON lacks; whoever edits reads the result again.
    return raw.slice(1, -1);
  }
}
