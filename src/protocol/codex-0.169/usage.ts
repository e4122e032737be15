import type { TokenUsage } from "../usage.ts";
import { type JsonObject, numberOr, objectOr } from "./rollout.ts";

/** Counts of tokens as Codex tells them everywhere; `exec --json` gives no sum. */
export interface TokenCounts {
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_input_tokens: number;
  output_tokens: number;
  reasoning_output_tokens: number;
}

export const encodeCounts = (usage: TokenUsage): TokenCounts => ({
  input_tokens: usage.inputTokens,
  cached_input_tokens: usage.cachedInputTokens,
  cache_write_input_tokens: usage.cacheWriteInputTokens,
  output_tokens: usage.outputTokens,
  reasoning_output_tokens: usage.reasoningOutputTokens,
});

/** As rollouts and hooks have them. */
export const encodeUsage = (usage: TokenUsage): JsonObject => ({
  ...encodeCounts(usage),
  total_tokens: usage.totalTokens,
});

/** Null when there is no count at all. */
export function decodeUsage(value: unknown): TokenUsage | null {
  const counts = objectOr(value);
  return (
    counts && {
      inputTokens: numberOr(counts["input_tokens"]) ?? 0,
      cachedInputTokens: numberOr(counts["cached_input_tokens"]) ?? 0,
      cacheWriteInputTokens: numberOr(counts["cache_write_input_tokens"]) ?? 0,
      outputTokens: numberOr(counts["output_tokens"]) ?? 0,
      reasoningOutputTokens: numberOr(counts["reasoning_output_tokens"]) ?? 0,
      totalTokens: numberOr(counts["total_tokens"]) ?? 0,
    }
  );
}
