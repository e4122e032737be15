import type { ReasoningItem } from "../../protocol/response-items.ts";

/**
 * What Anthropic's models sign or encrypt of their thinking travels in a reasoning item's `encrypted_content`, marked, so that it goes
 * back to none but such a model. `signature`: of the text beside it; `redacted`: in the place of a text.
 */
export type Seal = { kind: "signature" | "redacted"; value: string };

const mark = "codex-agent.messages.";

export const sealText = ({ kind, value }: Seal): string => `${mark}${kind}:${value}`;

export function sealOf({ encrypted_content: text }: ReasoningItem): Seal | null {
  if (typeof text !== "string" || !text.startsWith(mark)) return null;
  const colon = text.indexOf(":", mark.length);
  const kind = text.slice(mark.length, colon);
  return kind === "signature" || kind === "redacted" ? { kind, value: text.slice(colon + 1) } : null;
}
