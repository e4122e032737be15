/** One client's connection over time: made when it is needed, once for all who ask, and made anew where that was asked for. */
import type { ResultOf } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { setTimeout as delay } from "node:timers/promises";
import { CodexSdkError } from "../../errors.ts";
import { AppServerConnectionError } from "../errors.ts";
import type { OpenTransport } from "../transports/transport.ts";
import { Connection, type ConnectionHandlers } from "./connection.ts";

export interface ReconnectOptions {
  /** How often a connection that broke is tried to be made again before that is given up. */
  attempts: number;
  /** Milliseconds before the first attempt; doubled for each further one. Default 200. */
  backoffMs?: number | undefined;
  /** Default 5000. */
  maxBackoffMs?: number | undefined;
}

export interface LinkOptions {
  /** How to reach the server; asked at each attempt, so that a program that is missing shows with the first use. */
  transport: () => OpenTransport;
  initialize: Record<string, unknown>;
  connectTimeoutMs: number;
  reconnect: ReconnectOptions | null;
}

export interface LinkHandlers extends Omit<ConnectionHandlers, "onEnd"> {
  /** The connection is over. `final`: no attempt will be made to have another one. */
  onEnd(error: AppServerConnectionError, final: boolean): void;
  /** There is a connection again; it is used by others once this has resolved. */
  onReconnected(connection: Connection): Promise<void>;
}

export type ServerInfo = ResultOf<"initialize">;

export class Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #stop = new AbortController();
  #attempt: Promise<Connection> | null = null;
  #connection: Connection | null = null;
  #over: AppServerConnectionError | null = null;
  #closing: Promise<void> | null = null;
  /** One that breaks while it is made anew is an attempt that failed, and no break of its own. */
  #restarting = false;
  info: ServerInfo | null = null;

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** The one that is or was there; null before the first. */
  get current(): Connection | null {
    return this.#connection;
  }

  get over(): AppServerConnectionError | null {
    return this.#over;
  }

  /** A connection on which the handshake is done. All who ask while it is made get the same; after one that failed there is another try. */
  async connect(): Promise<Connection> {
    if (this.#over !== null) throw this.#over;
    if (this.#attempt === null) {
      const attempt = this.#connected();
      this.#attempt = attempt;
      attempt.catch(() => {
        if (this.#attempt === attempt) this.#attempt = null;
      });
    }
    return this.#attempt;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#over ??= new AppServerConnectionError({ reason: "The client is closed" }, { code: "closed" });
    this.#stop.abort(this.#over);
    const connection = this.#connection ?? (await this.#attempt?.catch(() => null)) ?? null;
    await connection?.close();
    await this.#attempt?.catch(() => {});
  }

  async #connected(): Promise<Connection> {
    const { connectTimeoutMs, initialize } = this.#options;
    const late = AbortSignal.timeout(connectTimeoutMs);
    const signal = AbortSignal.any([this.#stop.signal, late]);
    let mine: Connection | null = null;
    try {
      const connection = await Connection.open(
        this.#options.transport(),
        {
          onNotification: (message) => this.#handlers.onNotification(message),
          onRequest: (request, from) => this.#handlers.onRequest(request, from),
          onProtocolError: (problem, excerpt) => this.#handlers.onProtocolError(problem, excerpt),
          onEnd: (error) => {
            if (mine !== null && mine === this.#connection) this.#broke(error);
          },
        },
        signal,
      );
      mine = connection;
      const info = (await connection.request("initialize", initialize, { signal })) as ServerInfo;
      connection.serverVersion = info.userAgent ?? null;
      await connection.notify("initialized");
      if (connection.end !== null) throw connection.end;
      this.info = info;
      this.#connection = connection;
      return connection;
    } catch (error) {
      const stderrTail = mine?.stderrTail() ?? [];
      await mine?.close();
      throw this.#failure(error, late.aborted, mine?.stderrTail() ?? stderrTail);
    }
  }

  #failure(error: unknown, late: boolean, stderrTail: readonly string[]): Error {
    if (this.#over !== null) return this.#over;
    if (late) {
      const reason = `The app-server was not ready within ${this.#options.connectTimeoutMs} ms`;
      return new AppServerConnectionError({ reason, stderrTail }, { cause: error });
    }
    if (error instanceof AppServerConnectionError || (error instanceof CodexSdkError && stderrTail.length === 0))
      return error;
    const reason = `The app-server refused the handshake: ${error instanceof Error ? error.message : String(error)}`;
    return new AppServerConnectionError({ reason, stderrTail }, { cause: error });
  }

  #broke(end: AppServerConnectionError): void {
    const { reconnect } = this.#options;
    if (this.#over !== null || this.#restarting) return;
    if (reconnect === null || reconnect.attempts < 1) {
      this.#over = end;
      this.#handlers.onEnd(end, true);
      return;
    }
    this.#restarting = true;
    this.#attempt = this.#restarted(end, reconnect);
    // Who asks for a connection is told; nobody may.
    this.#attempt.catch(() => {});
    this.#handlers.onEnd(end, false);
  }

  async #restarted(broken: AppServerConnectionError, options: ReconnectOptions): Promise<Connection> {
    try {
      return await this.#again(broken, options);
    } finally {
      this.#restarting = false;
    }
  }

  async #again(broken: AppServerConnectionError, options: ReconnectOptions): Promise<Connection> {
    const { attempts, backoffMs = 200, maxBackoffMs = 5000 } = options;
    let last: unknown = broken;
    for (let round = 0; round < attempts; round++) {
      await delay(Math.min(backoffMs * 2 ** round, maxBackoffMs), undefined, { signal: this.#stop.signal }).catch(
        () => {},
      );
      if (this.#over !== null) throw this.#over;
      try {
        const connection = await this.#connected();
        await this.#handlers.onReconnected(connection);
        if (connection.end === null) return connection;
        last = connection.end;
      } catch (error) {
        last = error;
      }
    }
    const reason = `${broken.reason}, and could not be started again in ${attempts} attempts`;
    const { exitCode, signal, stderrTail } = broken;
    this.#over ??= new AppServerConnectionError({ reason, exitCode, signal, stderrTail }, { cause: last });
    this.#handlers.onEnd(this.#over, true);
    throw this.#over;
  }
}
