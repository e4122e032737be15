import { findModel } from "../../../src/model/catalog.ts";
import type { Link, Reached } from "../../../src/model/fallback/fallback-client.ts";
import type {
  ModelClient,
  ModelEvent,
  ModelFailure,
  ModelRequest,
  ModelResult,
  StreamOptions,
} from "../../../src/model/model-client.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { noUsage } from "../../../src/protocol/usage.ts";

export type Act = (emit: (event: ModelEvent) => void, request: ModelRequest) => ModelResult;

/** A model that does what it is told, one act a request; the last of them is done again and again. */
export class Actor implements ModelClient {
  readonly requests: ModelRequest[] = [];
  readonly streamMaxRetries: number;
  readonly #acts: readonly Act[];

  constructor(acts: readonly Act[], streamMaxRetries = 2) {
    this.#acts = acts;
    this.streamMaxRetries = streamMaxRetries;
  }

  async stream(request: ModelRequest, { signal, onEvent }: StreamOptions): Promise<ModelResult> {
    signal.throwIfAborted();
    const act = this.#acts[Math.min(this.requests.length, this.#acts.length - 1)]!;
    this.requests.push(request);
    return act(onEvent, request);
  }
}

export const failing =
  (failure: Partial<ModelFailure> = {}, ...before: ModelEvent[]): Act =>
  (emit) => {
    before.forEach(emit);
    return {
      type: "failed",
      failure: { code: "server_overloaded", message: "busy", retryable: true, ...failure },
    };
  };

export const cut = (...before: ModelEvent[]): Act =>
  failing({ code: "stream_disconnected", message: "cut" }, ...before);

export const item = (each: ResponseItem): ModelEvent => ({ type: "item.done", item: each });

export const said = (text: string, id = `msg_${text}`): ResponseItem => ({
  type: "message",
  id,
  role: "assistant",
  content: [{ type: "output_text", text }],
});

export const thought = (id: string, sealed: string | null): ResponseItem => ({
  type: "reasoning",
  id,
  summary: [],
  encrypted_content: sealed,
});

export const answering =
  (...items: ResponseItem[]): Act =>
  (emit) => {
    items.map(item).forEach(emit);
    return { type: "completed", responseId: "resp", usage: { ...noUsage, totalTokens: 1 }, endTurn: null };
  };

export const linkOf = (name: string, client: ModelClient): Link => {
  const [provider = "", modelName = ""] = name.split("/");
  const reach = (): Promise<Reached> => Promise.resolve({ model: findModel(modelName), client });
  return { name, provider, modelName, wire: "responses", reach };
};

export const requestOf = (turnId: string, input: readonly ResponseItem[] = []): ModelRequest => ({
  model: "first",
  input,
  tools: [],
  parallelToolCalls: true,
  reasoning: null,
  verbosity: null,
  outputSchema: null,
  cacheKey: "key",
  identity: {
    installationId: "i",
    sessionId: "s",
    threadId: "t",
    turnId,
    rootTurnId: turnId,
    windowId: "w",
    metadata: { model: "first" },
  },
});
