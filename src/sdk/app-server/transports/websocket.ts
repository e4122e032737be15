/**
 * A server that is there already, behind a WebSocket: `ws://` and `wss://` addresses, and unix sockets. Node's own WebSocket reaches no unix
 * socket and reads without a bound, so that the upgrade is asked for with `node:http` and the frames are ours.
 */
import { createHash, randomBytes } from "node:crypto";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { withinTime } from "../../launch/within-time.ts";
import { AppServerConnectionError, type ConnectionEnd } from "../errors.ts";
import { encodeFrame, FrameReader, opcodes } from "./frames.ts";
import { hand, type OpenTransport, type Transport, type TransportHandlers } from "./transport.ts";

export interface WebSocketOptions {
  /** `ws:`, `wss:`, or `unix:` with the path of a socket. */
  url: string;
  headers: Readonly<Record<string, string>>;
  maxMessageBytes: number;
}

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const closeMs = 1000;
const bodyLength = 500;

export function webSocketTransport(options: WebSocketOptions): OpenTransport {
  return async (handlers, signal) => {
    const { socket, head } = await upgraded(options, signal);
    return new Peer(socket, head, options.maxMessageBytes, handlers);
  };
}

async function upgraded(
  { url, headers }: WebSocketOptions,
  signal: AbortSignal,
): Promise<{ socket: Duplex; head: Buffer }> {
  signal.throwIfAborted();
  const { request: open } = url.startsWith("wss:") ? await import("node:https") : await import("node:http");
  const key = randomBytes(16).toString("base64");
  const settings: RequestOptions = {
    ...placeOf(url),
    // Of its own: a pool would count the connection as busy for ever.
    agent: false,
    signal,
    headers: {
      ...headers,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": key,
    },
  };
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void => {
      reject(new AppServerConnectionError({ reason: `${shown(url)} ${why}` }, cause === undefined ? {} : { cause }));
    };
    const request: ClientRequest = open(settings);
    request.once("error", (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else failed(`cannot be reached (${error.code ?? error.message})`, error);
    });
    request.once("response", (response) => void refusal(response).then(failed));
    request.once("upgrade", (response, socket, head) => {
      const accept = createHash("sha1").update(`${key}${guid}`).digest("base64");
      if (response.headers["sec-websocket-accept"] === accept) return resolve({ socket, head });
      socket.destroy();
      failed("does not speak WebSocket");
    });
    request.end();
  });
}

/** Without what may be a secret. */
function shown(url: string): string {
  if (url.startsWith("unix:")) return url;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function placeOf(url: string): RequestOptions {
  if (url.startsWith("unix:"))
    return { socketPath: url.slice("unix:".length).replace(/^\/\/(?=\/)/, ""), path: "/", host: "localhost" };
  const { hostname, port, pathname, search } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), ...(port !== "" && { port }), path: `${pathname}${search}` };
}

async function refusal(response: IncomingMessage): Promise<string> {
  let body = "";
  try {
    for await (const chunk of response.setEncoding("utf8")) {
      body += chunk as string;
      if (body.length > bodyLength) break;
    }
  } catch {
    // Words that break off are told as far as they came.
  }
  const text = body.slice(0, bodyLength).trim();
  return `refused the connection with status ${response.statusCode}${text === "" ? "" : `: ${text}`}`;
}

class Peer implements Transport {
  readonly #socket: Duplex;
  readonly #handlers: TransportHandlers;
  readonly #gone: Promise<void>;
  #reason: string | null = null;
  #closing: Promise<void> | null = null;

  constructor(socket: Duplex, head: Buffer, maxBytes: number, handlers: TransportHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    const reader = new FrameReader(maxBytes);
    const read = (chunk: Buffer): void => {
      try {
        for (const { opcode, payload } of reader.read(chunk)) this.#take(opcode, payload);
      } catch (error) {
        this.#reason ??= `The app-server sent what is no WebSocket: ${(error as Error).message}`;
        socket.destroy();
      }
    };
    this.#gone = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on(
      "error",
      (error: NodeJS.ErrnoException) => (this.#reason ??= `The connection broke (${error.code ?? error.message})`),
    );
    socket.on("data", read);
    socket.once("end", () => socket.end());
    if (head.length > 0) queueMicrotask(() => read(head));
    void this.#gone.then(() => {
      const end: ConnectionEnd = {
        reason: this.#reason ?? "The app-server closed the connection",
        exitCode: null,
        signal: null,
        stderrTail: [],
      };
      handlers.onClose(end);
    });
  }

  send(message: object): Promise<void> {
    return this.#write(opcodes.text, Buffer.from(JSON.stringify(message), "utf8"));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  stderrTail(): readonly string[] {
    return [];
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.text) hand(payload.toString("utf8"), this.#handlers);
    else if (opcode === opcodes.ping) this.#write(opcodes.pong, payload).catch(() => {});
    else if (opcode === opcodes.close) {
      const said = payload.subarray(2).toString("utf8");
      this.#reason ??= `The app-server closed the connection${said === "" ? "" : `: ${said}`}`;
      this.#write(opcodes.close, payload.subarray(0, 2)).catch(() => {});
      // What is left to say is said; the server has no more to say, and need not be waited for.
      this.#socket.end(() => this.#socket.destroy());
    }
  }

  #write(opcode: number, payload: Buffer): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (!socket.writable) return reject(new Error("the connection is closed"));
      const gone = (): void => reject(new Error("the connection is closed"));
      socket.once("close", gone);
      socket.write(encodeFrame(opcode, payload), (error) => {
        socket.off("close", gone);
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }

  async #close(): Promise<void> {
    this.#reason ??= "The connection was closed";
    this.#write(opcodes.close, Buffer.from([0x03, 0xe8])).catch(() => {});
    if (
      (await withinTime(
        this.#gone.then(() => true),
        closeMs,
      )) === null
    )
      this.#socket.destroy();
    await this.#gone;
  }
}
