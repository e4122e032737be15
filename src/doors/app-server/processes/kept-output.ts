/** The output of one stream up to a bound: kept to be told at the end, or told as it comes. */
export class KeptOutput {
  /** In bytes; null: there is none. */
  readonly #cap: number | null;
  readonly #tell: ((bytes: Buffer, capReached: boolean) => void) | null;
  readonly #kept: Buffer[] = [];
  #count = 0;
  capReached = false;

  constructor(cap: number | null, tell: ((bytes: Buffer, capReached: boolean) => void) | null) {
    this.#cap = cap;
    this.#tell = tell;
  }

  /** The bytes are copied. What comes after the bound is dropped. */
  add(bytes: Uint8Array): void {
    if (this.capReached) return;
    const room = this.#cap === null ? bytes.length : this.#cap - this.#count;
    const taken = Buffer.from(bytes.subarray(0, room));
    this.#count += taken.length;
    this.capReached = this.#count === this.#cap;
    if (this.#tell !== null) this.#tell(taken, this.capReached);
    else this.#kept.push(taken);
  }

  /** Nothing where it was told as it came. */
  get text(): string {
    return textOf(Buffer.concat(this.#kept));
  }
}

/** UTF-8; what is none is read as Western European text of old, where it can be. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return looksLegacy(bytes) ? new TextDecoder("windows-1252").decode(bytes) : bytes.toString("utf8");
  }
}

/** Single bytes above ASCII among plain text: the output of programs that know nothing of UTF-8. */
function looksLegacy(bytes: Buffer): boolean {
  let odd = 0;
  for (const byte of bytes) {
    if (byte === 0) return false;
    if (byte >= 0x80) odd++;
  }
  return odd * 2 < bytes.length;
}
