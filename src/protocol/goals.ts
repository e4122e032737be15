/** The states of a goal, in Codex's words and order. */
export const goalStatuses = ["active", "paused", "blocked", "usageLimited", "budgetLimited", "complete"] as const;
export type GoalStatus = (typeof goalStatuses)[number];

/** What a thread works towards over several turns; a thread has one at most. Keys in Codex's order. */
export interface Goal {
  threadId: string;
  objective: string;
  status: GoalStatus;
  /** Tokens that may be spent on it; null: no limit. */
  tokenBudget: number | null;
  /** Input that no cache held, and output, of the responses made for it. */
  tokensUsed: number;
  /** Time of turns in which it was pursued. */
  timeUsedSeconds: number;
  /** Unix seconds. */
  createdAt: number;
  /** Unix seconds. */
  updatedAt: number;
}

/** What the user may change of a goal; what is left out stays. */
export interface GoalChange {
  objective?: string;
  status?: GoalStatus;
  /** Null takes the limit away. */
  tokenBudget?: number | null;
}
