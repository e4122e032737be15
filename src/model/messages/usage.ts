import type { TokenUsage } from "../../protocol/usage.ts";

const count = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

/**
 * The tokens of an answer. The API counts what was read from a cache, what was written to one and the rest of the input apart; a
 * later count has only what has changed.
 */
export class UsageCount {
  #input = 0;
  #read = 0;
  #written = 0;
  #output = 0;
  #thought = 0;

  /** @returns the whole so far; null when that was no count */
  add(value: unknown): TokenUsage | null {
    if (typeof value !== "object" || value === null) return null;
    const usage = value as Record<string, unknown>;
    this.#input = count(usage["input_tokens"]) ?? this.#input;
    this.#read = count(usage["cache_read_input_tokens"]) ?? this.#read;
    this.#written = count(usage["cache_creation_input_tokens"]) ?? this.#written;
    this.#output = count(usage["output_tokens"]) ?? this.#output;
    const details = usage["output_tokens_details"] as { thinking_tokens?: unknown } | null | undefined;
    this.#thought = count(details?.thinking_tokens) ?? this.#thought;
    const inputTokens = this.#input + this.#read + this.#written;
    return {
      inputTokens,
      cachedInputTokens: this.#read,
      cacheWriteInputTokens: this.#written,
      outputTokens: this.#output,
      reasoningOutputTokens: this.#thought,
      totalTokens: inputTokens + this.#output,
    };
  }
}
