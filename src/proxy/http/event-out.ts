import type { ServerResponse } from "node:http";

const head = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Proxies that gather answers before they pass them on would hold back what is said.
  "x-accel-buffering": "no",
};

export interface OutOptions {
  /** Headers beside those of every stream. */
  readonly headers: Readonly<Record<string, string>>;
  /** Silence after which a comment says that the stream lives, milliseconds. */
  readonly heartbeatMs: number;
  /** The client takes no more for now, or again. */
  onFull(): void;
  onDrained(): void;
  /** Before the first bytes go. */
  onOpen(): void;
}

/** A stream of events to a client. What is written together goes out together. */
export class EventSocket {
  readonly #response: ServerResponse;
  readonly #options: OutOptions;
  readonly #heartbeat: NodeJS.Timeout;
  #pending = "";
  /** Said with the first bytes: an answer that is whole by then says how long it is, and goes out in one piece. */
  #head: Record<string, string> | null = null;
  #full = false;
  #ended = false;

  constructor(response: ServerResponse, options: OutOptions) {
    this.#response = response;
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#beat(), options.heartbeatMs);
    response.on("drain", () => {
      if (!this.#full) return;
      this.#full = false;
      options.onDrained();
    });
  }

  get isOpen(): boolean {
    return this.#head !== null || this.#response.headersSent;
  }

  /** The client takes no more for now. */
  get isFull(): boolean {
    return this.#full;
  }

  open(): void {
    if (this.isOpen || this.#ended) return;
    this.#head = { ...head, ...this.#options.headers };
    this.#options.onOpen();
  }

  write(text: string): void {
    // Once all that has come from upstreams has been read: a write costs more than what is in it.
    if (this.#pending === "") setImmediate(() => this.#flush());
    this.#pending += text;
  }

  end(): void {
    if (this.#ended) return;
    this.stop();
    this.#sayHead({ "content-length": String(Buffer.byteLength(this.#pending)) });
    this.#response.end(this.#pending);
    this.#pending = "";
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#ended = true;
    clearInterval(this.#heartbeat);
  }

  #flush(): void {
    if (this.#pending === "" || this.#ended) return;
    const text = this.#pending;
    this.#pending = "";
    this.#heartbeat.refresh();
    this.#sayHead({});
    if (this.#response.write(text) || this.#full || this.#response.destroyed) return;
    this.#full = true;
    this.#options.onFull();
  }

  #sayHead(more: Readonly<Record<string, string>>): void {
    if (this.#head !== null && !this.#response.headersSent) this.#response.writeHead(200, { ...this.#head, ...more });
  }

  /** A client that does not read is not told that it should. */
  #beat(): void {
    this.open();
    this.#sayHead({});
    this.#flush();
    if (!this.#full) this.#response.write(": still here\n\n");
  }
}
