import { goalStatuses, type Goal, type GoalChange, type GoalStatus } from "../../protocol/goals.ts";

/** A goal as its thread keeps it. Times are milliseconds, since the Unix epoch where they are moments. */
export interface GoalState {
  /** Tells it from one that came before it in the same thread. */
  readonly id: string;
  readonly objective: string;
  readonly status: GoalStatus;
  readonly tokenBudget: number | null;
  readonly tokensUsed: number;
  readonly timeUsedMs: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A goal, or a sentence that says why it cannot be so. */
export type GoalResult = { goal: GoalState } | { problem: string };

export interface Moment {
  nowMs: number;
  /** Of a goal that is made. */
  newId(): string;
}

const maximumObjective = 4000;

const seconds = (ms: number): number => Math.floor(ms / 1000);

export const shownGoal = (threadId: string, goal: GoalState): Goal => ({
  threadId,
  objective: goal.objective,
  status: goal.status,
  tokenBudget: goal.tokenBudget,
  tokensUsed: goal.tokensUsed,
  timeUsedSeconds: seconds(goal.timeUsedMs),
  createdAt: seconds(goal.createdAtMs),
  updatedAt: seconds(goal.updatedAtMs),
});

/** A goal of the model's: only where none is left unfinished. */
export function createGoal(
  before: GoalState | null,
  objective: string,
  tokenBudget: number | null,
  moment: Moment,
): GoalResult {
  const problem = objectiveProblem(objective) ?? budgetProblem(tokenBudget);
  if (problem !== null) return { problem };
  if (before !== null && before.status !== "complete") {
    return {
      problem: "cannot create a new goal because this thread has an unfinished goal; complete the existing goal first",
    };
  }
  return { goal: newGoal(objective, tokenBudget, moment) };
}

const ownToSet: ReadonlySet<GoalStatus> = new Set(["complete", "blocked", "paused"]);

/** A state that the model may give a goal. What is out of budget stays so instead of paused. */
export function concludeGoal(before: GoalState | null, status: GoalStatus, nowMs: number): GoalResult {
  if (!ownToSet.has(status)) {
    return {
      problem:
        "update_goal can only mark the existing goal complete, blocked, or paused at the user's explicit request; resume, budget-limited, and usage-limited status changes are controlled by the user or system",
    };
  }
  if (before === null) return { problem: "cannot update goal because this thread has no goal" };
  if (status === "paused" && before.status === "budgetLimited") return { goal: before };
  return { goal: { ...before, status, updatedAtMs: nowMs } };
}

/** What the user says of the goal: a change, or with an objective where there is none, a new one. */
export function changeGoal(threadId: string, before: GoalState | null, change: GoalChange, moment: Moment): GoalResult {
  const { objective, status, tokenBudget } = change;
  const problem =
    (objective === undefined ? null : objectiveProblem(objective)) ??
    budgetProblem(tokenBudget ?? null) ??
    statusProblem(status);
  if (problem !== null) return { problem };
  if (before === null && objective === undefined) {
    return { problem: `cannot update goal for thread ${threadId}: no goal exists` };
  }
  const goal: GoalState = {
    ...(before ?? newGoal(objective ?? "", null, moment)),
    ...(objective !== undefined && { objective: objective.trim() }),
    ...(status !== undefined && { status }),
    ...(tokenBudget !== undefined && { tokenBudget }),
    updatedAtMs: moment.nowMs,
  };
  return { goal: withinBudget(goal) };
}

/** Tokens and time that were spent while it was pursued. */
export const chargeGoal = (goal: GoalState, spent: { tokens: number; ms: number }, nowMs: number): GoalState =>
  withinBudget({
    ...goal,
    tokensUsed: goal.tokensUsed + spent.tokens,
    timeUsedMs: goal.timeUsedMs + spent.ms,
    updatedAtMs: nowMs,
  });

function withinBudget(goal: GoalState): GoalState {
  const spent = goal.tokenBudget !== null && goal.tokensUsed >= goal.tokenBudget;
  return spent && goal.status === "active" ? { ...goal, status: "budgetLimited" } : goal;
}

function newGoal(objective: string, tokenBudget: number | null, { nowMs, newId }: Moment): GoalState {
  return {
    id: newId(),
    objective: objective.trim(),
    status: "active",
    tokenBudget,
    tokensUsed: 0,
    timeUsedMs: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

function objectiveProblem(objective: string): string | null {
  const text = objective.trim();
  if (text === "") return "goal objective must not be empty";
  // Characters as people count them, not UTF-16 units.
  const long = text.length > maximumObjective && [...text].length > maximumObjective;
  return long ? `goal objective must be at most ${maximumObjective} characters` : null;
}

/** Clients are not all typed. */
function statusProblem(status: GoalStatus | undefined): string | null {
  if (status === undefined || goalStatuses.includes(status)) return null;
  return `unknown status \`${String(status)}\`; there are: ${goalStatuses.join(", ")}`;
}

const budgetProblem = (budget: number | null): string | null =>
  budget === null || (Number.isSafeInteger(budget) && budget > 0)
    ? null
    : "goal budgets must be positive when provided";
