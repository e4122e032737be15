import type { ErrorInfo } from "../../protocol/errors.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import type { ContextUpdate } from "../context/context.ts";
import { historyTokens, itemTokens } from "../token-estimate.ts";
import type { TurnSetup } from "../turn-setup.ts";

/** Growth that says nothing: the frame of a summary, where there was next to nothing to sum up. */
const slackTokens = 256;

export const baseTokens = ({ baseInstructions }: TurnSetup): number =>
  itemTokens({ type: "message", role: "developer", content: [{ type: "input_text", text: baseInstructions }] });

interface Marked {
  item: ResponseItem;
  kinds: readonly string[];
}

/** What was said and done, in tokens: the context around it is told anew, whether or not there is a summary. */
function saidTokens(setup: TurnSetup, items: readonly Marked[]): number {
  const context = new Set(setup.context.map(({ kind }) => kind));
  const said = items.filter(({ kinds }) => kinds.length === 0 || !kinds.every((kind) => context.has(kind)));
  return historyTokens(said.map(({ item }) => item));
}

/** Why the new history is no gain over the old one; null when it is. */
export function noGain(setup: TurnSetup, old: readonly Marked[], fresh: readonly Marked[]): ErrorInfo | null {
  const [before, after] = [saidTokens(setup, old), saidTokens(setup, fresh)];
  if (after - before <= slackTokens) return null;
  return {
    code: "context_window_exceeded",
    message: `The summary was thrown away: with it the conversation would take about ${after} tokens, and without it about ${before}.`,
  };
}

/** What no summary can make smaller, when that alone fills the window. */
export function tooMuchContext(setup: TurnSetup, { messages }: ContextUpdate): ErrorInfo | null {
  const fixed = baseTokens(setup) + historyTokens(messages.map(({ message }) => message));
  if (fixed < setup.contextWindow) return null;
  return {
    code: "context_window_exceeded",
    message: `The instructions of this thread alone take about ${fixed} tokens, and the context window has ${setup.contextWindow}. Shorten them (AGENTS.md, skills, model_instructions_file), raise model_context_window if the model reads more, or choose another model.`,
  };
}
