import type { ModelClient, ModelRequest, ModelResult, StreamOptions } from "../../model/model-client.ts";
import { itemEstimate, noTokens, type Tokens, tokensOf } from "./amounts.ts";
import type { Budget } from "./budget.ts";

/**
 * A client that asks the budgets before each request, whoever makes it: turns and their retries, summaries, reviewers. A request
 * that they refuse is not sent.
 */
export class MeteredClient implements ModelClient {
  readonly #inner: ModelClient;
  readonly #budget: () => Promise<Budget>;

  constructor(inner: ModelClient, budget: () => Promise<Budget>) {
    this.#inner = inner;
    this.#budget = budget;
  }

  get streamMaxRetries(): number {
    return this.#inner.streamMaxRetries;
  }

  async stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult> {
    const budget = await this.#budget();
    options.signal.throwIfAborted();
    const granted = budget.reserve(request);
    if ("code" in granted) return { type: "failed", failure: granted };
    let begun = false;
    let output = 0;
    // What was begun is paid for, also where the provider never says how much that was.
    const unsaid = (): Tokens => (begun ? { ...granted.booked, output } : noTokens);
    let taken: Tokens | null = null;
    try {
      const result = await this.#inner.stream(request, {
        signal: options.signal,
        onEvent(event) {
          begun = true;
          if (event.type === "item.done") output += itemEstimate(event.item);
          options.onEvent(event);
        },
      });
      const said = result.type === "completed" ? result.usage : (result.failure.charged ?? null);
      if (said !== null) taken = tokensOf(said);
      return result;
    } finally {
      granted.settle(taken ?? unsaid());
    }
  }
}
