import type { IncomingMessage, ServerResponse } from "node:http";
import type { ItemSink, Repair } from "../../model/dialect/items.ts";
import type { ResponseEnd } from "../../model/dialect/respond.ts";
import { UntranslatableError } from "../../model/dialect/untranslatable.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import type { Bridging } from "../bridging.ts";
import { readBody } from "../http/body.ts";
import { EventSocket } from "../http/event-out.ts";
import { Refusal, unexpected } from "../http/refusal.ts";
import { sendJson } from "../http/send.ts";
import type { LogEntry } from "../options.ts";
import { label } from "../telemetry/metrics.ts";
import { notRecorded, Recording } from "../telemetry/record.ts";
import { respondByOne, upstreamsFor } from "../upstreams/choice.ts";
import type { AskOptions, Tap } from "../upstreams/upstream.ts";
import { EventStream } from "./event-stream.ts";
import { refusalOf, toldFailure, type ToldFailure } from "./failure.ts";
import { randomDigits } from "./ids.ts";
import { continued, parseBody, readRequest, type Asked } from "./request.ts";
import { ResponseObject, secondsNow } from "./response-object.ts";
import { conversationBefore } from "./stored.ts";

/** What becomes known of a request while it is answered. */
export type Noted = { -readonly [Field in keyof LogEntry]?: LogEntry[Field] };

/** Why an answer is broken off. */
class Broken extends Error {
  readonly by: "client" | "bridge";

  constructor(by: "client" | "bridge") {
    super(by === "client" ? "the client has gone" : "the bridge is being stopped");
    this.by = by;
  }
}

/** `POST /v1/responses`. @param taps hear of what is asked for it. Throws Refusals while nothing has been said to the client; nothing else. */
export async function createResponse(
  request: IncomingMessage,
  response: ServerResponse,
  bridging: Bridging,
  noted: Noted,
  taps: readonly Tap[],
): Promise<void> {
  const breaking = new AbortController();
  const stop = (): void => breaking.abort(new Broken("bridge"));
  response.on("close", () => {
    if (!response.writableFinished) breaking.abort(new Broken("client"));
  });
  const place = bridging.running.began(stop);
  bridging.metrics.add("codex_agent_bridge_in_flight", 1);
  const began = bridging.system.clock.monotonic();
  try {
    const body = await readBody(request, bridging.maxBodyBytes, bridging.budget);
    if (body === null) throw new Broken("client");
    try {
      await new Exchange(request, response, bridging, noted, taps, breaking.signal).run(
        parseBody(body.bytes),
        body.bytes.length,
      );
    } finally {
      body.release();
    }
  } catch (error) {
    if (error instanceof Broken) noted.outcome = "cancelled";
    else {
      noted.outcome = "failed";
      throw error;
    }
  } finally {
    bridging.running.ended(place);
    const { metrics } = bridging;
    metrics.add("codex_agent_bridge_in_flight", -1);
    metrics.add("codex_agent_bridge_responses_total", 1, label("outcome", noted.outcome ?? "failed"));
    metrics.observe("codex_agent_bridge_response_seconds", (bridging.system.clock.monotonic() - began) / 1000);
  }
}

/** One response on its way. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #bridging: Bridging;
  readonly #noted: Noted;
  readonly #taps: readonly Tap[];
  readonly #signal: AbortSignal;
  readonly #began: number;
  readonly #base = randomDigits();
  #ids = 0;
  #hasBegun = false;
  #answer: IncomingMessage | null = null;
  #recording: Recording | null = null;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    bridging: Bridging,
    noted: Noted,
    taps: readonly Tap[],
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#response = response;
    this.#bridging = bridging;
    this.#noted = noted;
    this.#taps = taps;
    this.#signal = signal;
    this.#began = bridging.system.clock.monotonic();
  }

  async run(body: Readonly<Record<string, unknown>>, bytes: number): Promise<void> {
    const asked = translatable(() => readRequest(body));
    const { store, recordTo } = this.#bridging;
    const { previousResponseId } = asked;
    const before = previousResponseId === null ? null : await conversationBefore(store, previousResponseId);
    const earlier = before === null ? [] : [...before.input, ...before.output];
    const id = `resp_${this.#base}`;
    const { model } = asked.conversation;
    const session = this.#request.headers["x-client-request-id"] ?? asked.conversation.cacheKey;
    const sessionId = typeof session === "string" ? session : null;
    Object.assign(this.#noted, { responseId: id, model, ...(sessionId !== null && { sessionId }) });
    const object = new ResponseObject(id, model, secondsNow(), asked.echo);
    if (recordTo !== null) this.#recording = new Recording(recordTo, () => this.#bridging.secrets());
    const isStream = asked.stream ?? !wantsJson(this.#request.headers.accept);
    const conversation = continued(asked, earlier);
    let end: Ended | null = null;
    try {
      end = await (isStream ? this.#streamed(conversation, object) : this.#whole(conversation, object));
    } finally {
      this.#recording
        ?.write(id, body, this.#response.statusCode)
        .catch((error: unknown) => this.#bridging.tell(notRecorded(error)));
    }
    if (end === null || end.type === "failed" || !(asked.store || previousResponseId !== null)) return;
    store.put({
      id,
      json: end.json,
      input: conversation.input,
      output: end.output,
      bytes: bytes + end.json.length + (before?.bytes ?? 0),
    });
  }

  async #streamed(conversation: Asked["conversation"], object: ResponseObject): Promise<Ended | null> {
    const socket = new EventSocket(this.#response, {
      headers: { "x-request-id": object.id },
      heartbeatMs: this.#bridging.heartbeatMs,
      onOpen: () => stream.open(),
      onFull: () => this.#answer?.pause(),
      onDrained: () => this.#answer?.resume(),
    });
    const write = (text: string): void => {
      this.#recording?.said(text);
      socket.write(text);
    };
    const stream = new EventStream({ write }, object);
    const items: ResponseItem[] = [];
    const sink: ItemSink = {
      started: (item, index) => {
        this.#firstPiece();
        stream.started(item, index);
      },
      textDelta: (itemId, index, delta) => stream.textDelta(itemId, index, delta),
      reasoningDelta: (itemId, index, delta) => stream.reasoningDelta(itemId, index, delta),
      done: (item, index) => {
        items.push(item);
        stream.done(item, index);
      },
      repaired: (repair) => {
        this.#count(repair);
        stream.repaired(repair);
      },
    };
    try {
      const end = await this.#ask(conversation, sink, (answer) => {
        socket.open();
        if (socket.isFull) answer.pause();
      });
      socket.open();
      const json = stream.end(end, this.#end(end));
      socket.end();
      return { type: end.type, json, output: items };
    } catch (error) {
      const isGone = error instanceof Broken && error.by === "client";
      if (isGone || (!socket.isOpen && error instanceof Refusal)) {
        socket.stop();
        throw error;
      }
      const said = error instanceof Broken ? error.message : unexpected().message;
      if (!(error instanceof Broken)) this.#bridging.tell(unforeseen(error));
      const failure = { code: "server_error" as const, message: said, retryable: true };
      socket.open();
      const end = { type: "failed", usage: null, requests: 0, failure } as const;
      stream.end(end, this.#end(end));
      socket.end();
      return null;
    }
  }

  async #whole(conversation: Asked["conversation"], object: ResponseObject): Promise<Ended | null> {
    const items: ResponseItem[] = [];
    const sink: ItemSink = {
      started: () => this.#firstPiece(),
      textDelta: () => undefined,
      reasoningDelta: () => undefined,
      done: (item) => items.push(item),
      repaired: (repair) => this.#count(repair),
    };
    let end: ResponseEnd;
    try {
      end = await this.#ask(conversation, sink, () => undefined);
    } catch (error) {
      if (!(error instanceof Broken) || error.by === "client") throw error;
      throw new Refusal(503, error.message, { code: "server_error", headers: { connection: "close" } });
    }
    this.#end(end);
    if (end.type === "failed") throw refusalOf(end.failure);
    const { usage, requests } = end;
    const reason = end.type === "incomplete" ? end.reason : null;
    const json = object.json({ status: end.type, output: items, usage, requests, reason });
    this.#recording?.said(json);
    sendJson(this.#response, 200, json, { "x-request-id": object.id });
    return { type: end.type, json, output: items };
  }

  async #ask(
    conversation: Asked["conversation"],
    sink: ItemSink,
    onAnswer: (answer: IncomingMessage) => void,
  ): Promise<ResponseEnd> {
    const { upstreams, metrics, system, webSearch } = this.#bridging;
    const newId = (prefix: string): string => `${prefix}${this.#base}${(this.#ids++).toString(36)}`;
    const options: Omit<AskOptions, "canGoElsewhere"> = {
      sink,
      newId,
      webSearch: webSearch?.(newId, this.#signal) ?? null,
      signal: this.#signal,
      headers: this.#bridging.forwarded(this.#request.headers),
      taps: this.#recording === null ? this.#taps : [...this.#taps, this.#recording.tap],
      onAnswer: (answer) => {
        this.#answer = answer;
        onAnswer(answer);
      },
      onRequest: ({ name }) => {
        this.#noted.upstream = name;
        metrics.add("codex_agent_bridge_upstream_requests_total", 1, label("upstream", name));
      },
      onFailure: ({ name }, { code }) =>
        metrics.add("codex_agent_bridge_upstream_errors_total", 1, `${label("upstream", name)},${label("code", code)}`),
    };
    const having = upstreamsFor(conversation.model, upstreams, system.clock.now());
    try {
      return await respondByOne(conversation, having, options);
    } catch (error) {
      throw error instanceof UntranslatableError ? untranslatable(error) : error;
    }
  }

  /** Notes how it ended. @returns what the client is told of a failure */
  #end(end: ResponseEnd): ToldFailure | null {
    const noted = this.#noted;
    const told = end.type === "failed" ? toldFailure(end.failure) : null;
    noted.outcome = end.type;
    if (told !== null) noted.error = told.code;
    const { usage } = end;
    if (usage !== null) {
      noted.inputTokens = usage.inputTokens;
      noted.outputTokens = usage.outputTokens;
      const { metrics } = this.#bridging;
      metrics.add("codex_agent_bridge_tokens_total", usage.inputTokens, 'kind="input"');
      metrics.add("codex_agent_bridge_tokens_total", usage.cachedInputTokens, 'kind="cached_input"');
      metrics.add("codex_agent_bridge_tokens_total", usage.outputTokens, 'kind="output"');
    }
    return told;
  }

  #firstPiece(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { metrics, system } = this.#bridging;
    metrics.observe("codex_agent_bridge_first_event_seconds", (system.clock.monotonic() - this.#began) / 1000);
  }

  #count({ kind }: Repair): void {
    this.#noted.repairs = (this.#noted.repairs ?? 0) + 1;
    this.#bridging.metrics.add("codex_agent_bridge_repairs_total", 1, label("kind", kind));
  }
}

interface Ended {
  readonly type: ResponseEnd["type"];
  readonly json: string;
  readonly output: readonly ResponseItem[];
}

const unforeseen = (error: unknown): string =>
  `a response failed without a cause that is known: ${error instanceof Error ? error.message : String(error)}`;

/** OpenAI's API answers with an object where nobody asks for a stream, and its clients ask for JSON then; all others get a stream. */
const wantsJson = (accept: string | undefined): boolean =>
  accept !== undefined && accept.includes("application/json") && !accept.includes("text/event-stream");

/** What cannot be asked is refused, and clients that would ask again are told not to. */
const untranslatable = (error: UntranslatableError): Refusal =>
  new Refusal(501, error.message, { code: "unsupported_request", headers: { "x-should-retry": "false" } });

function translatable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof UntranslatableError ? untranslatable(error) : error;
  }
}
