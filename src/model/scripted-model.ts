import { noUsage, type TokenUsage } from "../protocol/usage.ts";
import type { ResponseItem } from "../protocol/response-items.ts";
import type { ModelClient, ModelRequest, ModelResult, StreamOptions } from "./model-client.ts";

/** What a scripted model answers to one request: its items, or a function of the request that gives them. */
export type ScriptedResponse = readonly ResponseItem[] | ((request: ModelRequest) => readonly ResponseItem[]);

/** A model that answers from a list, one entry a request: for tests and examples, without any network. */
export class ScriptedModel implements ModelClient {
  readonly streamMaxRetries = 0;
  /** Every request that came, in order. */
  readonly requests: ModelRequest[] = [];
  readonly #script: ScriptedResponse[];
  readonly #usage: TokenUsage;

  constructor(script: readonly ScriptedResponse[], usage: TokenUsage = noUsage) {
    this.#script = [...script];
    this.#usage = usage;
  }

  async stream(request: ModelRequest, { signal, onEvent }: StreamOptions): Promise<ModelResult> {
    signal.throwIfAborted();
    this.requests.push(request);
    const next = this.#script.shift();
    if (next === undefined) {
      const message = `the script has no answer to request ${this.requests.length}`;
      return { type: "failed", failure: { code: "bad_request", message, retryable: false } };
    }
    const responseId = `resp_${this.requests.length}`;
    onEvent({ type: "created", responseId });
    for (const item of typeof next === "function" ? next(request) : next) onEvent({ type: "item.done", item });
    return { type: "completed", responseId, usage: this.#usage, endTurn: null };
  }
}
