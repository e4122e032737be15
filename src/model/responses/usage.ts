import { fieldsOf } from "../../protocol/fields.ts";
import type { TokenUsage } from "../../protocol/usage.ts";

const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;

/** `response.usage` of the Responses API; null when the provider gave none. */
export function readUsage(value: unknown): TokenUsage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = fieldsOf(value);
  const input = fieldsOf(usage["input_tokens_details"]);
  const output = fieldsOf(usage["output_tokens_details"]);
  const inputTokens = count(usage["input_tokens"]);
  const outputTokens = count(usage["output_tokens"]);
  return {
    inputTokens,
    cachedInputTokens: count(input["cached_tokens"]),
    cacheWriteInputTokens: count(input["cache_write_tokens"]),
    outputTokens,
    reasoningOutputTokens: count(output["reasoning_tokens"]),
    totalTokens: usage["total_tokens"] === undefined ? inputTokens + outputTokens : count(usage["total_tokens"]),
  };
}
