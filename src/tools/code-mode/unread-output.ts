import type { InputPart } from "../../protocol/response-items.ts";

/** Bytes of output that a cell keeps until they are read; half of them the first, half the latest. */
const keptBytes = 10 * 1024 * 1024;
/** What a part takes beside its content: a million empty texts are not nothing. */
const partBytes = 128;

const sizeOf = (part: InputPart): number =>
  partBytes + (part.type === "input_text" ? Buffer.byteLength(part.text) : part.image_url.length);

interface Entry {
  part: InputPart;
  size: number;
}

/** What a cell has said and the model has not read: where it is too much, the middle is left out. */
export class UnreadOutput {
  #head: Entry[] = [];
  #headBytes = 0;
  /** In the order in which they came; those before `#from` are dropped. */
  #tail: Entry[] = [];
  #from = 0;
  #tailBytes = 0;
  /** Null: nothing was. */
  #dropped: number | null = null;

  push(part: InputPart): void {
    const entry = fitted(part);
    if (this.#tail.length === 0 && this.#headBytes + entry.size <= keptBytes / 2) {
      this.#head.push(entry);
      this.#headBytes += entry.size;
      return;
    }
    this.#tail.push(entry);
    this.#tailBytes += entry.size;
    while (this.#tailBytes > keptBytes / 2) {
      const { size } = this.#tail[this.#from++]!;
      this.#tailBytes -= size;
      this.#dropped = (this.#dropped ?? 0) + size - partBytes;
    }
    // Moved seldom: an array that loses its first element moves all others.
    if (this.#from > this.#tail.length / 2) {
      this.#tail = this.#tail.slice(this.#from);
      this.#from = 0;
    }
  }

  /** Everything since the last time. */
  take(): InputPart[] {
    const gap = `[${this.#dropped} bytes of output were dropped here: they came faster than they were read]`;
    const parts: InputPart[] = [
      ...this.#head.map(({ part }) => part),
      ...(this.#dropped !== null ? [{ type: "input_text" as const, text: gap }] : []),
      ...this.#tail.slice(this.#from).map(({ part }) => part),
    ];
    this.#head = [];
    this.#tail = [];
    this.#from = this.#headBytes = this.#tailBytes = 0;
    this.#dropped = null;
    return parts;
  }
}

/** A text that is longer than all that is kept loses its middle; an image of that size is left out. */
function fitted(part: InputPart): Entry {
  const size = sizeOf(part);
  if (size <= keptBytes / 2) return { part, size };
  const text =
    part.type === "input_text"
      ? middleOut(part.text)
      : `[an image of ${size - partBytes} bytes was left out: an output may have ${keptBytes / 2}]`;
  const shown: InputPart = { type: "input_text", text };
  return { part: shown, size: sizeOf(shown) };
}

function middleOut(text: string): string {
  const bytes = Buffer.from(text);
  const half = keptBytes / 4 - partBytes;
  const [head, tail] = [bytes.toString("utf8", 0, half), bytes.toString("utf8", bytes.length - half)];
  return `${head}\n[${bytes.length - 2 * half} bytes were dropped here]\n${tail}`;
}
