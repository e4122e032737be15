import { connect, type Socket } from "node:net";

const ending = Buffer.from("0\r\n\r\n");

/** Asks for a stream over and over on one connection. As little of it as can be is work of this process. */
export class StreamClient {
  readonly #socket: Socket;
  readonly #ready: Promise<void>;
  #tail: Buffer = Buffer.alloc(0);
  #length = 0;
  #head = "";
  /** Of the whole answer, bytes; null: it ends with its last chunk. */
  #whole: number | null = null;
  #settle: { resolve: (bytes: number) => void; reject: (error: Error) => void } | null = null;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#ready = new Promise((resolve, reject) => {
      this.#socket.once("connect", resolve);
      this.#socket.once("error", reject);
    });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("close", () =>
      this.#settle?.reject(new Error("the connection was closed before the answer ended")),
    );
    this.#socket.on("error", (error) => this.#settle?.reject(error));
  }

  /** @returns the bytes of the answer. Rejects when it is none with status 200 */
  async ask(request: Buffer): Promise<number> {
    await this.#ready;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#length = 0;
      this.#head = "";
      this.#tail = Buffer.alloc(0);
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#settle = null;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#length === 0) this.#begin(chunk);
    this.#length += chunk.length;
    if (this.#whole !== null) {
      if (this.#length >= this.#whole) this.#ended();
      return;
    }
    const tail = chunk.length >= ending.length ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = tail.subarray(-ending.length);
    if (this.#tail.equals(ending)) this.#ended();
  }

  /** The head of an answer comes in one piece from all servers that are measured. */
  #begin(chunk: Buffer): void {
    this.#head = chunk.toString("latin1", 0, 12);
    const end = chunk.indexOf("\r\n\r\n");
    const length = /\r\ncontent-length: (\d+)/i.exec(chunk.toString("latin1", 0, end))?.[1];
    this.#whole = length === undefined ? null : end + 4 + Number(length);
  }

  #ended(): void {
    const settle = this.#settle;
    this.#settle = null;
    if (this.#head === "HTTP/1.1 200") settle?.resolve(this.#length);
    else settle?.reject(new Error(`the answer begins with ${this.#head}`));
  }
}

/** The bytes of a request for an answer in so many pieces. */
export function requestBytes(path: "/v1/responses" | "/v1/chat/completions", deltas: number): Buffer {
  const model = `deltas-${deltas}`;
  const said =
    path === "/v1/responses"
      ? {
          model,
          input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
          store: false,
        }
      : { model, messages: [{ role: "user", content: "hi" }], stream_options: { include_usage: true } };
  const body = JSON.stringify({ ...said, stream: true });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Milliseconds of each of so many requests, made by so many clients side by side. */
export async function times(port: number, request: Buffer, clients: number, count: number): Promise<number[]> {
  const found: number[] = [];
  let begun = 0;
  const one = async (): Promise<void> => {
    const client = new StreamClient(port);
    try {
      while (begun < count) {
        begun++;
        const since = performance.now();
        await client.ask(request);
        found.push(performance.now() - since);
      }
    } finally {
      client.close();
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return found;
}
