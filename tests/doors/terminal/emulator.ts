/** A terminal in memory: enough of one to see what a person would see. Fails on sequences that a line-based program has no use for. */
export class Emulator {
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** The last column was written and the next character goes to the next row. */
  #full = false;
  #rest = "";
  #columns: number;
  readonly #height: number;
  /** Sequences that were not understood. */
  readonly strange: string[] = [];

  constructor(columns: number, height: number) {
    this.#columns = columns;
    this.#height = height;
  }

  /** Everything that was shown and not erased, those rows too that have scrolled away. */
  get text(): string {
    return this.#rows
      .map((row) =>
        row
          .map((cell) => cell ?? " ")
          .join("")
          .trimEnd(),
      )
      .join("\n");
  }

  /** The row of the cursor. */
  get line(): string {
    return this.#rows[this.#row]?.join("") ?? "";
  }

  get cursor(): number {
    return this.#column;
  }

  resize(columns: number): void {
    this.#columns = columns;
  }

  write(data: string): void {
    let text = this.#rest + data;
    this.#rest = "";
    while (text !== "") {
      if (text[0] === "\u001b") {
        // oxlint-disable-next-line no-control-regex
        const found = /^\u001b\[([0-9;?]*)([@-~])/.exec(text);
        if (found === null) {
          if (text.length < 16) {
            this.#rest = text;
            return;
          }
          this.strange.push(JSON.stringify(text.slice(0, 16)));
          text = text.slice(1);
          continue;
        }
        this.#control(found[1]!, found[2]!);
        text = text.slice(found[0].length);
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(0)!);
      this.#put(character);
      text = text.slice(character.length);
    }
  }

  #put(character: string): void {
    const code = character.codePointAt(0)!;
    if (character === "\r") [this.#column, this.#full] = [0, false];
    else if (character === "\n") this.#down();
    else if (code === 7) this.strange.push("bell");
    else if (code < 32 || (code >= 127 && code < 160)) this.strange.push(`control ${code}`);
    else {
      const width = /[\u3000-\u9fff\uac00-\ud7a3\uff00-\uff60]/.test(character) || code > 0x1f300 ? 2 : 1;
      if (this.#full || this.#column + width > this.#columns) {
        this.#down();
        this.#column = 0;
      }
      const row = this.#rows[this.#row]!;
      while (row.length < this.#column) row.push(" ");
      row[this.#column] = character;
      if (width === 2) row[this.#column + 1] = "";
      this.#column += width;
      this.#full = this.#column >= this.#columns;
      if (this.#full) this.#column = this.#columns - 1;
    }
  }

  #down(): void {
    this.#full = false;
    this.#row++;
    if (this.#row === this.#rows.length) this.#rows.push([]);
  }

  #control(argument: string, final: string): void {
    const count = Number(argument) || 1;
    this.#full = final === "m" || final === "h" || final === "l" ? this.#full : false;
    // The top of the window: rows above it have scrolled away and cannot be reached.
    const top = Math.max(0, this.#rows.length - this.#height);
    if (final === "A") this.#row = Math.max(top, this.#row - count);
    else if (final === "C") this.#column = Math.min(this.#columns - 1, this.#column + count);
    else if (final === "J" && argument === "") {
      this.#rows.length = this.#row + 1;
      this.#rows[this.#row]!.length = Math.min(this.#rows[this.#row]!.length, this.#column);
    } else if (final === "J" && argument === "2") this.#rows = [...this.#rows.slice(0, top), []];
    else if (final === "H") [this.#row, this.#column] = [Math.max(0, this.#rows.length - this.#height), 0];
    else if (final !== "m" && argument !== "?2004") this.strange.push(`${argument}${final}`);
  }
}
