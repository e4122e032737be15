/** The text that is being typed. All of it is in memory; nothing here knows of a terminal. */

/** A key by name, with the words that readline gives to it. */
export type Key = { type: "text"; text: string } | { type: "paste"; text: string } | { type: "key"; name: KeyName };

export type KeyName =
  | "enter"
  | "newline"
  | "interrupt"
  | "end-of-input"
  | "left"
  | "right"
  | "up"
  | "down"
  | "home"
  | "end"
  | "word-left"
  | "word-right"
  | "backspace"
  | "delete"
  | "delete-word-left"
  | "delete-word-right"
  | "delete-to-start"
  | "delete-to-end"
  | "yank"
  | "redraw";

/** A paste longer than this stands in the line as one mark: nobody reads or edits it there. */
const inlineLimit = 1000;
const inlineLines = 12;

const markOf = (number: number, text: string): string =>
  `[paste ${number}: ${text.split("\n").length} lines, ${text.length} characters]`;

export class LineEditor {
  #text = "";
  #cursor = 0;
  #killed = "";
  readonly #history: string[];
  /** Place in the history; its length is the line that is being typed. */
  #at: number;
  #draft = "";
  /** Long pastes by the mark that stands for them. */
  readonly #pastes = new Map<string, string>();
  #held: { text: string; cursor: number } | null = null;

  constructor(history: readonly string[] = []) {
    this.#history = [...history];
    this.#at = this.#history.length;
  }

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** What was typed, marks of pastes replaced by what was pasted; the line is empty then. */
  take(): string {
    let text = this.#text;
    for (const [mark, pasted] of this.#pastes) text = text.split(mark).join(pasted);
    this.clear();
    return text;
  }

  clear(): void {
    this.#set("");
    // Their marks may stand in what is put aside.
    if (this.#held === null) this.#pastes.clear();
    this.#at = this.#history.length;
  }

  /** Puts aside what is half typed. */
  hold(): boolean {
    if (this.#held === null) this.#held = { text: this.#text, cursor: this.#cursor };
    const { text } = this.#held;
    this.#set("");
    return text !== "";
  }

  restore(): void {
    if (this.#held === null) return;
    this.#text = this.#held.text;
    this.#cursor = this.#held.cursor;
    this.#held = null;
  }

  remember(text: string): void {
    if (text !== "" && this.#history.at(-1) !== text) this.#history.push(text);
    this.#at = this.#history.length;
  }

  insert(text: string): void {
    this.#text = this.#text.slice(0, this.#cursor) + text + this.#text.slice(this.#cursor);
    this.#cursor += text.length;
  }

  paste(text: string): void {
    if (text.length <= inlineLimit && text.split("\n").length <= inlineLines) return this.insert(text);
    const mark = markOf(this.#pastes.size + 1, text);
    this.#pastes.set(mark, text);
    this.insert(mark);
  }

  /** Whether the line ends in a backslash, which asks for one more; it is replaced by a new line then. */
  continueLine(): boolean {
    if (!this.#text.endsWith("\\")) return false;
    this.#set(`${this.#text.slice(0, -1)}\n`);
    return true;
  }

  press(name: KeyName): void {
    switch (name) {
      case "newline":
        return this.insert("\n");
      case "left":
        return void (this.#cursor = this.#before(this.#cursor));
      case "right":
        return void (this.#cursor = this.#behind(this.#cursor));
      case "home":
        return void (this.#cursor = this.#lineStart());
      case "end":
        return void (this.#cursor = this.#lineEnd());
      case "word-left":
        return void (this.#cursor = this.#wordLeft());
      case "word-right":
        return void (this.#cursor = this.#wordRight());
      case "backspace":
        return this.#remove(this.#before(this.#cursor), this.#cursor);
      case "delete":
        return this.#remove(this.#cursor, this.#behind(this.#cursor));
      case "delete-word-left":
        return this.#kill(this.#wordLeft(), this.#cursor);
      case "delete-word-right":
        return this.#kill(this.#cursor, this.#wordRight());
      case "delete-to-start":
        return this.#kill(this.#lineStart(), this.#cursor);
      case "delete-to-end":
        return this.#kill(this.#cursor, this.#lineEnd());
      case "yank":
        return this.insert(this.#killed);
      case "up":
        return this.#vertical(-1);
      case "down":
        return this.#vertical(1);
      default:
        return;
    }
  }

  /** To the line above or below, and from the first or last one into the history. */
  #vertical(step: -1 | 1): void {
    const start = this.#lineStart();
    const column = this.#cursor - start;
    const target = step === -1 ? start - 1 : this.#lineEnd() + 1;
    if (target >= 0 && target <= this.#text.length) {
      const line = step === -1 ? this.#startOfLine(target) : target;
      const end = this.#text.indexOf("\n", line);
      this.#cursor = Math.min(line + column, end === -1 ? this.#text.length : end);
      return;
    }
    const at = this.#at + step;
    if (at < 0 || at > this.#history.length) return;
    if (this.#at === this.#history.length) this.#draft = this.#text;
    this.#at = at;
    this.#set(this.#history[at] ?? this.#draft);
  }

  #set(text: string): void {
    this.#text = text;
    this.#cursor = text.length;
  }

  #kill(from: number, to: number): void {
    if (from < to) this.#killed = this.#text.slice(from, to);
    this.#remove(from, to);
  }

  #remove(from: number, to: number): void {
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#cursor = from;
  }

  #lineStart(): number {
    return this.#startOfLine(this.#cursor);
  }

  #startOfLine(at: number): number {
    return at === 0 ? 0 : this.#text.lastIndexOf("\n", at - 1) + 1;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf("\n", this.#cursor);
    return end === -1 ? this.#text.length : end;
  }

  /** Steps by what a reader takes for one character. */
  #before(at: number): number {
    const from = Math.max(0, at - 64);
    return at === 0 ? 0 : from + ([...characters.segment(this.#text.slice(from, at))].at(-1)?.index ?? 0);
  }

  #behind(at: number): number {
    const [next] = characters.segment(this.#text.slice(at, at + 64));
    return at + (next?.segment.length ?? 0);
  }

  #wordLeft(): number {
    return /\S+\s*$/.exec(this.#text.slice(0, this.#cursor))?.index ?? 0;
  }

  #wordRight(): number {
    return this.#cursor + (/^\s*\S+/.exec(this.#text.slice(this.#cursor))?.[0].length ?? 0);
  }
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
