import type { MessagesMessage, MessagesThinking } from "../../protocol/messages/messages-api.ts";
import type { Traits } from "./traits.ts";

/** Fields of a request that say how much is to be thought. */
export interface Thinking {
  thinking?: MessagesThinking;
  /** `output_config.effort` */
  effort?: string;
  /** The model will think, as far as this request says. */
  on: boolean;
}

const least = 1024;
/** Tokens of `budget_tokens`; all of them leave room for an answer in what is asked for where nothing else is said. */
const budgets: Readonly<Record<string, number>> = {
  minimal: least,
  low: 4_000,
  medium: 10_000,
  high: 16_000,
  xhigh: 24_000,
  max: 24_000,
  ultra: 24_000,
};
const efforts: Readonly<Record<string, string>> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "max",
  ultra: "max",
};

export interface ThinkingWish {
  /** Null: the model's own. */
  effort: string | null;
  maxTokens: number;
  /** A tool must be called: no model can be made to and think. */
  forced: boolean;
  messages: readonly MessagesMessage[];
}

/** How a reasoning effort is said to a model. */
export function thinkingOf(traits: Traits, { effort, maxTokens, forced, messages }: ThinkingWish): Thinking {
  if (traits.thinking === "budget") {
    const wanted = effort === null ? undefined : budgets[effort];
    if (wanted === undefined || forced || startsThoughtless(messages)) return { on: false };
    // A quarter is left for what is said.
    const budget = Math.min(wanted, Math.floor((maxTokens * 3) / 4));
    return budget < least ? { on: false } : { thinking: { type: "enabled", budget_tokens: budget }, on: true };
  }
  if (traits.thinking === null) return { on: false };
  const known = effort === null ? undefined : efforts[effort];
  const level = known === "xhigh" && !traits.xhigh ? "high" : known;
  if (effort === "none" || forced) {
    if (traits.off === null) return { ...adaptive(traits), ...(effort === "none" && { effort: "low" }) };
    // Models that think unasked may be kept from it up to this effort.
    const below = level === "xhigh" || level === "max" ? "high" : level;
    return {
      ...(traits.thinksUnasked && { thinking: { type: traits.off } }),
      ...(below !== undefined && { effort: below }),
      on: false,
    };
  }
  if (effort === null && !traits.thinksUnasked) return { on: false };
  return { ...adaptive(traits), ...(level !== undefined && { effort: level }) };
}

/** Newer models show nothing of what they think, nor what they say between calls, unless they are asked to. */
const adaptive = ({ xhigh }: Traits): Thinking => ({
  thinking: { type: "adaptive", ...(xhigh && { display: "summarized" }) },
  on: true,
});

/**
 * Whether calls are being answered that were made without thinking: such a turn cannot begin to think before its end. (Another model
 * made them, or another effort was set.)
 */
function startsThoughtless(messages: readonly MessagesMessage[]): boolean {
  let first: MessagesMessage | null = null;
  for (const message of messages.toReversed()) {
    if (message.role === "assistant") first = message;
    else if (message.content[0]?.type !== "tool_result") break;
  }
  const type = first?.content[0]?.type;
  return type !== undefined && type !== "thinking" && type !== "redacted_thinking";
}
