/** A piece of a call as it stands in a chunk. Anything may be missing, or not what it should be. */
export interface CallPiece {
  index?: unknown;
  id?: unknown;
  type?: unknown;
  function?: { name?: unknown; arguments?: unknown } | null;
  extra_content?: unknown;
}

/** Greater ones are no places of calls. */
const greatestIndex = 10_000;

/**
 * Tells which call a piece belongs to: by its index, and where a server gives none or the same to all, by its id, its name, and whether
 * the call before is complete.
 */
export class CallKeys {
  readonly #byIndex = new Map<number, Call>();
  readonly #byId = new Map<string, Call>();
  readonly #keys = new Set<number>();
  #last: Call | null = null;

  /** Of all calls so far, in their order. */
  get keys(): number[] {
    return [...this.#keys].sort((one, other) => one - other);
  }

  /**
   * @param text what the piece adds to the arguments
   * @returns the call's key, and the piece's id and name
   */
  place(piece: CallPiece, text: string): { key: number; id: string; name: string } {
    const id = typeof piece.id === "string" ? piece.id : "";
    const name = typeof piece.function?.name === "string" ? piece.function.name : "";
    const { index } = piece;
    const placed = typeof index === "number" && Number.isInteger(index) && index >= 0 && index < greatestIndex;
    const call = placed ? this.#at(index, id, name) : this.#without(id, name);
    if (name !== "") call.name = name;
    if (text !== "") call.add(text);
    this.#last = call;
    if (id !== "") {
      call.id = id;
      this.#byId.set(id, call);
    }
    return { key: call.key, id, name };
  }

  #at(index: number, id: string, name: string): Call {
    const known = this.#byIndex.get(index) ?? (name === "" && id !== "" ? this.#byId.get(id) : undefined);
    const call = known === undefined || known.isOther(id, name) ? this.#new(index) : known;
    this.#byIndex.set(index, call);
    return call;
  }

  #without(id: string, name: string): Call {
    const known = id === "" ? undefined : this.#byId.get(id);
    if (known !== undefined && (name === "" || !known.isComplete)) return known;
    const last = this.#last;
    if (last === null || known !== undefined || (id !== "" && name !== "")) return this.#new(this.#keys.size);
    return last.isOther(id, name) ? this.#new(this.#keys.size) : last;
  }

  #new(wish: number): Call {
    let key = wish;
    while (this.#keys.has(key)) key++;
    this.#keys.add(key);
    return new Call(key);
  }
}

class Call {
  readonly key: number;
  id = "";
  name = "";
  /** Pieces of the arguments that nobody has looked at. */
  #fresh: string[] = [];
  #depth = 0;
  #begun = false;
  #inText = false;
  #escaped = false;

  constructor(key: number) {
    this.key = key;
  }

  add(text: string): void {
    this.#fresh.push(text);
  }

  /** Whether a piece with that id and name begins another call. */
  isOther(id: string, name: string): boolean {
    if (name === "" || this.name === "") return false;
    if (id !== "" && this.id !== "") return id !== this.id;
    return this.isComplete;
  }

  /** Whether every bracket of the arguments is closed. */
  get isComplete(): boolean {
    for (const piece of this.#fresh) for (let at = 0; at < piece.length; at++) this.#look(piece[at]!);
    this.#fresh = [];
    return this.#begun && this.#depth === 0;
  }

  #look(character: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (this.#inText) {
      if (character === "\\") this.#escaped = true;
      else if (character === '"') this.#inText = false;
    } else if (character === '"') this.#inText = true;
    else if (character === "{" || character === "[") {
      this.#depth++;
      this.#begun = true;
    } else if (character === "}" || character === "]") this.#depth--;
  }
}
