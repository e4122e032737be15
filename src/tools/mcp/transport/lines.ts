/** What stood in a line that was too long to keep. */
export interface LongLine {
  readonly bytes: number;
  /** Its first and last bytes. */
  readonly head: string;
  readonly tail: string;
}

const edgeBytes = 512;
const newline = 10;

/** Cuts a stream of bytes into lines, and holds at most `maxBytes` of one. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #onLine: (line: string) => void;
  readonly #onLong: (line: LongLine) => void;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** The line is too long: of what follows, only the end is kept. */
  #head: string | null = null;
  #tail: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number, onLine: (line: string) => void, onLong: (line: LongLine) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
    this.#onLong = onLong;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#add(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#head !== null) {
      this.#tail = Buffer.concat([this.#tail, part.subarray(-edgeBytes)]).subarray(-edgeBytes);
      return;
    }
    this.#parts.push(part);
    if (this.#bytes <= this.#maxBytes) return;
    const whole = Buffer.concat(this.#parts);
    this.#head = whole.toString("utf8", 0, edgeBytes);
    this.#tail = Buffer.from(whole.subarray(-edgeBytes));
    this.#parts = [];
  }

  #endLine(): void {
    if (this.#head === null) {
      const [only] = this.#parts;
      const line = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#bytes = 0;
      this.#onLine(line.toString("utf8"));
      return;
    }
    const long: LongLine = { bytes: this.#bytes, head: this.#head, tail: this.#tail.toString("utf8") };
    this.#parts = [];
    this.#bytes = 0;
    this.#head = null;
    this.#tail = Buffer.alloc(0);
    this.#onLong(long);
  }
}
