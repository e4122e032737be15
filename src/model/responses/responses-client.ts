import type { ClientRequest, IncomingMessage } from "node:http";
import type { System } from "../../system/ports.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { ModelClient, ModelFailure, ModelRequest, ModelResult, StreamOptions } from "../model-client.ts";
import { backoffMs, retryAfterMs } from "../retry.ts";
import { EventTooLargeError, SseParser } from "../sse.ts";
import { disconnected, httpFailure } from "./failure.ts";
import { endedEarly, readResponseEvent } from "./read-stream.ts";
import { requestBody, turnMetadataHeader } from "./request-body.ts";
import { limitsOf } from "./account-headers.ts";

/** A credential for one request, and where it came from (named when it is refused). */
export interface Credential {
  reveal(): string;
  readonly source: string;
}

export interface ResponsesEndpoint {
  /** Without the trailing `/responses`. */
  baseUrl: string;
  queryParams: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  /** Asked before each request; null when the endpoint wants none. Throws an AgentError when it is missing. */
  credential(): Promise<Credential | null> | Credential | null;
  requestMaxRetries: number;
  streamMaxRetries: number;
  /** Silence after which a stream counts as broken. */
  streamIdleTimeoutMs: number;
  originator: string;
  userAgent: string;
}

/** Sent by a provider with a response, and back to it with the later requests of the same turn. */
/** A model that has no room says so to all that is sent again, too. */
const atLast = (failure: ModelFailure): ModelFailure =>
  failure.providerCode === "server_is_overloaded" ? { ...failure, retryable: false } : failure;

const turnStateHeader = "x-codex-turn-state";
/** How long the rest of a finished stream may take before its connection is given up. */
const drainMs = 1000;
const maxErrorBody = 64 * 1024;
const maxDelayMs = 60_000;

type Opened = ({ response: IncomingMessage } | { failure: ModelFailure }) & { key: string | null };

/** Shorter keys are stand-ins that local servers want, and likely parts of words. */
const shortestSecret = 8;

/** Some providers quote the key that they refuse. */
const withoutKey = (failure: ModelFailure, key: string | null): ModelFailure =>
  key === null || key.length < shortestSecret
    ? failure
    : { ...failure, message: failure.message.replaceAll(key, "[key]") };

/** The Responses API over HTTP and server-sent events, as Codex speaks it. */
export class ResponsesClient implements ModelClient {
  readonly streamMaxRetries: number;
  readonly #endpoint: ResponsesEndpoint;
  readonly #system: System;
  readonly #url: URL;
  /** What the provider asked to be reminded of while a turn lasts. */
  #turnState: { turnId: string; value: string } | null = null;

  constructor(endpoint: ResponsesEndpoint, system: System) {
    this.#endpoint = endpoint;
    this.#system = system;
    this.streamMaxRetries = endpoint.streamMaxRetries;
    this.#url = new URL(`${endpoint.baseUrl.replace(/\/+$/, "")}/responses`);
    for (const [name, value] of Object.entries(endpoint.queryParams)) this.#url.searchParams.set(name, value);
  }

  async stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult> {
    const body = Buffer.from(requestBody(request));
    const headers = this.#headers(request);
    for (let attempt = 1; ; attempt++) {
      options.signal.throwIfAborted();
      const opened = await this.#open(headers, body, options.signal);
      if ("response" in opened) {
        const value = header(opened.response, turnStateHeader);
        if (value !== undefined) this.#turnState = { turnId: request.identity.turnId, value };
        const said = (name: string): string | undefined => header(opened.response, name);
        const answered = { model: said("openai-model") ?? null, limits: limitsOf(said) };
        if (answered.model !== null || answered.limits !== null) options.onEvent({ type: "answered", ...answered });
        const result = await this.#read(opened.response, options);
        return result.type === "failed" ? { type: "failed", failure: withoutKey(result.failure, opened.key) } : result;
      }
      const failure = withoutKey(opened.failure, opened.key);
      // A limit with a date is told to the user by the stream loop; other faults of the server are tried again in silence.
      const silent = failure.retryable && failure.code !== "rate_limited";
      if (!silent || attempt > this.#endpoint.requestMaxRetries) return { type: "failed", failure: atLast(failure) };
      await this.#system.clock.sleep(failure.delayMs ?? backoffMs(attempt, this.#system.random), options.signal);
    }
  }

  #headers(request: ModelRequest): Record<string, string> {
    const { identity } = request;
    return {
      "x-codex-beta-features": "remote_compaction_v2",
      "x-codex-window-id": identity.windowId,
      "x-codex-turn-metadata": turnMetadataHeader(request),
      ...(identity.agent !== undefined && {
        "x-codex-parent-thread-id": identity.agent.parentThreadId,
        "x-openai-subagent": identity.agent.kind,
      }),
      ...(request.lite === true && { "x-openai-internal-codex-responses-lite": "true" }),
      "x-client-request-id": identity.threadId,
      "session-id": identity.sessionId,
      "thread-id": identity.threadId,
      accept: "text/event-stream",
      "content-type": "application/json",
      originator: this.#endpoint.originator,
      "user-agent": this.#endpoint.userAgent,
      ...(this.#turnState?.turnId === identity.turnId && { [turnStateHeader]: this.#turnState.value }),
      ...this.#endpoint.headers,
    };
  }

  async #open(headers: Record<string, string>, body: Buffer, signal: AbortSignal): Promise<Opened> {
    let credential: Credential | null;
    try {
      credential = await this.#endpoint.credential();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      return { failure: { code: error.code, message: error.message, retryable: false }, key: null };
    }
    const key = credential?.reveal() ?? null;
    const whole = {
      ...headers,
      ...(key !== null && { authorization: `Bearer ${key}` }),
      "content-length": String(body.length),
    };
    let response: IncomingMessage;
    try {
      response = await this.#send(whole, body, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { failure: this.#unreachable(error), key };
    }
    if (response.statusCode === 200) return { response, key };
    response.setTimeout(this.#endpoint.streamIdleTimeoutMs, () => response.destroy());
    const text = await readText(response, maxErrorBody, signal);
    const now = this.#system.clock.now();
    const asked = retryAfterMs((name) => header(response, name), now);
    return {
      failure: httpFailure({
        status: response.statusCode ?? 0,
        body: text,
        url: this.#shownUrl(),
        delayMs: asked === null ? null : Math.min(asked, maxDelayMs),
        keyName: credential?.source ?? null,
        now,
      }),
      key,
    };
  }

  async #send(headers: Record<string, string>, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
    const secure = this.#url.protocol === "https:";
    const http = secure ? await import("node:https") : await import("node:http");
    const { variables } = this.#system.environment;
    const proxied = proxyNames.some((name) => (variables[name] ?? "") !== "");
    // Only where a proxy is set: an agent of our own would give up the shared one's connections for nothing.
    const agent = proxied ? new http.Agent({ keepAlive: true, proxyEnv: variables }) : undefined;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = http.request(this.#url, {
        method: "POST",
        headers,
        signal,
        ...(agent && { agent }),
      });
      // Nothing but silence is limited: a model may think for long before its first byte.
      request.setTimeout(this.#endpoint.streamIdleTimeoutMs, () =>
        request.destroy(new Error("idle timeout waiting for SSE")),
      );
      request.on("response", (response) => {
        // From here on the reader of the stream watches.
        request.setTimeout(0);
        resolve(response);
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  #shownUrl(): string {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  #unreachable(error: unknown): ModelFailure {
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
      message: `stream disconnected before completion: error sending request for url (${this.#shownUrl()}): ${causes}`,
      retryable: true,
    };
  }

  #read(response: IncomingMessage, { signal, onEvent }: StreamOptions): Promise<ModelResult> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (finish: () => void): void => {
        if (settled) return;
        settled = true;
        clearTimeout(idle);
        signal.removeEventListener("abort", onAbort);
        finish();
      };
      const hangUp = (finish: () => void): void =>
        settle(() => {
          response.destroy();
          finish();
        });
      const fail = (failure: ModelFailure): void => hangUp(() => resolve({ type: "failed", failure }));
      const onAbort = (): void => hangUp(() => reject(signal.reason));
      const idle = setTimeout(
        () => fail(disconnected("idle timeout waiting for SSE")),
        this.#endpoint.streamIdleTimeoutMs,
      );
      const parser = new SseParser((event) => {
        if (settled) return;
        const end = readResponseEvent(event, onEvent);
        if (end === null) return;
        // The end of the body follows at once as a rule, and then the connection can serve the next request.
        setTimeout(() => response.destroy(), drainMs).unref();
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
        settle(() => resolve(this.#withoutEvents(response) ?? endedEarly()));
      });
      response.on("error", (error) => {
        guarded(() => parser.end());
        fail(disconnected(`Transport error: network error: ${error.message}`));
      });
    });
  }

  /** A page instead of a stream is no hiccup: asking again would bring the same page. */
  #withoutEvents(response: IncomingMessage): ModelResult | null {
    const type = header(response, "content-type") ?? "";
    if (type === "" || type.includes("event-stream") || type.includes("json") || type.includes("octet-stream"))
      return null;
    return {
      type: "failed",
      failure: {
        code: "bad_request",
        message: `the provider answered with ${type.split(";")[0]} instead of an event stream, url: ${this.#shownUrl()}; check base_url`,
        retryable: false,
      },
    };
  }
}

const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];

function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readText(response: IncomingMessage, limit: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= limit) break;
    }
  } catch {
    if (signal.aborted) throw signal.reason;
  }
  response.destroy();
  return Buffer.concat(chunks).toString("utf8").slice(0, limit);
}
