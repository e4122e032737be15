/** What is kept of one process's output: its first and last half mebibyte. */
const halfBytes = 512 * 1024;

export interface Output {
  /** Decoded; where the middle was dropped, a line in its place says how many bytes. */
  text: string;
  /** Bytes that were written, the dropped ones among them. */
  bytes: number;
  dropped: number;
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function sequenceLength(lead: number): number {
  if (lead >= 0xf0 && lead < 0xf8) return 4;
  if (lead >= 0xe0) return lead < 0xf0 ? 3 : 1;
  return lead >= 0xc2 ? 2 : 1;
}

/** How many bytes at the end begin a UTF-8 sequence that is not complete yet. */
export function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (!isContinuation(byte)) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Collects bytes in bounded memory, with work in proportion to what comes in. */
export class OutputBuffer {
  #head = Buffer.alloc(0);
  #headLength = 0;
  /** A ring once it is full; allocated when the head has overflowed. */
  #tail: Buffer | null = null;
  #tailTotal = 0;

  push(chunk: Uint8Array): void {
    const room = halfBytes - this.#headLength;
    if (room > 0) this.#pushHead(chunk.subarray(0, room));
    if (chunk.length > room) this.#pushTail(chunk.subarray(room));
  }

  /** The text of all that is held; a sequence cut at the very end becomes U+FFFD. */
  read(): Output {
    return this.#compose(this.#headBytes(), this.#tailBytes());
  }

  /** Like `read`, and forgets it; unless it is the `last` time, a sequence cut at the end waits for its rest. */
  drain(last: boolean): Output {
    let head = this.#headBytes();
    let tail = this.#tailBytes();
    const end = tail.length > 0 ? tail : head;
    const kept = end.length - (last ? 0 : incompleteTail(end));
    if (tail.length > 0) tail = tail.subarray(0, kept);
    else head = head.subarray(0, kept);
    const output = this.#compose(head, tail);
    output.bytes -= end.length - kept;
    this.#head = Buffer.alloc(0);
    this.#tail = null;
    this.#headLength = this.#tailTotal = 0;
    this.push(end.subarray(kept));
    return output;
  }

  #compose(head: Buffer, tail: Buffer): Output {
    const bytes = this.#headLength + this.#tailTotal;
    const overflow = Math.max(0, this.#tailTotal - halfBytes);
    if (overflow === 0) return { text: Buffer.concat([head, tail]).toString("utf8"), bytes, dropped: 0 };
    const headEnd = head.length - incompleteTail(head);
    let start = 0;
    while (start < 3 && isContinuation(tail[start])) start++;
    const dropped = overflow + head.length - headEnd + start;
    const text = `${head.toString("utf8", 0, headEnd)}\n... ${dropped} bytes omitted ...\n${tail.toString("utf8", start)}`;
    return { text, bytes, dropped };
  }

  #headBytes(): Buffer {
    return this.#head.subarray(0, this.#headLength);
  }

  #pushHead(bytes: Uint8Array): void {
    const length = this.#headLength + bytes.length;
    if (length > this.#head.length) {
      const larger = Buffer.allocUnsafe(Math.min(halfBytes, Math.max(1024, length * 2)));
      this.#head.copy(larger, 0, 0, this.#headLength);
      this.#head = larger;
    }
    this.#head.set(bytes, this.#headLength);
    this.#headLength = length;
  }

  #pushTail(bytes: Uint8Array): void {
    this.#tail ??= Buffer.allocUnsafe(halfBytes);
    // Only the last ring's length of a chunk can survive it.
    const skipped = Math.max(0, bytes.length - halfBytes);
    const kept = bytes.subarray(skipped);
    const at = (this.#tailTotal + skipped) % halfBytes;
    const first = kept.subarray(0, halfBytes - at);
    this.#tail.set(first, at);
    this.#tail.set(kept.subarray(first.length), 0);
    this.#tailTotal += bytes.length;
  }

  #tailBytes(): Buffer {
    if (this.#tail === null) return Buffer.alloc(0);
    if (this.#tailTotal <= halfBytes) return this.#tail.subarray(0, this.#tailTotal);
    const at = this.#tailTotal % halfBytes;
    return Buffer.concat([this.#tail.subarray(at), this.#tail.subarray(0, at)]);
  }
}
