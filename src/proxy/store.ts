import type { ResponseItem } from "../protocol/response-items.ts";

/** A response that can be asked for again and gone on from. */
export interface StoredResponse {
  readonly id: string;
  /** As the API gives it. */
  readonly json: string;
  /** All that was asked with it, with what came before. */
  readonly input: readonly ResponseItem[];
  readonly output: readonly ResponseItem[];
  /** Roughly what it takes, with what came before, bytes. */
  readonly bytes: number;
}

/** Where responses are kept. With several processes it is one for all of them. */
export interface ResponseStore {
  get(id: string): Promise<StoredResponse | null>;
  put(entry: StoredResponse): void;
  /** False: there was none. */
  delete(id: string): Promise<boolean>;
}

const maxEntries = 1000;
const maxBytes = 64 * 1024 * 1024;
const maxAgeMs = 3_600_000;

/** The responses that were used last, up to a number, a size and an age. */
export class MemoryStore implements ResponseStore {
  /** In the order of their last use. */
  readonly #entries = new Map<string, { entry: StoredResponse; until: number }>();
  readonly #now: () => number;
  #bytes = 0;

  /** @param now milliseconds; only differences mean something */
  constructor(now: () => number) {
    this.#now = now;
  }

  // oxlint-disable-next-line require-await -- other stores have to ask
  async get(id: string): Promise<StoredResponse | null> {
    this.#forgetOld();
    const found = this.#entries.get(id);
    if (found === undefined) return null;
    this.#entries.delete(id);
    this.#entries.set(id, found);
    return found.entry;
  }

  put(entry: StoredResponse): void {
    if (entry.bytes > maxBytes) return;
    this.#forget(entry.id);
    this.#entries.set(entry.id, { entry, until: this.#now() + maxAgeMs });
    this.#bytes += entry.bytes;
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break;
      this.#forget(id);
    }
  }

  // oxlint-disable-next-line require-await
  async delete(id: string): Promise<boolean> {
    this.#forgetOld();
    return this.#forget(id);
  }

  #forget(id: string): boolean {
    const found = this.#entries.get(id);
    if (found === undefined) return false;
    this.#entries.delete(id);
    this.#bytes -= found.entry.bytes;
    return true;
  }

  #forgetOld(): void {
    const now = this.#now();
    for (const [id, { until }] of this.#entries) if (until <= now) this.#forget(id);
  }
}
