import type { GoalState } from "../../kernel/goals/goal.ts";
import { goalStatuses } from "../../protocol/goals.ts";
import { type JsonObject, numberOr, stringOr } from "../../protocol/codex-0.169/rollout.ts";

/** Payload type of the lines that say what a thread's goal is; the last one counts. */
export const goalLineType = "goal";

export const goalLine = (goal: GoalState | null): JsonObject =>
  goal === null
    ? { cleared: true }
    : {
        id: goal.id,
        objective: goal.objective,
        status: goal.status,
        token_budget: goal.tokenBudget,
        tokens_used: goal.tokensUsed,
        time_used_ms: goal.timeUsedMs,
        created_at_ms: goal.createdAtMs,
        updated_at_ms: goal.updatedAtMs,
      };

/** Null for a line that takes the goal away, or says nothing that could be one. */
export function goalOf(payload: JsonObject): GoalState | null {
  const [id, objective] = [stringOr(payload["id"]), stringOr(payload["objective"])];
  const status = goalStatuses.find((each) => each === payload["status"]);
  if (id === null || objective === null || status === undefined) return null;
  return {
    id,
    objective,
    status,
    tokenBudget: numberOr(payload["token_budget"]),
    tokensUsed: numberOr(payload["tokens_used"]) ?? 0,
    timeUsedMs: numberOr(payload["time_used_ms"]) ?? 0,
    createdAtMs: numberOr(payload["created_at_ms"]) ?? 0,
    updatedAtMs: numberOr(payload["updated_at_ms"]) ?? 0,
  };
}
