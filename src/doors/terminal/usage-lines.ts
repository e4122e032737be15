import type { UsageReport } from "../../protocol/usage-report.ts";

const count = (value: number): string => value.toLocaleString("en-US");
const words = (name: string): string => name.replaceAll("_", " ");

/** What a thread used and why, as `/usage` prints it; `codex-agent usage --thread ID` says more. */
export function usageLines({ total, byCause, cacheMisses, unpricedModels }: UsageReport): string {
  if (total.requests === 0) return "Nothing was used yet.";
  const { inputTokens, cachedInputTokens, outputTokens, usd } = total;
  const cost = usd === null ? "" : `, $${usd.toFixed(usd < 0.01 ? 4 : 2)}`;
  const unpriced = unpricedModels.length === 0 ? "" : ` (no price is known of ${unpricedModels.join(", ")})`;
  return [
    `Tokens: ${count(total.totalTokens)} (${count(inputTokens)} in, ${count(cachedInputTokens)} of them cached, ${count(outputTokens)} out)${cost}${unpriced}`,
    ...byCause.map(({ cause, totalTokens }) => {
      const percent = Math.round((100 * totalTokens) / total.totalTokens);
      return `  ${words(cause).padEnd(14)} ${count(totalTokens).padStart(12)} ${String(percent).padStart(3)}%`;
    }),
    ...cacheMisses.map(({ reason, tokens }) => `Read again: ${count(tokens)} tokens (${words(reason)})`),
  ].join("\n");
}
