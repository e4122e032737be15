/** One server-sent event: its name, and its data lines joined by newlines. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/** The stream holds an event larger than the parser will keep in memory. */
export class EventTooLargeError extends Error {
  override readonly name = "EventTooLargeError";
}

/**
 * Parser of `text/event-stream` after the WHATWG HTML standard: lines end in LF, CR or CRLF, a blank line ends the
 * event, comments and unknown fields are passed over. Fed with bytes cut anywhere; each byte is looked at a bounded
 * number of times, however large a line grows.
 */
export class SseParser {
  readonly #onEvent: (event: ServerSentEvent) => void;
  readonly #maxCharacters: number;
  readonly #decoder = new TextDecoder("utf-8");
  /** Pieces of a line whose end has not come yet. */
  #partial: string[] = [];
  #partialLength = 0;
  #data: string[] = [];
  #dataLength = 0;
  #event = "";
  /** The last piece ended in CR: an LF that comes next belongs to it. */
  #skipLineFeed = false;

  constructor(onEvent: (event: ServerSentEvent) => void, maxCharacters = 256 * 1024 * 1024) {
    this.#onEvent = onEvent;
    this.#maxCharacters = maxCharacters;
  }

  push(bytes: Uint8Array): void {
    this.#feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The stream ended. An event that was not closed by a blank line still counts. */
  end(): void {
    this.#feed(this.#decoder.decode());
    if (this.#partialLength > 0) this.#line(this.#takePartial(""));
    this.#dispatch();
  }

  #feed(text: string): void {
    let start = 0;
    if (this.#skipLineFeed && text.length > 0) {
      if (text.charCodeAt(0) === 10) start = 1;
      this.#skipLineFeed = false;
    }
    let lineFeed = text.indexOf("\n", start);
    let carriageReturn = text.indexOf("\r", start);
    while (lineFeed !== -1 || carriageReturn !== -1) {
      const end = lineFeed === -1 || (carriageReturn !== -1 && carriageReturn < lineFeed) ? carriageReturn : lineFeed;
      const piece = text.slice(start, end);
      this.#line(this.#partialLength === 0 ? piece : this.#takePartial(piece));
      start = end + 1;
      if (end === carriageReturn) {
        if (start === text.length) this.#skipLineFeed = true;
        else if (text.charCodeAt(start) === 10) start++;
        carriageReturn = text.indexOf("\r", start);
      }
      if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf("\n", start);
    }
    if (start < text.length) {
      this.#partial.push(start === 0 ? text : text.slice(start));
      this.#partialLength += text.length - start;
      this.#guard();
    }
  }

  #takePartial(last: string): string {
    const line = this.#partial.join("") + last;
    this.#partial = [];
    this.#partialLength = 0;
    return line;
  }

  #line(line: string): void {
    if (line === "") return this.#dispatch();
    const data = valueOf(line, "data");
    if (data !== null) {
      this.#data.push(data);
      this.#dataLength += data.length + 1;
      this.#guard();
    } else this.#event = valueOf(line, "event") ?? this.#event;
  }

  #guard(): void {
    if (this.#partialLength + this.#dataLength > this.#maxCharacters) {
      throw new EventTooLargeError(`an event of the stream is larger than ${this.#maxCharacters} characters`);
    }
  }

  #dispatch(): void {
    const event = this.#event;
    this.#event = "";
    if (this.#data.length === 0) return;
    const data = this.#data.length === 1 ? this.#data[0]! : this.#data.join("\n");
    this.#data = [];
    this.#dataLength = 0;
    this.#onEvent({ event, data });
  }
}

/** What a line says of a field, without the space that may stand before it; null: it is of another one, or a comment. */
function valueOf(line: string, field: string): string | null {
  const { length } = field;
  if (!line.startsWith(field)) return null;
  if (line.length === length) return "";
  if (line.charCodeAt(length) !== 58) return null;
  return line.slice(line.charCodeAt(length + 1) === 32 ? length + 2 : length + 1);
}
