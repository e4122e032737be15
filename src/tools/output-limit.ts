import type { InputPart, ToolOutput } from "../protocol/response-items.ts";
import { approximateTokens, truncateMiddle } from "./truncate.ts";

/** Tokens that one tool output may take up in the history when nothing else is configured. */
export const historyOutputTokens = 12_000;

/** Tokens that an output may take up in the history where its tool may say `tokens`: a fifth more, for the head put before it. */
export const withHead = (tokens: number): number => Math.ceil(tokens * 1.2);

/**
 * Holds an output to `tokens` before it enters the history. The texts of a content list share the budget in
 * order: the one that overflows is cut in its middle, those after it are left out and counted in a last text;
 * images are free. Returns the output itself when it fits.
 */
export function clipOutput(output: ToolOutput, tokens: number = historyOutputTokens): ToolOutput {
  const budget = Math.max(0, Math.floor(tokens));
  return typeof output === "string" ? truncateMiddle(output, budget) : clipParts(output, budget);
}

function clipParts(parts: InputPart[], budget: number): InputPart[] {
  const kept: InputPart[] = [];
  let left = budget;
  let omitted = 0;
  let cut = false;
  for (const part of parts) {
    if (part.type !== "input_text") {
      kept.push(part);
      continue;
    }
    const cost = approximateTokens(Buffer.byteLength(part.text));
    if (cost <= left) {
      kept.push(part);
      left -= cost;
    } else if (left > 0) {
      kept.push({ ...part, text: truncateMiddle(part.text, left) });
      left = 0;
      cut = true;
    } else {
      omitted++;
    }
  }
  if (omitted > 0) kept.push({ type: "input_text", text: `[omitted ${omitted} text items ...]` });
  return cut || omitted > 0 ? kept : parts;
}
