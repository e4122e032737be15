import { boolean, integer, nullable, object, oneOf, optional, string, type Infer } from "../../shapes/shape.ts";

export const ThreadGoalMutationOrigin = oneOf("user", "automatic");
export type ThreadGoalMutationOrigin = Infer<typeof ThreadGoalMutationOrigin>;

export const ThreadGoalStatus = oneOf("active", "paused", "blocked", "usageLimited", "budgetLimited", "complete");
export type ThreadGoalStatus = Infer<typeof ThreadGoalStatus>;

export const ThreadGoalSetParams = object({
  objective: optional(nullable(string)),
  origin: optional(nullable(ThreadGoalMutationOrigin)),
  status: optional(nullable(ThreadGoalStatus)),
  threadId: string,
  tokenBudget: optional(nullable(integer)),
});
export type ThreadGoalSetParams = Infer<typeof ThreadGoalSetParams>;

export const ThreadGoal = object({
  createdAt: integer,
  objective: string,
  status: ThreadGoalStatus,
  threadId: string,
  timeUsedSeconds: integer,
  tokenBudget: nullable(integer),
  tokensUsed: integer,
  updatedAt: integer,
});
export type ThreadGoal = Infer<typeof ThreadGoal>;

export const ThreadGoalSetResponse = object({ goal: ThreadGoal });
export type ThreadGoalSetResponse = Infer<typeof ThreadGoalSetResponse>;

export const ThreadGoalGetParams = object({ threadId: string });
export type ThreadGoalGetParams = Infer<typeof ThreadGoalGetParams>;

export const ThreadGoalGetResponse = object({ goal: nullable(ThreadGoal) });
export type ThreadGoalGetResponse = Infer<typeof ThreadGoalGetResponse>;

export const ThreadGoalClearParams = object({ origin: optional(nullable(ThreadGoalMutationOrigin)), threadId: string });
export type ThreadGoalClearParams = Infer<typeof ThreadGoalClearParams>;

export const ThreadGoalClearResponse = object({ cleared: boolean });
export type ThreadGoalClearResponse = Infer<typeof ThreadGoalClearResponse>;

export const ThreadGoalUpdatedNotification = object({ goal: ThreadGoal, threadId: string, turnId: nullable(string) });
export type ThreadGoalUpdatedNotification = Infer<typeof ThreadGoalUpdatedNotification>;

export const ThreadGoalClearedNotification = object({ threadId: string });
export type ThreadGoalClearedNotification = Infer<typeof ThreadGoalClearedNotification>;
