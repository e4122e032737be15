/** JSON-RPC over one transport: what was asked finds its answer, and what the server tells or asks finds whoever listens. */
import type { ErrorBody, NotificationMessage, RequestId } from "../../../protocol/codex-0.169/app-server/messages.ts";
import { AbortError } from "../../errors.ts";
import { AppServerConnectionError, RequestTimeoutError, rpcFailure, type ConnectionEnd } from "../errors.ts";
import type { OpenTransport, Transport } from "../transports/transport.ts";

export interface RequestOptions {
  /** Gives up on the answer; the server may still do what was asked. */
  signal?: AbortSignal | undefined;
  /** Milliseconds; null: no limit. Default: the client's `requestTimeoutMs`. */
  timeoutMs?: number | null | undefined;
}

export interface SentOptions extends RequestOptions {
  /** Called with the result before anything that came after it is looked at; a promise is told later than that. */
  onResult?: ((result: unknown) => void) | undefined;
}

export interface ServerRequest {
  id: RequestId;
  method: string;
  params: unknown;
}

export interface ConnectionHandlers {
  onNotification(message: NotificationMessage): void;
  /** To be answered with {@link Connection.respond}, once. */
  onRequest(request: ServerRequest, from: Connection): void;
  /** Something came that is no message. */
  onProtocolError(problem: string, excerpt: string): void;
  onEnd(error: AppServerConnectionError): void;
}

/** What came and was of no use, counted. */
export interface ConnectionCounters {
  malformed: number;
  unknownResponses: number;
  ignoredRequests: number;
}

interface Pending {
  settle(): void;
  resolve(result: unknown): void;
  reject(error: Error): void;
  method: string;
  session: string | null;
}

export class Connection {
  readonly counters: ConnectionCounters = { malformed: 0, unknownResponses: 0, ignoredRequests: 0 };
  serverVersion: string | null = null;
  readonly #handlers: ConnectionHandlers;
  readonly #pending = new Map<number, Pending>();
  #transport!: Transport;
  #nextId = 1;
  #end: AppServerConnectionError | null = null;

  private constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
  }

  static async open(open: OpenTransport, handlers: ConnectionHandlers, signal: AbortSignal): Promise<Connection> {
    const connection = new Connection(handlers);
    connection.#transport = await open(
      {
        onMessage: (message) => connection.#receive(message),
        onMalformed: (excerpt) => connection.#malformed("what came is not JSON", excerpt),
        onClose: (end) => connection.#ended(end),
      },
      signal,
    );
    return connection;
  }

  /** Requests that wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Set once the connection is over. */
  get end(): AppServerConnectionError | null {
    return this.#end;
  }

  stderrTail(): readonly string[] {
    return this.#transport.stderrTail();
  }

  request(method: string, params: unknown, { signal, timeoutMs, onResult }: SentOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(new AbortError(method, signal.reason, method));
      if (this.#end !== null) return reject(this.#end);
      const id = this.#nextId++;
      const give = (error: Error): void => {
        entry.settle();
        reject(error);
      };
      const aborted = (): void => give(new AbortError(method, signal?.reason, method));
      const timer =
        typeof timeoutMs === "number"
          ? setTimeout(() => give(new RequestTimeoutError(method, timeoutMs)), timeoutMs)
          : undefined;
      const entry: Pending = {
        settle: () => {
          this.#pending.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener("abort", aborted);
        },
        resolve: (result) => {
          onResult?.(result);
          resolve(result);
        },
        reject,
        method,
        session: threadOf(params),
      };
      signal?.addEventListener("abort", aborted, { once: true });
      this.#pending.set(id, entry);
      // One that has a place among those that wait and cannot be sent is over at once.
      this.#send({ jsonrpc: "2.0", id, method, ...(params !== undefined && { params }) }).catch((error: unknown) => {
        if (this.#pending.has(id)) give(this.#broken(error, method));
      });
    });
  }

  async notify(method: string, params?: unknown): Promise<void> {
    if (this.#end !== null) throw this.#end;
    try {
      await this.#send({ jsonrpc: "2.0", method, ...(params !== undefined && { params }) });
    } catch (error) {
      throw this.#broken(error, method);
    }
  }

  /** Never throws: whether anybody still waits for the answer is not for the one who gives it. */
  respond(id: RequestId, answer: { result: unknown } | { error: ErrorBody }): void {
    if (this.#end === null) this.#send({ jsonrpc: "2.0", id, ...answer }).catch(() => {});
  }

  async close(): Promise<void> {
    this.#end ??= new AppServerConnectionError({ reason: "The client is closed" }, { code: "closed" });
    this.#rejectAll(this.#end);
    await this.#transport.close();
  }

  async #send(message: object): Promise<void> {
    await this.#transport.send(message);
  }

  #broken(cause: unknown, method: string): AppServerConnectionError {
    if (this.#end !== null) return this.#end;
    const reason = `${method} could not be sent: ${cause instanceof Error ? cause.message : String(cause)}`;
    return new AppServerConnectionError({ reason, stderrTail: this.#transport.stderrTail() }, { cause, method });
  }

  #receive(message: unknown): void {
    if (typeof message !== "object" || message === null || Array.isArray(message))
      return this.#malformed("what came is no object", excerptOf(message));
    const { id, method, params, error } = message as Record<string, unknown>;
    if (typeof method === "string") {
      if (!("id" in message)) return this.#handlers.onNotification(message as NotificationMessage);
      if (typeof id === "string" || Number.isInteger(id))
        return this.#handlers.onRequest({ id: id as RequestId, method, params }, this);
      this.counters.ignoredRequests++;
      return this.#handlers.onProtocolError("a request has an id that is none", excerptOf(message));
    }
    if (!("result" in message) && error === undefined)
      return this.#malformed("what came is neither a request, an answer nor a notification", excerptOf(message));
    const entry = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (entry === undefined) {
      this.counters.unknownResponses++;
      return;
    }
    entry.settle();
    if (error === undefined || error === null) return entry.resolve((message as { result?: unknown }).result);
    const { serverVersion } = this;
    entry.reject(rpcFailure(entry.method, errorBody(error), { serverVersion, session: entry.session }));
  }

  #malformed(problem: string, excerpt: string): void {
    this.counters.malformed++;
    this.#handlers.onProtocolError(problem, excerpt);
  }

  #ended(end: ConnectionEnd): void {
    if (this.#end !== null) return;
    this.#end = new AppServerConnectionError(end);
    this.#rejectAll(this.#end);
    this.#handlers.onEnd(this.#end);
  }

  #rejectAll(error: Error): void {
    for (const entry of this.#pending.values()) {
      entry.settle();
      entry.reject(error);
    }
  }
}

function threadOf(params: unknown): string | null {
  const id: unknown =
    typeof params === "object" && params !== null ? (params as Record<string, unknown>)["threadId"] : null;
  return typeof id === "string" ? id : null;
}

function errorBody(error: unknown): ErrorBody {
  const { code, message, data } = (typeof error === "object" ? error : {}) as Record<string, unknown>;
  return {
    code: typeof code === "number" ? code : -32603,
    message: typeof message === "string" ? message : "the server gave no message",
    data,
  };
}

const excerptOf = (message: unknown): string => (JSON.stringify(message) ?? String(message)).slice(0, 2048);
