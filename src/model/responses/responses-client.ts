import { headerOf, HttpChannel, withoutKey, type Endpoint } from "../http/channel.ts";
import type { ModelClient, ModelRequest, ModelResult, StreamOptions } from "../model-client.ts";
import type { System } from "../../system/ports.ts";
import { limitsOf } from "./account-headers.ts";
import { endedEarly, readResponseEvent } from "./read-stream.ts";
import { requestBody, turnMetadataHeader } from "./request-body.ts";

export interface ResponsesEndpoint extends Endpoint {
  originator: string;
  userAgent: string;
}

/** Sent by a provider with a response, and back to it with the later requests of the same turn. */
const turnStateHeader = "x-codex-turn-state";

/** The Responses API over HTTP and server-sent events, as Codex speaks it. */
export class ResponsesClient implements ModelClient {
  readonly streamMaxRetries: number;
  readonly #endpoint: ResponsesEndpoint;
  readonly #channel: HttpChannel;
  /** What the provider asked to be reminded of while a turn lasts. */
  #turnState: { turnId: string; value: string } | null = null;

  constructor(endpoint: ResponsesEndpoint, system: System) {
    this.#endpoint = endpoint;
    this.#channel = new HttpChannel(endpoint, "/responses", system);
    this.streamMaxRetries = endpoint.streamMaxRetries;
  }

  async stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult> {
    const headers = this.#headers(request);
    const opened = await this.#channel.open(
      Buffer.from(requestBody(request)),
      (key) => ({ ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) }),
      options.signal,
    );
    if ("failure" in opened) return { type: "failed", failure: opened.failure };
    const { response, key } = opened;
    const value = headerOf(response, turnStateHeader);
    if (value !== undefined) this.#turnState = { turnId: request.identity.turnId, value };
    const said = (name: string): string | undefined => headerOf(response, name);
    const answered = { model: said("openai-model") ?? null, limits: limitsOf(said) };
    if (answered.model !== null || answered.limits !== null) options.onEvent({ type: "answered", ...answered });
    const result = await this.#channel.read<ModelResult>(response, {
      signal: options.signal,
      onEvent: (event) => readResponseEvent(event, options.onEvent),
      onClose: endedEarly,
      failed: (failure) => ({ type: "failed", failure }),
    });
    return result.type === "failed" ? { type: "failed", failure: withoutKey(result.failure, key) } : result;
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
}
