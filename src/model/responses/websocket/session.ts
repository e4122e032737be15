import { shown, withoutKey, type Credential, type Endpoint } from "../../http/channel.ts";
import { disconnected } from "../../http/failure.ts";
import type { ModelFailure, ModelResult, StreamOptions } from "../../model-client.ts";
import type { ResponseItem } from "../../../protocol/response-items.ts";
import { wellFormedJson } from "../../../protocol/well-formed-json.ts";
import { watchSilence } from "../../../system/late.ts";
import type { System } from "../../../system/ports.ts";
import { readResponseEvent } from "../read-stream.ts";
import { newItems, standingAfter, type RequestFields, type Standing } from "./increment.ts";
import { readAside } from "./message.ts";
import { openSocket, type OpenSocket } from "./socket.ts";

/** The version of the protocol that is spoken. */
const beta = "responses_websockets=2026-02-06";
/** After that many sockets in a row that broke in an answer there are no more. */
const mostBreaks = 2;
/** A socket that nobody uses for so long is given up: its thread may be gone. */
const idleMs = 5 * 60_000;
const longestWaitMs = 300_000;

/** What a request over the socket is made of. */
export interface SocketRequest {
  /** As for `POST /responses`. */
  readonly fields: RequestFields;
  /** An item of a response as later requests hold it. */
  echoed(item: ResponseItem): ResponseItem;
}

/**
 * A thread's socket to a provider, where it will have one. Nobody waits for it: requests go their usual way until it stands, and again
 * when it is gone. A request that goes on from the last response sends what is new.
 */
export class SocketSession {
  readonly #endpoint: Endpoint;
  readonly #system: System;
  #socket: OpenSocket | null = null;
  #credential: Credential | null = null;
  #standing: Standing | null = null;
  #connecting = false;
  #refused = false;
  #breaks = 0;
  #idle: NodeJS.Timeout | null = null;

  constructor(endpoint: Endpoint, system: System) {
    this.#endpoint = endpoint;
    this.#system = system;
  }

  get ready(): boolean {
    return this.#socket !== null && this.#socket.alive && !this.#socket.busy;
  }

  /** Whether requests would still go out with the credential that the socket was opened with; else it is given up. */
  async holds(): Promise<boolean> {
    const opened = this.#credential?.reveal() ?? null;
    try {
      const now = await this.#endpoint.credential();
      if ((now?.reveal() ?? null) === opened) return true;
    } catch {
      // A request tells what is wrong with it.
    }
    if (this.#socket?.busy === false) this.#socket.drop();
    return false;
  }

  /** What the server said when the socket was opened. */
  said(name: string): string | undefined {
    const value = this.#socket?.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Has a socket opened, unless there is one or the server will have none. Never rejects. */
  async raise(headers: Readonly<Record<string, string>>): Promise<void> {
    if (this.#connecting || this.#refused || this.#socket?.alive === true) return;
    this.#connecting = true;
    try {
      const credential = await this.#endpoint.credential();
      const authorization = credential === null ? {} : { authorization: `Bearer ${credential.reveal()}` };
      const all = { "openai-beta": beta, ...headers, ...authorization, ...credential?.headers };
      this.#socket = await openSocket(this.#urlBelow(credential?.baseUrl ?? this.#endpoint.baseUrl), all);
      this.#credential = credential;
      this.#standing = null;
      this.#refused = this.#socket === null;
      this.#watchIdle();
    } catch {
      // A request tells what is wrong with the key or the address.
      this.#refused = true;
    } finally {
      this.#connecting = false;
    }
  }

  /** One response. Null: nothing came of it, and the request has to go another way. Rejects as `ModelClient.stream`. */
  ask({ fields, echoed }: SocketRequest, { signal, onEvent }: StreamOptions): Promise<ModelResult | null> {
    const socket = this.#socket!;
    if (this.#idle !== null) clearTimeout(this.#idle);
    const fresh = newItems(this.#standing, fields);
    const previous = fresh === null ? {} : { previous_response_id: this.#standing!.responseId };
    const { model, stream, ...rest } = fields;
    const text = wellFormedJson({
      type: "response.create",
      model,
      stream,
      ...previous,
      ...rest,
      input: fresh ?? fields.input,
    });
    this.#standing = null;
    return new Promise((resolve, reject) => {
      let begun = false;
      const output: ResponseItem[] = [];
      const settle = (finish: () => void, keep: boolean): void => {
        silence.stop();
        signal.removeEventListener("abort", onAbort);
        if (keep) socket.release();
        else socket.drop();
        if (keep) this.#watchIdle();
        finish();
      };
      const fail = (failure: ModelFailure): void =>
        settle(
          () => resolve({ type: "failed", failure: withoutKey(failure, this.#credential?.reveal() ?? null) }),
          false,
        );
      const elsewhere = (): void => settle(() => resolve(null), false);
      const onAbort = (): void => settle(() => reject(signal.reason), false);
      const silence = watchSilence(this.#endpoint.streamIdleTimeoutMs, () =>
        fail(disconnected("idle timeout waiting for websocket")),
      );
      const onMessage = (message: string): void => {
        const aside = readAside(message, () => ({
          url: shown(this.#urlBelow(this.#credential?.baseUrl ?? this.#endpoint.baseUrl)),
          keyName: this.#credential?.source ?? null,
          now: this.#system.clock.now(),
          longestWaitMs: this.#endpoint.longestWaitMs ?? longestWaitMs,
        }));
        if (aside?.type === "limits") return onEvent({ type: "answered", model: null, limits: aside.limits });
        if (aside?.type === "elsewhere" && !begun) return elsewhere();
        if (aside?.type === "elsewhere") return fail({ ...disconnected("the server ended the socket"), quiet: true });
        if (aside?.type === "failed") {
          const { retryable, delayMs, httpStatus } = aside.failure;
          if (httpStatus === 401 && this.#credential?.renew !== undefined && !begun) return elsewhere();
          return retryable && delayMs === undefined && !begun ? elsewhere() : fail(aside.failure);
        }
        const result = readResponseEvent({ event: "", data: message }, (event) => {
          begun = true;
          if (event.type === "item.done") output.push(echoed(event.item));
          onEvent(event);
        });
        if (result === null) return;
        if (result.type === "failed") return fail({ ...result.failure, quiet: true });
        this.#breaks = 0;
        this.#standing = standingAfter(fields, output, result.responseId);
        settle(() => resolve(result), true);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      socket.ask(text, {
        message: (message) => {
          silence.refresh();
          try {
            onMessage(message);
          } catch (error) {
            settle(() => reject(error), false);
          }
        },
        closed: (cause, tooLarge) => {
          if (tooLarge)
            return fail({ code: "stream_disconnected", message: `an event is too large: ${cause}`, retryable: false });
          if (begun && ++this.#breaks >= mostBreaks) this.#refused = true;
          if (begun) fail({ ...disconnected(cause), quiet: true });
          else elsewhere();
        },
      });
    });
  }

  #urlBelow(baseUrl: string): URL {
    const url = new URL(`${baseUrl.replace(/\/+$/, "")}/responses`);
    for (const [name, value] of Object.entries(this.#endpoint.queryParams)) url.searchParams.set(name, value);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  #watchIdle(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#socket?.drop(), idleMs).unref();
  }
}
