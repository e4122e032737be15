import type { TokenUsage } from "../../protocol/usage.ts";
import { chargeGoal, type GoalState } from "./goal.ts";

/** What is counted on a goal counts from here. */
export interface Meter {
  /** The goal that was pursued when the response now under way was asked for; null: none, it counts on nothing. */
  readonly goalId: string | null;
  /** Tokens of the thread so far. */
  readonly tokens: number;
  readonly atMs: number;
}

/** Input that had to be read anew, and output. */
export const countedTokens = ({ inputTokens, cachedInputTokens, outputTokens }: TokenUsage): number =>
  Math.max(0, inputTokens - cachedInputTokens) + outputTokens;

/** Work goes on under these: what is out of budget may still be wrapped up, and that counts as well. */
const pursued = (goal: GoalState | null): goal is GoalState =>
  goal !== null && (goal.status === "active" || goal.status === "budgetLimited");

export const startMeter = (goal: GoalState | null, total: TokenUsage, nowMs: number): Meter => ({
  goalId: goal?.status === "active" ? goal.id : null,
  tokens: countedTokens(total),
  atMs: nowMs,
});

/**
 * A response and its calls are over. It counts when the goal was pursued before it and still is: neither the response
 * that makes a goal nor the one that ends it does.
 */
export function readMeter(
  meter: Meter,
  goal: GoalState | null,
  total: TokenUsage,
  nowMs: number,
): { meter: Meter; goal: GoalState | null; ranOut: boolean } {
  const tokens = countedTokens(total);
  if (!pursued(goal)) return { meter: { goalId: null, tokens, atMs: nowMs }, goal, ranOut: false };
  const next: Meter = {
    goalId: goal.status === "active" || meter.goalId === goal.id ? goal.id : null,
    tokens,
    atMs: nowMs,
  };
  if (meter.goalId !== goal.id) return { meter: next, goal, ranOut: false };
  const spent = { tokens: Math.max(0, tokens - meter.tokens), ms: Math.max(0, nowMs - meter.atMs) };
  const charged = chargeGoal(goal, spent, nowMs);
  return { meter: next, goal: charged, ranOut: goal.status === "active" && charged.status === "budgetLimited" };
}

export type TurnOutcome = { type: "completed" } | { type: "interrupted" } | { type: "failed"; code: string };

/** What becomes of a goal when a turn has ended. */
export type NextStep =
  | { type: "rest" }
  | { type: "continue" }
  /** The turn failed: the goal waits for the user. */
  | { type: "stop"; goal: GoalState }
  /** More turns than a person is likely to have wanted. */
  | { type: "pause"; goal: GoalState; turns: number };

export function afterTurn(
  goal: GoalState | null,
  outcome: TurnOutcome,
  facts: {
    nowMs: number;
    /** Turns begun by the goal since the user last said something, and how many there may be. */
    continued: number;
    maximum: number;
    /** Somebody's words are waiting, or goals are not to go on by themselves here. */
    held: boolean;
  },
): NextStep {
  if (goal === null || goal.status !== "active") return { type: "rest" };
  const now = { updatedAtMs: facts.nowMs };
  if (outcome.type === "failed") {
    const status = outcome.code === "usage_limit" ? "usageLimited" : "blocked";
    return { type: "stop", goal: { ...goal, status, ...now } };
  }
  if (outcome.type === "interrupted" || facts.held) return { type: "rest" };
  if (facts.continued >= facts.maximum) {
    return { type: "pause", goal: { ...goal, status: "paused", ...now }, turns: facts.continued };
  }
  return { type: "continue" };
}
