import { countTokens as count } from "gpt-tokenizer/encoding/o200k_base";

/** Tokens of o200k, the encoding of the models that Codex is made for. What looks like a special token counts as its text. */
export function countTokens(text: string): number {
  return count(text, { disallowedSpecial: new Set() });
}
