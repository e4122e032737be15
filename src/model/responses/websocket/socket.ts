import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";

/** The longest that an upgrade may take. Nobody waits for it. */
const handshakeMs = 15_000;
/** As for events of a stream. */
const maxMessageBytes = 256 * 1024 * 1024;

export interface SocketListener {
  message(text: string): void;
  /** Called once, and nothing after it. `tooLarge`: a message was larger than will be kept in memory. */
  closed(cause: string, tooLarge: boolean): void;
}

/** A WebSocket that stands. While nobody listens it keeps no process alive. */
export class OpenSocket {
  readonly #socket: WebSocket;
  readonly #connection: Socket | null;
  /** What the server said when it agreed. */
  readonly headers: IncomingMessage["headers"];
  #listener: SocketListener | null = null;
  #alive = true;

  constructor(socket: WebSocket, connection: Socket | null, headers: IncomingMessage["headers"]) {
    this.#socket = socket;
    this.#connection = connection;
    this.headers = headers;
    let fault: Error | null = null;
    socket.on("message", (data, binary) => {
      if (!binary) return this.#listener?.message(String(data));
      socket.terminate();
      this.#gone("unexpected binary websocket event", false);
    });
    socket.on("error", (error) => (fault = error));
    socket.on("close", (code, reason) => {
      const tooLarge = (fault as { code?: unknown } | null)?.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      if (fault !== null) return this.#gone(fault.message, tooLarge);
      const said = reason.length === 0 ? "" : `: ${String(reason).slice(0, 200)}`;
      this.#gone(`websocket closed by server before response.completed (code ${code}${said})`, false);
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get busy(): boolean {
    return this.#listener !== null;
  }

  /** Sends a text and listens to all that comes, until {@link release} or the end of the socket. */
  ask(text: string, listener: SocketListener): void {
    this.#listener = listener;
    this.#connection?.ref();
    this.#socket.send(text);
  }

  /** Nobody listens any more; the socket stays. */
  release(): void {
    this.#listener = null;
    this.#connection?.unref();
  }

  /** Ends the socket without a word to whoever listens. */
  drop(): void {
    this.#alive = false;
    this.#listener = null;
    this.#socket.terminate();
  }

  #gone(cause: string, tooLarge: boolean): void {
    if (!this.#alive) return;
    this.#alive = false;
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed(cause, tooLarge);
  }
}

/** The socket, or null where the server will have none. Never rejects; while it is on its way it keeps no process alive. */
export async function openSocket(url: URL, headers: Readonly<Record<string, string>>): Promise<OpenSocket | null> {
  const { WebSocket: Opened } = await import("ws");
  let connection: Socket | null = null;
  const finishRequest = (request: ClientRequest): void => {
    request.on("socket", (socket: Socket) => {
      connection = socket;
      socket.unref();
    });
    request.end();
  };
  return new Promise((resolve) => {
    // What the types do not know: whoever ends the request may look at it first.
    const options = {
      headers,
      handshakeTimeout: handshakeMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      finishRequest,
    };
    const socket = new Opened(url, options);
    let said: IncomingMessage["headers"] = {};
    const refused = (): void => resolve(null);
    socket.on("upgrade", (response) => (said = response.headers));
    // From then on the socket's own listeners hear of errors.
    socket.on("error", refused);
    socket.on("open", () => {
      socket.off("error", refused);
      resolve(new OpenSocket(socket, connection, said));
    });
  });
}
