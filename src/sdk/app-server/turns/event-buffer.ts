/** Events that were not read yet. */
import { BufferOverflowError } from "../errors.ts";
import type { ResponseEvent } from "../events/response-event.ts";

/** What tells a reader how it went is kept, however slow the reader is. */
const kept = new Set(["item/completed", "turn/completed", "error"]);

export class EventBuffer {
  readonly #limit: number;
  #events: ResponseEvent[] = [];
  #read = 0;
  #end: { error: Error | null } | null = null;
  #wake: (() => void) | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#events.length - this.#read;
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  push(event: ResponseEvent): void {
    if (this.#end !== null) return;
    this.#events.push(event);
    if (this.size > this.#limit) this.#shrink();
    this.#wake?.();
  }

  /** What came before is still read; then the reader gets the error, or the end. The first end counts. */
  end(error: Error | null): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** Forgets what was not read. */
  clear(): void {
    this.#events = [];
    this.#read = 0;
  }

  /** Waits for one; null at the end. One reader at a time. */
  async next(): Promise<ResponseEvent | null> {
    for (;;) {
      if (this.size > 0) return this.#take();
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return null;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  #take(): ResponseEvent {
    const event = this.#events[this.#read++]!;
    // Taking from the front of a long list would copy it each time.
    if (this.#read > 1024 || this.#read === this.#events.length) {
      this.#events = this.#events.slice(this.#read);
      this.#read = 0;
    }
    return event;
  }

  #shrink(): void {
    const merged = mergeDeltas(this.#events.slice(this.#read));
    this.#read = 0;
    this.#events = merged;
    // A margin, so that a reader that stands still does not cost a pass over all of them for each further event.
    if (merged.length <= this.#limit * 0.9 || (merged.length <= this.#limit && this.#limit < 10)) return;
    this.#events = merged.filter((event) => kept.has(event.type));
    this.end(new BufferOverflowError(this.#limit));
  }
}

/** Neighbouring pieces of one text as one piece. */
function mergeDeltas(events: readonly ResponseEvent[]): ResponseEvent[] {
  const merged: { event: ResponseEvent; pieces: string[] }[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (last !== undefined && event.textDelta !== undefined && isSameText(last.event, event))
      last.pieces.push(event.textDelta);
    else merged.push({ event, pieces: event.textDelta === undefined ? [] : [event.textDelta] });
  }
  return merged.map(({ event, pieces }) => (pieces.length < 2 ? event : withText(event, pieces.join(""))));
}

const isSameText = (one: ResponseEvent, other: ResponseEvent): boolean =>
  one.textDelta !== undefined &&
  one.type === other.type &&
  one.itemId === other.itemId &&
  one.summaryIndex === other.summaryIndex &&
  contentIndex(one) === contentIndex(other);

const contentIndex = ({ raw }: ResponseEvent): unknown =>
  (raw?.params as { contentIndex?: unknown } | undefined)?.contentIndex;

function withText(event: ResponseEvent, text: string): ResponseEvent {
  const raw = event.raw === null ? null : { ...event.raw, params: { ...(event.raw.params as object), delta: text } };
  return { ...event, textDelta: text, messageText: text, raw };
}
