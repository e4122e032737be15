import type { IncomingMessage } from "node:http";
import { HttpChannel, withoutKey, type Credential, type Endpoint } from "../../model/http/channel.ts";
import type { ModelFailure } from "../../model/model-client.ts";
import type { Conversation } from "../../model/dialect/conversation.ts";
import type { ItemSink } from "../../model/dialect/items.ts";
import { keyedBy } from "../../model/dialect/keyed-by.ts";
import type { Profile } from "../../model/dialect/profile.ts";
import { respond, type ResponseEnd, type WebSearch } from "../../model/dialect/respond.ts";
import { brokenOff, type Dialect, type StepEnd, type StepReader } from "../../model/dialect/step.ts";
import type { System } from "../../system/ports.ts";
import { baseUrlOf, type Backend, type UpstreamOptions } from "../options.ts";
import { profileOf } from "./profiles.ts";

/** Follows what goes to an upstream and what comes back. */
export interface Tap {
  sent(request: SentRequest): SentTap;
}

export interface SentRequest {
  readonly upstream: string;
  readonly url: string;
  readonly model: string;
  readonly json: string;
  /** Those that the client's request gives; what is put in goes with them. Names in lower case. */
  readonly headers: Record<string, string>;
}

/** Hears of the answer. */
export interface SentTap {
  received?(chunk: Buffer): void;
  /** Called once, however it ended. @param failure the code of what went wrong; `cancelled` where nobody waits any more */
  ended(failure: string | null): void;
}

export interface AskOptions {
  readonly sink: ItemSink;
  readonly newId: (prefix: string) => string;
  readonly webSearch: WebSearch | null;
  readonly signal: AbortSignal;
  /** Beside those of the dialect; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly taps: readonly Tap[];
  /** An answer begins: its bytes can be held back. */
  onAnswer(response: IncomingMessage): void;
  onRequest(upstream: Upstream): void;
  onFailure(upstream: Upstream, failure: ModelFailure): void;
  /** Whether another server can be asked in place of this one. */
  readonly canGoElsewhere: boolean;
}

/** A server could not begin to answer; nothing of it has been passed on. */
export class OutOfOrder extends Error {
  readonly failure: ModelFailure;

  constructor(failure: ModelFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** How long a server that was out of order is asked after the others, milliseconds. */
const restMs = 10_000;
const maxRestMs = 60_000;
const connectTimeoutMs = 10_000;
/** A program or a function may give another one each time. */
const keysKept = 100;

const elsewhereCodes = new Set([
  "connection_failed",
  "stream_disconnected",
  "server_error",
  "server_overloaded",
  "rate_limited",
]);

interface Spoken {
  readonly dialect: Dialect;
  readonly channel: HttpChannel;
}

/** One server and how it is spoken to. */
export class Upstream {
  readonly name: string;
  readonly backend: Backend;
  readonly baseUrl: string;
  readonly options: UpstreamOptions;
  readonly #profile: Profile;
  readonly #endpoint: Endpoint;
  readonly #system: System;
  readonly #patterns: readonly RegExp[] | null;
  #spoken: Promise<Spoken> | null = null;
  #restsUntil = 0;
  readonly #keys = new Set<string>();

  constructor(
    options: UpstreamOptions,
    common: { system: System; timeoutMs: number; extraBody: Readonly<Record<string, unknown>> },
  ) {
    this.options = options;
    this.baseUrl = baseUrlOf(options.url);
    this.name = options.name ?? new URL(this.baseUrl).host;
    this.backend = options.backend ?? "chat";
    this.#system = common.system;
    const profile = profileOf(options.provider, options.profile);
    this.#profile = { ...profile, extraBody: { ...profile.extraBody, ...common.extraBody } };
    this.#patterns = options.models === undefined ? null : options.models.map(patternOf);
    if (typeof options.key === "string") this.#keys.add(options.key);
    this.#endpoint = {
      baseUrl: this.baseUrl,
      queryParams: options.queryParams ?? {},
      headers: options.headers ?? {},
      credential: () => this.#credential(),
      requestMaxRetries: 0,
      streamMaxRetries: 0,
      streamIdleTimeoutMs: common.timeoutMs,
      connectTimeoutMs,
    };
  }

  /** What is or was its key of late. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  has(model: string): boolean {
    return this.#patterns === null || this.#patterns.some((pattern) => pattern.test(model));
  }

  rests(now: number): boolean {
    return this.#restsUntil > now;
  }

  /** What its dialect and its settings add to a request. */
  async headers(): Promise<Record<string, string>> {
    const { dialect } = await this.#speak();
    return this.#headers(dialect, (await this.#credential())?.reveal() ?? null);
  }

  /** One response. Rejects with OutOfOrder where another server can be asked instead. */
  async respond(conversation: Conversation, options: AskOptions): Promise<ResponseEnd> {
    const spoken = await this.#speak();
    const url = `${this.baseUrl}${spoken.dialect.path}`;
    let isFirst = true;
    return respond(conversation, {
      dialect: spoken.dialect,
      profile: this.#profile,
      sink: options.sink,
      newId: options.newId,
      webSearch: options.webSearch,
      ask: async (json, reader) => {
        const mayLeave = isFirst && options.canGoElsewhere;
        isFirst = false;
        options.onRequest(this);
        const sent = { upstream: this.name, url, model: conversation.model, json, headers: { ...options.headers } };
        const taps = options.taps.map((tap) => tap.sent(sent));
        let ended: string | null = "cancelled";
        try {
          const { end, events } = await this.#answer(spoken, sent, reader, taps, options);
          ended = end.type === "failed" ? end.failure.code : null;
          return end.type === "failed" ? this.#failed(end.failure, mayLeave && events === 0, options) : end;
        } finally {
          for (const tap of taps) tap.ended(ended);
        }
      },
    });
  }

  /** @returns how the answer ended, and how many events there were */
  async #answer(
    { dialect, channel }: Spoken,
    { json, headers }: SentRequest,
    reader: StepReader,
    taps: readonly SentTap[],
    { signal, onAnswer }: AskOptions,
  ): Promise<{ end: StepEnd; events: number }> {
    const opened = await channel.open(json, (key) => ({ ...this.#headers(dialect, key), ...headers }), signal);
    if ("failure" in opened) return { end: { type: "failed", failure: opened.failure }, events: 0 };
    const { response } = opened;
    onAnswer(response);
    for (const tap of taps)
      if (tap.received !== undefined) response.on("data", (chunk: Buffer) => tap.received!(chunk));
    let events = 0;
    const end = await channel.read<StepEnd>(response, {
      signal,
      onEvent: (event) => {
        events++;
        return reader.read(event);
      },
      onClose: () => reader.close(),
      failed: (failure) => brokenOff(reader, failure),
    });
    if (end.type !== "failed") return { end, events };
    return { end: { type: "failed", failure: withoutKey(end.failure, opened.key) }, events };
  }

  #headers(dialect: Dialect, key: string | null): Record<string, string> {
    return { ...dialect.headers(key), ...this.#endpoint.headers };
  }

  #failed(failure: ModelFailure, mayLeave: boolean, options: AskOptions): StepEnd {
    options.onFailure(this, failure);
    if (!elsewhereCodes.has(failure.code)) return { type: "failed", failure };
    this.#restsUntil = this.#system.clock.now() + Math.min(failure.delayMs ?? restMs, maxRestMs);
    if (mayLeave) throw new OutOfOrder(failure);
    return { type: "failed", failure };
  }

  #credential(): Promise<Credential | null> | Credential | null {
    const { key = null } = this.options;
    if (typeof key === "function") return key().then((printed) => this.#credentialOf(printed));
    return key === null ? null : this.#credentialOf(key);
  }

  #credentialOf(key: string): Credential {
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > keysKept) this.#keys.delete(oldest!);
    return { reveal: () => key, source: `the key of ${this.name}` };
  }

  #speak(): Promise<Spoken> {
    const { keyHeader = null } = this.options;
    this.#spoken ??= dialectOf(this.backend).then((own) => {
      const dialect = keyHeader === null ? own : keyedBy(own, keyHeader);
      return { dialect, channel: new HttpChannel(this.#endpoint, dialect.path, this.#system) };
    });
    return this.#spoken;
  }
}

/** Only the one that is spoken is loaded. */
async function dialectOf(backend: Backend): Promise<Dialect> {
  if (backend === "messages") return (await import("../../model/messages/dialect.ts")).messagesDialect;
  return (await import("../../model/chat/dialect.ts")).chatDialect;
}

const patternOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^]*")}$`,
  );
