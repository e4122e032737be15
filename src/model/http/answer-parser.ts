import { EventTooLargeError, SseParser, type ServerSentEvent } from "../sse.ts";

const maxBytes = 64 * 1024 * 1024;
const opensJson = new Set(["{", "["].map((character) => character.charCodeAt(0)));
/** Space and the ends of lines, and what a byte order mark is made of. */
const blank = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/**
 * Parser of what a server answers that was asked for a stream: a stream of events as a rule. A body of JSON, from a server that does not
 * stream or that only says what went wrong, is one event without a name.
 */
export class AnswerParser {
  readonly #onEvent: (event: ServerSentEvent) => void;
  /** Null until the first byte that is not blank. */
  #stream: SseParser | null = null;
  #json: { chunks: Uint8Array[]; length: number } | null = null;

  constructor(onEvent: (event: ServerSentEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(bytes: Uint8Array): void {
    if (this.#stream !== null) return this.#stream.push(bytes);
    if (this.#json === null) {
      const first = bytes.find((byte) => !blank.has(byte));
      if (first === undefined) return;
      if (!opensJson.has(first)) {
        this.#stream = new SseParser(this.#onEvent);
        return this.#stream.push(bytes);
      }
      this.#json = { chunks: [], length: 0 };
    }
    this.#json.chunks.push(bytes);
    this.#json.length += bytes.length;
    if (this.#json.length > maxBytes)
      throw new EventTooLargeError(`an answer that is no stream is larger than ${maxBytes} bytes`);
  }

  /** The body ended. */
  end(): void {
    this.#stream?.end();
    if (this.#json === null) return;
    const { chunks } = this.#json;
    this.#json = null;
    this.#onEvent({ event: "", data: new TextDecoder().decode(Buffer.concat(chunks)) });
  }
}
