import type * as Http from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { watchSilence } from "../../system/late.ts";
import type { System } from "../../system/ports.ts";
import type { ModelFailure } from "../model-client.ts";
import { backoffMs } from "../retry.ts";
import { EventTooLargeError, type ServerSentEvent } from "../sse.ts";
import { AnswerParser } from "./answer-parser.ts";
import { disconnected, httpFailure } from "./failure.ts";
import { moduleFor } from "./modules.ts";
import { goesThroughProxy } from "./proxy.ts";
import { statedWait } from "./stated-wait.ts";

/** A credential for one request, and where it came from (named when it is refused). */
export interface Credential {
  reveal(): string;
  readonly source: string;
  /** Go with it, in place of what the endpoint has under the same names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where it is good, in place of the endpoint's base URL. */
  readonly baseUrl?: string;
  /** Another one in its place, where a server has refused it (401). Throws an AgentError where there is none. */
  renew?(): Promise<Credential>;
}

export interface Endpoint {
  /** Without the path of the call. */
  baseUrl: string;
  queryParams: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  /** Asked before each request; null when the endpoint wants none. Throws an AgentError when it is missing. */
  credential(): Promise<Credential | null> | Credential | null;
  requestMaxRetries: number;
  streamMaxRetries: number;
  /** Silence after which a stream counts as broken. */
  streamIdleTimeoutMs: number;
  /** After which a server that cannot be reached is given up; default: that of silence. */
  connectTimeoutMs?: number;
  /** The longest that a limit is waited for which says when it is lifted; absent: five minutes. */
  longestWaitMs?: number;
}

export type Opened = ({ response: IncomingMessage } | { failure: ModelFailure }) & {
  /** What was sent as a credential. */
  key: string | null;
};

export interface ReadOptions<End> {
  signal: AbortSignal;
  /** Gives the end of the stream when the event was it; a throw ends the stream and is passed on. */
  onEvent(event: ServerSentEvent): End | null;
  /** The body is at its end, and no event said so. */
  onClose(): End;
  /** What a stream that broke comes to. */
  failed(failure: ModelFailure): End;
}

/** How long the rest of a finished stream may take before its connection is given up. */
const drainMs = 1000;
const maxErrorBody = 64 * 1024;
/** Characters of a request's body. */
const shortBody = 64 * 1024;
const pieceBytes = 1024 * 1024;
/** What is waited for a limit where the configuration does not say. */
const longestWaitMs = 300_000;
/** Longer ones are told to the user, by the loop around the streams. */
const longestSilentMs = 5000;
/** Shorter keys are stand-ins that local servers want, and likely parts of words. */
const shortestSecret = 8;

/** Some providers quote the key that they refuse. */
export const withoutKey = (failure: ModelFailure, key: string | null): ModelFailure =>
  key === null || key.length < shortestSecret
    ? failure
    : { ...failure, message: failure.message.replaceAll(key, "[key]") };

/** A model that has no room says so to all that is sent again, too. */
const atLast = (failure: ModelFailure): ModelFailure =>
  failure.providerCode === "server_is_overloaded" ? { ...failure, retryable: false } : failure;

/** `POST`s to one URL whose answers are server-sent events. */
export class HttpChannel {
  readonly #endpoint: Endpoint;
  readonly #system: System;
  readonly #path: string;
  readonly #url: URL;
  /** Goes through the proxy that the environment names. */
  #proxied: Http.Agent | null = null;

  /** @param path of the call, with its slash */
  constructor(endpoint: Endpoint, path: string, system: System) {
    this.#endpoint = endpoint;
    this.#system = system;
    this.#path = path;
    this.#url = this.#urlBelow(endpoint.baseUrl);
  }

  #urlBelow(baseUrl: string): URL {
    const url = new URL(`${baseUrl.replace(/\/+$/, "")}${this.#path}`);
    for (const [name, value] of Object.entries(this.#endpoint.queryParams)) url.searchParams.set(name, value);
    return url;
  }

  /** Sends until the server takes the request on, or refuses it for good. `headersOf` gets the key of each try. */
  async open(
    body: string,
    headersOf: (key: string | null) => Record<string, string>,
    signal: AbortSignal,
  ): Promise<Opened> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      const opened = await this.#try(body, headersOf, signal);
      if ("response" in opened) return opened;
      const failure = withoutKey(opened.failure, opened.key);
      // A limit with a date is told to the user by the stream loop; other faults of the server are tried again in silence.
      const silent = failure.retryable && failure.code !== "rate_limited" && (failure.delayMs ?? 0) <= longestSilentMs;
      if (!silent || attempt > this.#endpoint.requestMaxRetries) return { failure: atLast(failure), key: opened.key };
      await this.#system.clock.sleep(failure.delayMs ?? backoffMs(attempt, this.#system.random), signal);
    }
  }

  async #try(
    body: string,
    headersOf: (key: string | null) => Record<string, string>,
    signal: AbortSignal,
  ): Promise<Opened> {
    let credential: Credential | null = null;
    try {
      credential = await unless(signal, this.#endpoint.credential());
      const opened = await this.#sendAs(credential, body, headersOf, signal);
      if (credential?.renew === undefined || !("failure" in opened) || opened.failure.httpStatus !== 401) return opened;
      credential = await unless(signal, credential.renew());
      return await this.#sendAs(credential, body, headersOf, signal);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      const retryable = error.code === "connection_failed";
      return { failure: { code: error.code, message: error.message, retryable }, key: credential?.reveal() ?? null };
    }
  }

  async #sendAs(
    credential: Credential | null,
    body: string,
    headersOf: (key: string | null) => Record<string, string>,
    signal: AbortSignal,
  ): Promise<Opened> {
    const key = credential?.reveal() ?? null;
    const url = credential?.baseUrl === undefined ? this.#url : this.#urlBelow(credential.baseUrl);
    const headers = { ...headersOf(key), ...credential?.headers, "content-length": String(Buffer.byteLength(body)) };
    let response: IncomingMessage;
    try {
      response = await this.#send(url, headers, body, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { failure: unreachable(error, url), key };
    }
    if (response.statusCode === 200) return { response, key };
    response.setTimeout(this.#endpoint.streamIdleTimeoutMs, () => response.destroy());
    const text = await readText(response, maxErrorBody, signal);
    const now = this.#system.clock.now();
    const status = response.statusCode ?? 0;
    return {
      failure: httpFailure({
        status,
        body: text,
        url: shown(url),
        waitMs: statedWait({ status, header: (name) => headerOf(response, name), body: text, now }),
        longestWaitMs: this.#endpoint.longestWaitMs ?? longestWaitMs,
        keyName: credential?.source ?? null,
        now,
      }),
      key,
    };
  }

  async #send(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const http = await moduleFor(url.protocol);
    const { variables } = this.#system.environment;
    // Only where a proxy is set: an agent of our own would give up the shared one's connections for nothing.
    if (goesThroughProxy(variables)) this.#proxied ??= new http.Agent({ keepAlive: true, proxyEnv: variables });
    const agent = this.#proxied;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = http.request(url, { method: "POST", headers, ...(agent !== null && { agent }) });
      // Node's own `signal` and `setTimeout` of a request cost a sixth of all that a short one takes.
      const onAbort = (): void => void request.destroy();
      signal.addEventListener("abort", onAbort, { once: true });
      // Nothing but silence is limited: a model may think for long before its first byte.
      const silence = watchSilence(this.#endpoint.streamIdleTimeoutMs, () =>
        request.destroy(new Error("idle timeout waiting for SSE")),
      );
      const watchNoMore = (): void => {
        silence.stop();
        signal.removeEventListener("abort", onAbort);
      };
      let answered = false;
      request.on("response", (response) => {
        // From here on the reader of the stream watches.
        answered = true;
        watchNoMore();
        resolve(response);
      });
      const { connectTimeoutMs } = this.#endpoint;
      if (connectTimeoutMs !== undefined) limitConnecting(request, connectTimeoutMs);
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (answered) return;
        watchNoMore();
        // The server closed a connection that it had kept while this was on its way: nobody has read it.
        const isStale = request.reusedSocket && error.code === "ECONNRESET" && !signal.aborted;
        if (isStale) resolve(this.#send(url, headers, body, signal));
        else reject(error);
      });
      // A short text goes out in one piece with its head; of a long one that would be a copy.
      if (body.length < shortBody) request.end(body);
      else sendSlowly(request, Buffer.from(body), () => silence.refresh());
    });
  }

  /** Reads an answer to its end. Rejects with the signal's reason, or with what `onEvent` threw. */
  read<End>(response: IncomingMessage, { signal, onEvent, onClose, failed }: ReadOptions<End>): Promise<End> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (finish: () => void): void => {
        if (settled) return;
        settled = true;
        idle.stop();
        signal.removeEventListener("abort", onAbort);
        finish();
      };
      const hangUp = (finish: () => void): void =>
        settle(() => {
          response.destroy();
          finish();
        });
      const fail = (failure: ModelFailure): void =>
        hangUp(() => {
          try {
            resolve(failed(failure));
          } catch (error) {
            reject(error);
          }
        });
      const onAbort = (): void => hangUp(() => reject(signal.reason));
      const onSilence = (): void => {
        // Who reads holds the server back, which is not silent then.
        if (response.isPaused()) return void idle.refresh();
        fail(disconnected("idle timeout waiting for SSE"));
      };
      const idle = watchSilence(this.#endpoint.streamIdleTimeoutMs, onSilence);
      const parser = new AnswerParser((event) => {
        if (settled) return;
        const end = onEvent(event);
        if (end === null) return;
        // The end of the body follows at once as a rule, and then the connection can serve the next request.
        const drain = setTimeout(() => response.destroy(), drainMs).unref();
        // Many short answers would each be held until then.
        response.once("close", () => clearTimeout(drain));
        settle(() => resolve(end));
      });
      const guarded = (step: () => void): void => {
        try {
          step();
        } catch (error) {
          if (error instanceof EventTooLargeError)
            fail({ code: "stream_disconnected", message: error.message, retryable: false });
          else hangUp(() => reject(error));
        }
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      response.on("data", (chunk: Buffer) => {
        if (settled) return;
        idle.refresh();
        guarded(() => parser.push(chunk));
      });
      response.on("end", () => {
        guarded(() => parser.end());
        if (settled) return;
        const failure = this.#withoutEvents(response);
        guarded(() => {
          const end = failure === null ? onClose() : failed(failure);
          settle(() => resolve(end));
        });
      });
      response.on("error", (error) => {
        guarded(() => parser.end());
        fail(disconnected(`Transport error: network error: ${error.message}`));
      });
    });
  }

  /** A page instead of a stream is no hiccup: asking again would bring the same page. */
  #withoutEvents(response: IncomingMessage): ModelFailure | null {
    const type = headerOf(response, "content-type") ?? "";
    if (type === "" || type.includes("event-stream") || type.includes("json") || type.includes("octet-stream"))
      return null;
    return {
      code: "bad_request",
      message: `the provider answered with ${type.split(";")[0]} instead of an event stream, url: ${shown(this.#url)}; check base_url`,
      retryable: false,
    };
  }
}

/** Sends piece by piece, and tells of each that was taken: a connection may be slower than a limit of silence allows for the whole. */
function sendSlowly(request: ClientRequest, body: Buffer, onProgress: () => void): void {
  let sent = 0;
  const send = (): void => {
    while (sent < body.length) {
      const piece = body.subarray(sent, sent + pieceBytes);
      sent += piece.length;
      if (!request.write(piece)) return;
    }
    request.end();
  };
  request.on("drain", () => {
    onProgress();
    send();
  });
  send();
}

function limitConnecting(request: ClientRequest, limitMs: number): void {
  request.on("socket", (socket) => {
    if (!socket.connecting) return;
    const late = (): unknown => request.destroy(new Error(`no connection within ${limitMs} ms`));
    const limit = setTimeout(late, limitMs);
    for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(limit));
  });
}

/** A URL without its query, which may hold a key. */
export const shown = (url: URL): string => `${url.origin}${url.pathname}`;

function unreachable(error: unknown, url: URL): ModelFailure {
  const causes = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : messageOf(error);
  if (causes.includes("idle timeout")) return disconnected("idle timeout waiting for SSE");
  if ((error as { code?: unknown }).code === "ERR_INVALID_CHAR") {
    return {
      code: "config",
      message: `the request cannot be sent: ${causes}; check the key and http_headers of the provider`,
      retryable: false,
    };
  }
  return {
    code: "connection_failed",
    message: `stream disconnected before completion: error sending request for url (${shown(url)}): ${causes}`,
    retryable: true,
  };
}

/** What is waited for goes on, but nobody waits any more once the signal is aborted. */
async function unless<Value>(signal: AbortSignal, value: Promise<Value> | Value): Promise<Value> {
  if (!(value instanceof Promise)) return value;
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

export function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readText(response: IncomingMessage, limit: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const onAbort = (): void => void response.destroy();
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= limit) break;
    }
  } catch {
    // What has come of it is what there is to say.
  }
  signal.removeEventListener("abort", onAbort);
  signal.throwIfAborted();
  response.destroy();
  return Buffer.concat(chunks).toString("utf8").slice(0, limit);
}
