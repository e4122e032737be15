import { AgentError } from "../../protocol/errors.ts";
import type { ModelInfo } from "../catalog.ts";
import type { ModelClient, ModelFailure, ModelRequest, ModelResult, StreamOptions } from "../model-client.ts";
import { withOrigin } from "./origin.ts";
import type { Outages } from "./outages.ts";
import { requestFor, type Place } from "./translate.ts";

/** What is known of a model, and the way to it. */
export interface Reached {
  readonly model: ModelInfo;
  readonly client: ModelClient;
}

/** A model of a chain. */
export interface Link extends Omit<Place, "model"> {
  /** As its provider knows it. */
  readonly modelName: string;
  /** Called when it is asked for the first time: its server may have to be asked what it is. Rejects with an AgentError. */
  reach(): Promise<Reached>;
}

/** Faults of a model or its provider that another may be without. */
const outages = new Set<ModelFailure["code"]>([
  "connection_failed",
  "server_error",
  "server_overloaded",
  "rate_limited",
  "usage_limit",
]);
/** A stand-in that cannot be asked at all is passed over; of the first model, the user is told. */
const unusable = new Set<ModelFailure["code"]>([
  "config",
  "credentials_missing",
  "model_not_found",
  "not_supported",
  "provider_not_found",
  "unauthorized",
]);

/** Where a turn stands in the chain. */
interface Progress {
  index: number;
  /** Failures in a row that whoever asks was told of, and how many of these do not count against the model that is asked now. */
  told: number;
  before: number;
  /** The last model of the chain that had a chance of its own since something was answered. */
  furthest: number;
}

const fresh = { told: 0, before: 0, furthest: 0 } as const;
/** Turns of one thread that ask at the same time: its own, reviewers, summaries. */
const mostTurns = 16;

/**
 * Models in order, of which the first that can answers. A turn goes on with the one that has answered, and the next turn begins with the
 * first again, unless that was out a short while ago. A stream that breaks is tried again by whoever asks, on the same model; only when
 * that has come to nothing the next of the chain is asked.
 */
export class FallbackClient implements ModelClient {
  readonly #links: readonly Link[];
  readonly #reached = new Map<Link, Reached>();
  readonly #outages: Outages;
  readonly #turns = new Map<string, Progress>();
  /** Of the turn that asked last. */
  #latest: Progress = { index: 0, ...fresh };

  /** @param links the first is the one that requests are made for; at least one */
  constructor(links: readonly Link[], outages: Outages) {
    this.#links = links;
    this.#outages = outages;
  }

  /** Of the request that was made last, for as far as it has come. */
  get streamMaxRetries(): number {
    return this.#latest.before + this.#retriesOf(this.#linkOf(this.#latest));
  }

  each(wrap: (client: ModelClient) => ModelClient): ModelClient {
    const links = this.#links.map((link): Link => ({
      ...link,
      async reach() {
        const { model, client } = await link.reach();
        return { model, client: wrap(client) };
      },
    }));
    return new FallbackClient(links, this.#outages);
  }

  async stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult> {
    const progress = this.#progressOf(request.identity.turnId, options);
    let first: ModelFailure | null = null;
    for (;;) {
      this.#latest = progress;
      const link = this.#linkOf(progress);
      const { result, begun } = await this.#ask(link, request, options).catch((error: unknown) => {
        // Whoever stops a request asks anew, if at all.
        Object.assign(progress, fresh);
        throw error;
      });
      this.#latest = progress;
      if (result.type === "completed") {
        this.#outages.answered(link.name);
        Object.assign(progress, fresh);
        return result;
      }
      const { failure } = result;
      first ??= failure;
      if (!isOver(failure, this.#retriesOf(link), progress)) {
        progress.told++;
        return result;
      }
      this.#outages.failed(link.name, failure.message, failure.liftedAtMs ?? null);
      const next = this.#nextOf(progress.index);
      if (begun || next === null) progress.told++;
      // Where all of them were asked, a further try begins with the first again.
      this.#move(progress, next ?? 0, failure.message, options);
      if (next === null) return { type: "failed", failure: first };
      // What there is of the answer stands in the history by now, and not in this request.
      if (begun) return { type: "failed", failure: { ...failure, retryable: true, delayMs: 0 } };
    }
  }

  /** Of one that could not even be reached there are none. */
  #retriesOf(link: Link): number {
    return this.#reached.get(link)?.client.streamMaxRetries ?? 0;
  }

  #linkOf({ index }: Progress): Link {
    return this.#links[index]!;
  }

  /** A turn begins with the first model that was not out lately; where all were, with the first. */
  #progressOf(turnId: string, options: StreamOptions): Progress {
    const known = this.#turns.get(turnId);
    if (known !== undefined) return known;
    const progress: Progress = { index: 0, ...fresh };
    this.#turns.set(turnId, progress);
    for (const oldest of this.#turns.keys()) if (this.#turns.size > mostTurns) this.#turns.delete(oldest);
    const cause = this.#outages.causeOf(this.#links[0]!.name);
    const usable = this.#links.findIndex(({ name }) => this.#outages.causeOf(name) === null);
    if (cause !== null && usable > 0) this.#move(progress, usable, `it was out a moment ago: ${cause}`, options);
    return progress;
  }

  #nextOf(index: number): number | null {
    const later = this.#links.findIndex(({ name }, at) => at > index && this.#outages.causeOf(name) === null);
    if (later !== -1) return later;
    return index + 1 < this.#links.length ? index + 1 : null;
  }

  #move(progress: Progress, index: number, cause: string, { onEvent }: StreamOptions): void {
    const from = this.#linkOf(progress);
    progress.index = index;
    if (index > progress.furthest) Object.assign(progress, { furthest: index, before: progress.told });
    const to = this.#linkOf(progress);
    if (to !== from) onEvent({ type: "fell_back", from: from.name, to: to.name, model: to.modelName, cause });
  }

  async #ask(
    link: Link,
    request: ModelRequest,
    { signal, onEvent }: StreamOptions,
  ): Promise<{ result: ModelResult; begun: boolean }> {
    const first = this.#links[0]!;
    let places: readonly [asked: Reached, first: Reached];
    try {
      places = [await this.#reach(link), await this.#reach(first)];
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      const { code, message } = error;
      return { result: { type: "failed", failure: { code, message, retryable: false } }, begun: false };
    }
    signal.throwIfAborted();
    const [asked, { model }] = places;
    let begun = false;
    const translated = requestFor({ ...link, model: asked.model }, { ...first, model }, request);
    const result = await asked.client.stream(translated, {
      signal,
      onEvent(event) {
        begun ||= event.type !== "answered" && event.type !== "created";
        if (link === first || event.type !== "item.done") onEvent(event);
        else onEvent({ ...event, item: withOrigin(event.item, link.name) });
      },
    });
    return { result, begun };
  }

  async #reach(link: Link): Promise<Reached> {
    const reached = this.#reached.get(link) ?? (await link.reach());
    this.#reached.set(link, reached);
    return reached;
  }
}

/** Whether a model has had its chance. */
function isOver(failure: ModelFailure, retries: number, { index, told, before }: Progress): boolean {
  const { code, retryable, delayMs } = failure;
  if (index > 0 && unusable.has(code)) return true;
  // A wait that the provider has stated is kept to: it is short enough, or it would not be asked for.
  const waits = code === "rate_limited" && retryable && delayMs !== undefined;
  if (outages.has(code) && !waits) return true;
  return retryable && told - before >= retries;
}
