import type { Goal, GoalStatus } from "../../protocol/goals.ts";

/** Whoever keeps a thread's goal. A string says why something cannot be done, for the model to read. */
export interface GoalPort {
  get(): Goal | null;
  create(turnId: string, objective: string, tokenBudget: number | null): Goal | string;
  conclude(turnId: string, status: GoalStatus): Goal | string;
}
