import { historyTokens } from "./token-estimate.ts";
import type { ThreadState } from "./turn/turn-host.ts";
import type { TurnSetup } from "./turn-setup.ts";

/** Why a history is to be replaced by a summary, in Codex's words. */
export interface CompactionCause {
  trigger: "auto" | "manual";
  reason: "context_limit" | "comp_hash_changed" | "user_requested";
  phase: "pre_turn" | "mid_turn" | "standalone_turn" | "context_length_exceeded";
  /** Who writes the summary, when that is not the turn's model. */
  model: string | null;
}

/** What the next request takes: what the provider counted last, and an estimate of what has come since. */
export function usedTokens({ lastUsage, history, measuredItems }: ThreadState): number | null {
  return lastUsage === null ? null : lastUsage.totalTokens + historyTokens(history.slice(measuredItems));
}

function isFull(state: ThreadState, { compaction: { limit } }: TurnSetup): boolean {
  const used = usedTokens(state);
  if (limit === null || used === null || state.history.length === 0 || used < limit) return false;
  // Where a summary could not get below the limit, the next one waits until there is something new to sum up.
  return state.floor === null || used >= state.floor.tokens + limit / 4;
}

const full = (phase: "pre_turn" | "mid_turn"): CompactionCause => ({
  trigger: "auto",
  reason: "context_limit",
  phase,
  model: null,
});

/**
 * Whether the history must be replaced before the prompt is added: it fills the window, or was made with a model whose
 * histories this one cannot read, which then writes the summary.
 */
export function dueBeforeTurn(state: ThreadState, setup: TurnSetup): CompactionCause | null {
  const before = state.contextModel;
  const hash = setup.model.compactionHash;
  if (
    state.history.length > 0 &&
    before !== null &&
    before.compactionHash !== null &&
    hash !== null &&
    before.compactionHash !== hash
  ) {
    return { trigger: "auto", reason: "comp_hash_changed", phase: "pre_turn", model: before.name };
  }
  return isFull(state, setup) ? full("pre_turn") : null;
}

export const dueBeforeRequest = (state: ThreadState, setup: TurnSetup): CompactionCause | null =>
  isFull(state, setup) ? full("mid_turn") : null;
