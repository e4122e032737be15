import { StringDecoder } from "node:string_decoder";
import type { Key, KeyName } from "./line-editor.ts";
import { cleanText } from "../../system/terminal-text.ts";

const controls: Readonly<Record<string, KeyName>> = {
  "\r": "enter",
  "\n": "newline",
  "\u0001": "home",
  "\u0002": "left",
  "\u0003": "interrupt",
  "\u0004": "end-of-input",
  "\u0005": "end",
  "\u0006": "right",
  "\u0008": "backspace",
  "\u000b": "delete-to-end",
  "\u000c": "redraw",
  "\u000e": "down",
  "\u0010": "up",
  "\u0015": "delete-to-start",
  "\u0017": "delete-word-left",
  "\u0019": "yank",
  "\u007f": "backspace",
};

/** Sequences behind ESC. */
const sequences: Readonly<Record<string, KeyName>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[3~": "delete",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[1;3C": "word-right",
  "[1;5C": "word-right",
  "[1;3D": "word-left",
  "[1;5D": "word-left",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  OH: "home",
  OF: "end",
  b: "word-left",
  f: "word-right",
  d: "delete-word-right",
  "\r": "newline",
  "\n": "newline",
  "\u007f": "delete-word-left",
};

const pasteStart = "\u001b[200~";
const pasteEnd = "\u001b[201~";

/** More of a paste than this is not kept. */
const pasteLimit = 16 * 1024 * 1024;

// oxlint-disable-next-line no-control-regex
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z]|[^[O\u001b])/y;
// oxlint-disable-next-line no-control-regex
const plainRun = /[^\u0000-\u001f\u007f]+/y;

/** Reads what a terminal in raw mode sends; a key or a paste may come in several pieces. */
export class KeyReader {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  /** Pieces of the paste that is under way. */
  #paste: string[] | null = null;
  #pasteLength = 0;

  read(bytes: Buffer): Key[] {
    const piece = this.#decoder.write(bytes);
    // The escape key alone does nothing; a sequence that was cut right behind it goes on with one of these.
    let text = this.#rest === "\u001b" && !/^[[O]/.test(piece) ? piece : this.#rest + piece;
    this.#rest = "";
    const keys: Key[] = [];
    while (text !== "") {
      if (this.#paste !== null) {
        const end = text.indexOf(pasteEnd);
        // The end mark itself may be cut.
        const kept = end === -1 ? Math.max(0, text.length - (pasteEnd.length - 1)) : end;
        this.#keep(text.slice(0, kept));
        if (end === -1) {
          this.#rest = text.slice(kept);
          return keys;
        }
        keys.push({ type: "paste", text: cleanText(this.#paste.join("")) });
        this.#paste = null;
        text = text.slice(end + pasteEnd.length);
        continue;
      }
      const start = text.indexOf(pasteStart);
      const before = start === -1 ? text : text.slice(0, start);
      const unread = this.#keys(before, keys, start !== -1);
      if (start === -1) {
        this.#rest = unread;
        return keys;
      }
      this.#paste = [];
      this.#pasteLength = 0;
      text = text.slice(start + pasteStart.length);
    }
    return keys;
  }

  #keep(piece: string): void {
    if (this.#pasteLength < pasteLimit) this.#paste?.push(piece.slice(0, pasteLimit - this.#pasteLength));
    this.#pasteLength += piece.length;
  }

  /** Returns the start of a sequence whose end has not come. */
  #keys(text: string, keys: Key[], whole: boolean): string {
    let at = 0;
    while (at < text.length) {
      plainRun.lastIndex = at;
      const run = plainRun.exec(text)?.[0];
      if (run !== undefined) {
        const shown = cleanText(run);
        if (shown !== "") keys.push({ type: "text", text: shown });
        at += run.length;
        continue;
      }
      if (text[at] !== "\u001b") {
        const name = controls[text[at]!];
        if (name !== undefined) keys.push({ type: "key", name });
        at++;
        continue;
      }
      escapeSequence.lastIndex = at;
      const sequence = escapeSequence.exec(text)?.[0];
      if (sequence === undefined) {
        const rest = text.slice(at);
        if (!whole && rest.length < 32 && rest[1] !== "\u001b") return rest;
        at++;
        continue;
      }
      const name = sequences[sequence.slice(1)];
      if (name !== undefined) keys.push({ type: "key", name });
      at += sequence.length;
    }
    return "";
  }
}
