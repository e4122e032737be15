import type { ModelRequest } from "../../model/model-client.ts";
import { costOf, type Prices } from "../../model/prices.ts";
import { isMessage, type ResponseItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";

/** Tokens of one model; cached ones are part of the input. */
export interface Tokens {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

export const noTokens: Tokens = { input: 0, cached: 0, output: 0 };

export const plus = (a: Tokens, b: Tokens): Tokens => ({
  input: a.input + b.input,
  cached: a.cached + b.cached,
  output: a.output + b.output,
});

export const tokensOf = ({ inputTokens, cachedInputTokens, outputTokens }: TokenUsage): Tokens => ({
  input: inputTokens,
  cached: cachedInputTokens,
  output: outputTokens,
});

/** What was used, by model. */
export type ByModel = ReadonlyMap<string, Tokens>;

/** In the unit of a budget; null where a model's price is not known. */
export function measure(used: ByModel, unit: "tokens" | "usd", prices: Prices): number | null {
  let sum = 0;
  for (const [model, { input, cached, output }] of used) {
    if (unit === "tokens") sum += input + output;
    else if (input + output > 0) {
      const price = prices.of(model);
      if (price === null) return null;
      sum += costOf(price, { inputTokens: input, cachedInputTokens: cached, outputTokens: output });
    }
  }
  return sum;
}

/** Tokens of an image, however large its bytes are. */
const imageTokens = 1600;

/** Roughly what an item takes: four bytes of text are one token. */
export function itemEstimate(item: ResponseItem): number {
  const { output } = item as { output?: unknown };
  const parts: readonly unknown[] = isMessage(item) ? item.content : Array.isArray(output) ? output : [item];
  return parts.reduce<number>((sum, part) => {
    const image = (part as { type?: unknown }).type === "input_image";
    return sum + (image ? imageTokens : Math.ceil(Buffer.byteLength(JSON.stringify(part)) / 4));
  }, 0);
}

/** Roughly what a request makes the model read. */
export const requestEstimate = ({ input, tools }: ModelRequest): number =>
  input.reduce((sum, item) => sum + itemEstimate(item), 0) + Math.ceil(Buffer.byteLength(JSON.stringify(tools)) / 4);
