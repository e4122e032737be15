import { cEscapes } from "../c-escapes.ts";
import { Unreadable } from "./syntax.ts";

const letters: Readonly<Record<string, string>> = { ...cEscapes, e: "\u001b", E: "\u001b", "?": "?" };

/** What `$'...'` stands for, given what is between the quotes. */
export function decodeAnsi(text: string): string {
  return text.replace(
    /\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|([\s\S]?))/g,
    (
      _,
      hex: string | undefined,
      short: string | undefined,
      long: string | undefined,
      octal: string | undefined,
      one,
    ) => {
      if (hex !== undefined) return character(Number.parseInt(hex, 16), 0x7f);
      if (octal !== undefined) return character(Number.parseInt(octal, 8) & 0xff, 0x7f);
      const point = short ?? long;
      if (point !== undefined) return character(Number.parseInt(point, 16), 0x10ffff);
      const known = letters[String(one)];
      if (known === undefined) throw new Unreadable(`\\${String(one)} within $'...' is not understood`);
      return known;
    },
  );
}

/** Bytes beyond ASCII may be parts of a letter, and a zero ends the word. */
function character(code: number, most: number): string {
  if (code === 0 || code > most || (code >= 0xd800 && code < 0xe000)) {
    throw new Unreadable("an escape within $'...' stands for no plain letter");
  }
  return String.fromCodePoint(code);
}

/** What double quotes, and here-documents without `"`, make of a backslash. */
export function decodeDouble(text: string, specials = '$`"\\'): string {
  return text.replace(/\\([\s\S])/g, (whole, next: string) =>
    next === "\n" ? "" : specials.includes(next) ? next : whole,
  );
}
