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
  const reasoningOutputTokens = count(output["reasoning_tokens"], usage["reasoning_tokens"]);
  const said = count(usage["completion_tokens"], usage["output_tokens"]);
  const cached = count(
    input["cached_tokens"],
    usage["prompt_cache_hit_tokens"],
    usage["cached_tokens"],
    usage["cache_read_input_tokens"],
  );
  const cacheWriteInputTokens = count(input["cache_write_tokens"], usage["cache_creation_input_tokens"]);
  // Some count reasoning beside what was said, named or not: only the total holds it.
  const beside = count(usage["total_tokens"]) - inputTokens - said;
  const reasoned = reasoningOutputTokens > 0 || cached + cacheWriteInputTokens > 0 ? reasoningOutputTokens : beside;
  const outputTokens = beside >= reasoned && beside > 0 ? said + reasoned : said;
  return {
    inputTokens,
    cachedInputTokens: Math.min(cached, inputTokens),
    cacheWriteInputTokens,
    outputTokens,
    reasoningOutputTokens,
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
