import type { ReasoningItem } from "../../protocol/response-items.ts";

/**
 * What Anthropic's models sign or encrypt of their thinking travels in a reasoning item's `encrypted_content`, marked, so that it goes
 * back to none but such a model. `signature`: of the text beside it; `redacted`: in the place of a text.
 */
export interface Seal {
  kind: "signature" | "redacted";
  value: string;
  /** The model, where it is none of Anthropic's: servers of others speak their API, and sign in their own way. */
  maker?: string;
}

const mark = "codex-agent.messages.";

/** In the place of a seal, of thoughts that have none: nothing is hidden in them, and no Responses API knows of them. */
export const openThoughts = "codex-agent.open";

export const sealText = ({ kind, value, maker }: Seal): string =>
  `${mark}${kind}${maker === undefined ? "" : `@${encodeURIComponent(maker.toWellFormed())}`}:${value}`;

export function sealOf({ encrypted_content: text }: ReasoningItem): Seal | null {
  if (typeof text !== "string" || !text.startsWith(mark)) return null;
  const found = /^(signature|redacted)(?:@([^:]*))?:/.exec(text.slice(mark.length));
  if (found === null) return null;
  const [head, kind, maker] = found as unknown as [string, Seal["kind"], string | undefined];
  const value = text.slice(mark.length + head.length);
  return { kind, value, ...(maker !== undefined && { maker: decoded(maker) }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
