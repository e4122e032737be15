import { headerOf, HttpChannel, withoutKey, type Endpoint } from "../http/channel.ts";
import { behindProxy } from "../http/proxy.ts";
import type { ModelClient, ModelRequest, ModelResult, StreamOptions } from "../model-client.ts";
import { isToolCall } from "../../protocol/response-items.ts";
import type { System } from "../../system/ports.ts";
import { limitsOf } from "./account-headers.ts";
import { endedEarly, readResponseEvent } from "./read-stream.ts";
import { echoed, requestBody, requestFields, turnMetadataHeader } from "./request-body.ts";
import type { SocketSession } from "./websocket/session.ts";

export interface ResponsesEndpoint extends Endpoint {
  originator: string;
  userAgent: string;
  /** The provider may be spoken to over a WebSocket, too. */
  websocket?: boolean;
}

/** Sent by a provider with a response, and back to it with the later requests of the same turn. */
const turnStateHeader = "x-codex-turn-state";

const liteHeader = "x-openai-internal-codex-responses-lite";

/** The Responses API over HTTP and server-sent events, as Codex speaks it. */
export class ResponsesClient implements ModelClient {
  readonly streamMaxRetries: number;
  readonly #endpoint: ResponsesEndpoint;
  readonly #system: System;
  readonly #channel: HttpChannel;
  /** What the provider asked to be reminded of while a turn lasts. */
  #turnState: { turnId: string; value: string } | null = null;
  #answered = false;
  /** Null as long as there was no use for one. */
  #session: SocketSession | null = null;

  constructor(endpoint: ResponsesEndpoint, system: System) {
    this.#endpoint = endpoint;
    this.#system = system;
    this.#channel = new HttpChannel(endpoint, "/responses", system);
    this.streamMaxRetries = endpoint.streamMaxRetries;
  }

  async stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult> {
    const session = this.#session;
    if (session?.ready === true && (await session.holds()) && session.ready) {
      const result = await this.#askSocket(session, request, options);
      if (result !== null) return result;
    }
    const headers = this.#headers(request);
    const opened = await this.#channel.open(
      requestBody(request),
      (key) => ({ ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) }),
      options.signal,
    );
    if ("failure" in opened) return { type: "failed", failure: opened.failure };
    const { response, key } = opened;
    // Beside an answer that another request follows: no request waits for it, and a single one has no use for it.
    let raised = this.#endpoint.websocket !== true;
    const raise = (): void => {
      if (!raised) void this.#raiseSocket(request);
      raised = true;
    };
    if (this.#answered) raise();
    this.#answered = true;
    this.#keepTurnState(request, headerOf(response, turnStateHeader));
    const said = (name: string): string | undefined => headerOf(response, name);
    const answered = { model: said("openai-model") ?? null, limits: limitsOf(said) };
    if (answered.model !== null || answered.limits !== null) options.onEvent({ type: "answered", ...answered });
    const result = await this.#channel.read<ModelResult>(response, {
      signal: options.signal,
      onEvent: (event) =>
        readResponseEvent(event, (told) => {
          if (!raised && told.type === "item.done" && isToolCall(told.item)) raise();
          options.onEvent(told);
        }),
      onClose: endedEarly,
      failed: (failure) => ({ type: "failed", failure }),
    });
    return result.type === "failed" ? { type: "failed", failure: withoutKey(result.failure, key) } : result;
  }

  async #raiseSocket(request: ModelRequest): Promise<void> {
    if (this.#session === null) {
      if (behindProxy(this.#system.environment.variables)) return;
      const { SocketSession: Opened } = await import("./websocket/session.ts");
      this.#session ??= new Opened(this.#endpoint, this.#system);
    }
    const { accept: _accept, "content-type": _type, [liteHeader]: _lite, ...headers } = this.#headers(request);
    await this.#session.raise(headers);
    this.#keepTurnState(request, this.#session.said(turnStateHeader));
  }

  async #askSocket(session: SocketSession, request: ModelRequest, options: StreamOptions): Promise<ModelResult | null> {
    const fields = requestFields(request);
    const client_metadata = {
      ...fields.client_metadata,
      "x-codex-ws-stream-request-start-ms": String(this.#system.clock.now()),
      ...(request.lite === true && { [`ws_request_header_${liteHeader.replaceAll("-", "_")}`]: "true" }),
    };
    const model = session.said("openai-model") ?? null;
    if (model !== null) options.onEvent({ type: "answered", model, limits: null });
    return session.ask({ fields: { ...fields, client_metadata }, echoed }, options);
  }

  #keepTurnState({ identity }: ModelRequest, value: string | undefined): void {
    if (value !== undefined) this.#turnState = { turnId: identity.turnId, value };
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
      ...(request.lite === true && { [liteHeader]: "true" }),
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
