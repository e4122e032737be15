import { once } from "node:events";
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { Accept } from "../wire.ts";
import { asFrame } from "./frames.ts";
import { answerTo, type Answer, type Door } from "./http-requests.ts";
import { maxMessageBytes, receiveJson } from "./messages-in.ts";
import { Outbox, type Bounds } from "./outbox.ts";
import type { Serving, Tell } from "./serving.ts";

export interface WebSocketOptions extends Door {
  readonly tell: Tell;
  readonly maxConnections?: number;
  readonly maxMessageBytes?: number;
  /** For the request that becomes a WebSocket, in milliseconds. */
  readonly handshakeMs?: number;
  readonly bounds?: Bounds;
}

const usualConnections = 1024;
const usualHandshakeMs = 10_000;
/** How long clients have to take a good-bye. */
const closingMs = 500;
/** After this long without a word, the system asks whether the other machine is still there. */
const keepAliveMs = 60_000;

const goingAway = 1001;
/** Of the reason in a closing frame. */
const maxReasonBytes = 123;

/** HTTP and WebSocket on a server that listens elsewhere: a client per WebSocket, a message per text frame. */
export class WebSocketDoor {
  readonly http: Server;
  readonly #accept: Accept;
  readonly #options: WebSocketOptions;
  readonly #sockets: WebSocketServer;
  readonly #maxConnections: number;
  readonly #clients = new Map<WebSocket, Outbox>();

  static async open(accept: Accept, options: WebSocketOptions): Promise<WebSocketDoor> {
    const { WebSocketServer } = await import("ws");
    return new WebSocketDoor(
      accept,
      options,
      new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload: options.maxMessageBytes ?? maxMessageBytes,
        handleProtocols: () => false,
      }),
    );
  }

  private constructor(accept: Accept, options: WebSocketOptions, sockets: WebSocketServer) {
    this.#accept = accept;
    this.#options = options;
    this.#sockets = sockets;
    this.#maxConnections = options.maxConnections ?? usualConnections;
    const handshakeMs = options.handshakeMs ?? usualHandshakeMs;
    this.http = createServer({
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      connectionsCheckingInterval: Math.min(1_000, handshakeMs),
      requireHostHeader: false,
    });
    // Some room for those who are told that there is none.
    this.http.maxConnections = this.#maxConnections + 64;
    this.http.on("request", (request, response) => {
      request.resume();
      const { status, text = "", headers } = answerTo(request, options) ?? { status: 400 };
      response.writeHead(status, { ...headers, ...textHeaders(text) }).end(request.method === "HEAD" ? "" : text);
    });
    this.http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Ends the connections, then the server. */
  async close(): Promise<void> {
    const left = [...this.#clients.keys()].map((client) => once(client, "close"));
    const closed = new Promise<void>((resolve) => void this.http.close(() => resolve()));
    for (const outbox of this.#clients.values()) outbox.end(goingAway, "The server is shutting down.");
    this.http.closeIdleConnections();
    const limit = setTimeout(() => {
      for (const socket of this.#clients.keys()) socket.terminate();
      this.http.closeAllConnections();
    }, closingMs);
    await Promise.all([closed, ...left]);
    clearTimeout(limit);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => {});
    const full: Answer | null =
      this.#clients.size >= this.#maxConnections
        ? { status: 503, text: `There are ${this.#maxConnections} connections already.` }
        : null;
    const answer = answerTo(request, this.#options) ?? full;
    if (answer !== null) refuse(socket, answer);
    else this.#sockets.handleUpgrade(request, socket, head, (client) => this.#take(client, socket));
  }

  /**
   * Frames are written beside the library: it would make them anew for each client. It writes its own, such as pongs,
   * whole, so that the two do not come between one another.
   */
  #take(client: WebSocket, socket: Duplex): void {
    if ("setKeepAlive" in socket && typeof socket.setKeepAlive === "function") socket.setKeepAlive(true, keepAliveMs);
    const outbox = new Outbox(
      { write: (bytes) => socket.write(bytes), end: (code, reason) => end(client, socket, code, reason) },
      asFrame,
      (reason) => this.#options.tell(`app-server: ${reason} Closing its connection.`),
      this.#options.bounds,
    );
    this.#clients.set(client, outbox);
    const receiver = this.#accept(outbox);
    socket.on("drain", () => outbox.ready());
    client.on("message", (data, isBinary) => {
      if (!isBinary) receiveJson(data as Buffer, receiver);
    });
    // It closes, and says why, by itself.
    client.on("error", () => {});
    client.on("close", () => {
      this.#clients.delete(client);
      outbox.forget();
      receiver.gone();
    });
  }
}

/** A client that takes no good-bye is left without one. */
function end(client: WebSocket, socket: Duplex, code: number, reason: string): void {
  client.close(
    code,
    Buffer.from(reason)
      .subarray(0, maxReasonBytes)
      .toString()
      .replace(/\uFFFD$/, ""),
  );
  const limit = setTimeout(() => client.terminate(), closingMs);
  socket.once("close", () => clearTimeout(limit));
}

const textHeaders = (text: string): Record<string, string> => ({
  ...(text !== "" && { "content-type": "text/plain; charset=utf-8" }),
  "content-length": String(Buffer.byteLength(text)),
});

/** Who is refused may keep a connection half open for ever, and the server would count and wait for it. */
function refuse(socket: Duplex, { status, text = "", headers }: Answer): void {
  const lines = Object.entries({ ...headers, ...textHeaders(text), connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const limit = setTimeout(() => socket.destroy(), closingMs);
  socket.once("close", () => clearTimeout(limit));
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`);
}

/** A transport that has no client of its own ends only when it is told to. */
export function serving(close: () => Promise<void>): Serving {
  return { ended: new Promise(() => {}), close };
}
