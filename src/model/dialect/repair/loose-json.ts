/** An object that was read from a text which is no JSON, and what was wrong with the text. */
export interface LooseObject {
  /** JSON text; numbers stand in it as they were written. */
  text: string;
  faults: string[];
}

const deepest = 100;
const forgotten = "missing closing brackets";

/**
 * Reads the one object of a text as weak models write it. Stricter than libraries for the purpose, since what is read is going to
 * run: a string or a number that may be cut off, quotes inside quotes, bare words, two objects are never guessed at. Linear in time.
 */
export function readLoosely(text: string): LooseObject | null {
  const start = text.indexOf("{");
  if (start === -1) return null;
  const reader = new LooseReader(text, start);
  if (!reader.value(0)) return null;
  const before = text.slice(0, start);
  const after = text.slice(reader.at);
  // Quotes and braces out there are parts of something that was taken apart.
  if (before.includes('"') || /["{]/.test(after)) return null;
  // Too few brackets here and too many there: somewhere, one stands in the wrong place.
  if (reader.faults.has(forgotten) && /[}\]]/.test(after)) return null;
  if (before.trim() !== "" || after.trim() !== "") reader.faults.add("text around the object");
  return { text: reader.out.join(""), faults: [...reader.faults] };
}

const code = (character: string): number => character.charCodeAt(0);
const backslash = code("\\");
const doubleQuote = code('"');
const singleQuote = code("'");

const lineBreak = code("\n");
const blanks = /\s*/y;
const key = /[A-Za-z_$][\w$-]*/y;
const scalar =
  /(?<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[\s,}\]/#])|(?<word>true|false|null|True|False|None)(?![\w$-])/y;
const python: Record<string, string> = { True: "true", False: "false", None: "null" };
const unicodeEscape = /u[0-9a-fA-F]{4}/y;

class LooseReader {
  readonly out: string[] = [];
  readonly faults = new Set<string>();
  readonly #text: string;
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  /** False: this cannot be read without guessing. */
  value(depth: number): boolean {
    if (depth > deepest) return false;
    switch (this.#text[this.at]) {
      case "{":
        return this.#sequence("}", () => this.#member(depth));
      case "[":
        return this.#sequence("]", () => this.value(depth + 1));
      case '"':
      case "'":
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }

  #sequence(end: "}" | "]", entry: () => boolean): boolean {
    const other = end === "}" ? "]" : "}";
    this.out.push(this.#text[this.at++]!);
    if (!this.#skip()) return false;
    for (let first = true; this.#text[this.at] !== end; first = false) {
      if (!first) {
        const next = this.#text[this.at];
        // Nothing, or the end of what this stands in: a closing bracket was forgotten.
        if (next === undefined || next === other) {
          this.faults.add(forgotten);
          this.out.push(end);
          return true;
        }
        if (next !== ",") return false;
        this.at++;
        if (!this.#skip()) return false;
        if (this.#text[this.at] === end) {
          this.faults.add("trailing commas");
          break;
        }
        this.out.push(",");
      }
      if (!entry() || !this.#skip()) return false;
    }
    this.at++;
    this.out.push(end);
    return true;
  }

  #member(depth: number): boolean {
    const quote = this.#text[this.at];
    if (quote === '"' || quote === "'") {
      if (!this.#string()) return false;
    } else {
      const name = this.#match(key)?.[0];
      if (name === undefined) return false;
      this.faults.add("unquoted keys");
      this.out.push(JSON.stringify(name));
    }
    if (!this.#skip() || this.#text[this.at] !== ":") return false;
    this.at++;
    this.out.push(":");
    return this.#skip() && this.value(depth + 1);
  }

  /** A number at the very end may have had more digits: it does not match. */
  #scalar(): boolean {
    const found = this.#match(scalar)?.groups;
    if (found === undefined) return false;
    const { number, word = "" } = found;
    if (python[word] !== undefined) this.faults.add("Python's words");
    this.out.push(number ?? python[word] ?? word);
    return true;
  }

  #string(): boolean {
    const text = this.#text;
    const quote = text.charCodeAt(this.at);
    if (quote === singleQuote) this.faults.add("single quotes");
    this.out.push('"');
    let at = this.at + 1;
    let from = at;
    // Letters after a backslash that mean something in JSON, and such that do not: both in one string, and nobody knows what was meant.
    let known = false;
    let unknown = false;
    const put = (piece: string, read: number): void => {
      this.out.push(text.slice(from, at), piece);
      at += read;
      from = at;
    };
    for (;;) {
      const next = text.charCodeAt(at);
      if (Number.isNaN(next)) return false;
      if (next === quote) break;
      if (next === doubleQuote) put('\\"', 1);
      else if (next < 0x20) {
        this.faults.add("control characters in strings");
        put(next === lineBreak ? "\\n" : JSON.stringify(text[at]).slice(1, -1), 1);
      } else if (next !== backslash) at++;
      else {
        const escaped = text[at + 1] ?? "";
        unicodeEscape.lastIndex = at + 1;
        if (/["\\/]/.test(escaped) || unicodeEscape.test(text)) at += 2;
        else if (/[bfnrt]/.test(escaped)) {
          known = true;
          at += 2;
        } else if (escaped === "'" && !(quote === doubleQuote && isShellQuote(text, at))) {
          if (quote === doubleQuote) this.faults.add("unknown escapes");
          put("'", 2);
        } else {
          unknown ||= /[A-Za-z0-9]/.test(escaped);
          this.faults.add("unknown escapes");
          put("\\\\", 1);
        }
        if (known && unknown) return false;
      }
    }
    this.out.push(text.slice(from, at), '"');
    this.at = at + 1;
    return true;
  }

  /** Passes over blank space and comments. False: a comment that does not end. */
  #skip(): boolean {
    for (;;) {
      this.#match(blanks);
      const mark = this.#text.slice(this.at, this.at + 2);
      const line = mark === "//" || mark.startsWith("#");
      if (!line && mark !== "/*") return true;
      this.faults.add("comments");
      const end = this.#text.indexOf(line ? "\n" : "*/", this.at + 2);
      if (end === -1) return false;
      this.at = end + (line ? 1 : 2);
    }
  }
}

/** `'\''`: a shell's way to write a quote inside of quotes, where the backslash has to stay. */
const isShellQuote = (text: string, at: number): boolean => text[at - 1] === "'" && text[at + 2] === "'";
