import { fieldsOf } from "../../protocol/fields.ts";
import type { TokenUsage } from "../../protocol/usage.ts";

/** The first of these that is a count. */
function count(...values: readonly unknown[]): number {
  for (const value of values) if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  return 0;
}

/** `usage` of a chunk or an answer, by the names that vendors have for it; null when there is none. */
export function chatUsage(value: unknown): TokenUsage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = fieldsOf(value);
  const input = fieldsOf(usage["prompt_tokens_details"] ?? usage["input_tokens_details"]);
  const output = fieldsOf(usage["completion_tokens_details"] ?? usage["output_tokens_details"]);
  const inputTokens = count(usage["prompt_tokens"], usage["input_tokens"]);
  const outputTokens = count(usage["completion_tokens"], usage["output_tokens"]);
  return {
    inputTokens,
    cachedInputTokens: count(
      input["cached_tokens"],
      usage["prompt_cache_hit_tokens"],
      usage["cached_tokens"],
      usage["cache_read_input_tokens"],
    ),
    cacheWriteInputTokens: count(input["cache_write_tokens"], usage["cache_creation_input_tokens"]),
    outputTokens,
    reasoningOutputTokens: count(output["reasoning_tokens"], usage["reasoning_tokens"]),
    totalTokens: count(usage["total_tokens"], inputTokens + outputTokens),
  };
}

/** The usage of a chunk, wherever its server puts that. */
export function usageIn(chunk: Record<string, unknown>): TokenUsage | null {
  const choices = chunk["choices"];
  return (
    chatUsage(chunk["usage"]) ??
    chatUsage(fieldsOf(chunk["x_groq"])["usage"]) ??
    (Array.isArray(choices) ? chatUsage(fieldsOf(choices[0])["usage"]) : null)
  );
}
