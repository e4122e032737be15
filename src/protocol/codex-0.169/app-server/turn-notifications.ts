import {
  anything,
  boolean,
  defaulted,
  integer,
  list,
  literal,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  union,
  unsigned,
} from "../../shapes/shape.ts";
import { RequestPermissionProfile, Turn, TurnError } from "./common.ts";
import { FileUpdateChange, ThreadItem } from "./items.ts";
import { AbsolutePathBuf, HookEventName, HookSource, LegacyAppPathString, NetworkApprovalProtocol } from "./values.ts";

export const ErrorNotification = object({ error: TurnError, threadId: string, turnId: string, willRetry: boolean });
export type ErrorNotification = Infer<typeof ErrorNotification>;

export const TurnStartedNotification = object({ threadId: string, turn: Turn });
export type TurnStartedNotification = Infer<typeof TurnStartedNotification>;

export const HookExecutionMode = oneOf("sync", "async");
export type HookExecutionMode = Infer<typeof HookExecutionMode>;

export const HookHandlerType = oneOf("command", "mcpTool", "prompt", "agent");
export type HookHandlerType = Infer<typeof HookHandlerType>;

export const HookOutputEntryKind = oneOf("warning", "stop", "feedback", "context", "error");
export type HookOutputEntryKind = Infer<typeof HookOutputEntryKind>;

export const HookOutputEntry = object({ kind: HookOutputEntryKind, text: string });
export type HookOutputEntry = Infer<typeof HookOutputEntry>;

export const HookRunStatus = oneOf("running", "completed", "failed", "blocked", "stopped");
export type HookRunStatus = Infer<typeof HookRunStatus>;

export const HookScope = oneOf("thread", "turn");
export type HookScope = Infer<typeof HookScope>;

export const HookRunSummary = object({
  completedAt: nullable(integer),
  displayOrder: integer,
  durationMs: nullable(integer),
  entries: list(HookOutputEntry),
  eventName: HookEventName,
  executionMode: HookExecutionMode,
  handlerType: HookHandlerType,
  id: string,
  scope: HookScope,
  source: defaulted(HookSource, "unknown"),
  sourcePath: LegacyAppPathString,
  startedAt: integer,
  status: HookRunStatus,
  statusMessage: nullable(string),
});
export type HookRunSummary = Infer<typeof HookRunSummary>;

export const HookStartedNotification = object({ run: HookRunSummary, threadId: string, turnId: nullable(string) });
export type HookStartedNotification = Infer<typeof HookStartedNotification>;

export const TurnCompletedNotification = object({ threadId: string, turn: Turn });
export type TurnCompletedNotification = Infer<typeof TurnCompletedNotification>;

export const HookCompletedNotification = object({ run: HookRunSummary, threadId: string, turnId: nullable(string) });
export type HookCompletedNotification = Infer<typeof HookCompletedNotification>;

export const TurnDiffUpdatedNotification = object({ diff: string, threadId: string, turnId: string });
export type TurnDiffUpdatedNotification = Infer<typeof TurnDiffUpdatedNotification>;

export const TurnPlanStepStatus = oneOf("pending", "inProgress", "completed");
export type TurnPlanStepStatus = Infer<typeof TurnPlanStepStatus>;

export const TurnPlanStep = object({ status: TurnPlanStepStatus, step: string });
export type TurnPlanStep = Infer<typeof TurnPlanStep>;

export const TurnPlanUpdatedNotification = object({
  explanation: nullable(string),
  plan: list(TurnPlanStep),
  threadId: string,
  turnId: string,
});
export type TurnPlanUpdatedNotification = Infer<typeof TurnPlanUpdatedNotification>;

export const ItemStartedNotification = object({
  item: ThreadItem,
  startedAtMs: integer,
  threadId: string,
  turnId: string,
});
export type ItemStartedNotification = Infer<typeof ItemStartedNotification>;

export const GuardianApprovalReviewStatus = oneOf("inProgress", "approved", "denied", "timedOut", "aborted");
export type GuardianApprovalReviewStatus = Infer<typeof GuardianApprovalReviewStatus>;

export const GuardianRiskLevel = oneOf("low", "medium", "high", "critical");
export type GuardianRiskLevel = Infer<typeof GuardianRiskLevel>;

export const GuardianUserAuthorization = oneOf("unknown", "low", "medium", "high");
export type GuardianUserAuthorization = Infer<typeof GuardianUserAuthorization>;

export const GuardianApprovalReview = object({
  rationale: nullable(string),
  riskLevel: nullable(GuardianRiskLevel),
  status: GuardianApprovalReviewStatus,
  userAuthorization: nullable(GuardianUserAuthorization),
});
export type GuardianApprovalReview = Infer<typeof GuardianApprovalReview>;

export const GuardianCommandSource = oneOf("shell", "unifiedExec");
export type GuardianCommandSource = Infer<typeof GuardianCommandSource>;

export const GuardianApprovalReviewAction = union(
  object({ command: string, cwd: LegacyAppPathString, source: GuardianCommandSource, type: literal("command") }),
  object({
    argv: list(string),
    cwd: AbsolutePathBuf,
    program: string,
    source: GuardianCommandSource,
    type: literal("execve"),
  }),
  object({
    approvalId: string,
    cwd: LegacyAppPathString,
    processId: string,
    stdin: string,
    type: literal("writeStdin"),
  }),
  object({ cwd: LegacyAppPathString, files: list(LegacyAppPathString), type: literal("applyPatch") }),
  object({
    host: string,
    port: unsigned,
    protocol: NetworkApprovalProtocol,
    target: string,
    type: literal("networkAccess"),
  }),
  object({
    connectorId: nullable(string),
    connectorName: nullable(string),
    server: string,
    toolName: string,
    toolTitle: nullable(string),
    type: literal("mcpToolCall"),
  }),
  object({ permissions: RequestPermissionProfile, reason: nullable(string), type: literal("requestPermissions") }),
);
export type GuardianApprovalReviewAction = Infer<typeof GuardianApprovalReviewAction>;

export const ItemGuardianApprovalReviewStartedNotification = object({
  action: GuardianApprovalReviewAction,
  review: GuardianApprovalReview,
  reviewId: string,
  startedAtMs: integer,
  targetItemId: nullable(string),
  threadId: string,
  turnId: string,
});
export type ItemGuardianApprovalReviewStartedNotification = Infer<typeof ItemGuardianApprovalReviewStartedNotification>;

export const AutoReviewDecisionSource = literal("agent");
export type AutoReviewDecisionSource = Infer<typeof AutoReviewDecisionSource>;

export const ItemGuardianApprovalReviewCompletedNotification = object({
  action: GuardianApprovalReviewAction,
  completedAtMs: integer,
  decisionSource: AutoReviewDecisionSource,
  review: GuardianApprovalReview,
  reviewId: string,
  startedAtMs: integer,
  targetItemId: nullable(string),
  threadId: string,
  turnId: string,
});
export type ItemGuardianApprovalReviewCompletedNotification = Infer<
  typeof ItemGuardianApprovalReviewCompletedNotification
>;

export const StrictReviewRequiredNotification = object({ startedAtMs: integer, threadId: string, turnId: string });
export type StrictReviewRequiredNotification = Infer<typeof StrictReviewRequiredNotification>;

export const ItemCompletedNotification = object({
  completedAtMs: integer,
  contentTokenCount: optional(nullable(unsigned)),
  item: ThreadItem,
  threadId: string,
  turnId: string,
});
export type ItemCompletedNotification = Infer<typeof ItemCompletedNotification>;

export const AgentMessageDeltaNotification = object({
  delta: string,
  itemId: string,
  threadId: string,
  turnId: string,
});
export type AgentMessageDeltaNotification = Infer<typeof AgentMessageDeltaNotification>;

export const PlanDeltaNotification = object({ delta: string, itemId: string, threadId: string, turnId: string });
export type PlanDeltaNotification = Infer<typeof PlanDeltaNotification>;

export const CommandExecutionOutputDeltaNotification = object({
  delta: string,
  itemId: string,
  threadId: string,
  turnId: string,
});
export type CommandExecutionOutputDeltaNotification = Infer<typeof CommandExecutionOutputDeltaNotification>;

export const TerminalInteractionNotification = object({
  itemId: string,
  processId: string,
  stdin: string,
  threadId: string,
  turnId: string,
});
export type TerminalInteractionNotification = Infer<typeof TerminalInteractionNotification>;

export const FileChangeOutputDeltaNotification = object({
  delta: string,
  itemId: string,
  threadId: string,
  turnId: string,
});
export type FileChangeOutputDeltaNotification = Infer<typeof FileChangeOutputDeltaNotification>;

export const FileChangePatchUpdatedNotification = object({
  changes: list(FileUpdateChange),
  itemId: string,
  threadId: string,
  turnId: string,
});
export type FileChangePatchUpdatedNotification = Infer<typeof FileChangePatchUpdatedNotification>;

export const RequestId = union(string, integer);
export type RequestId = Infer<typeof RequestId>;

export const ServerRequestResolvedNotification = object({ requestId: RequestId, threadId: string });
export type ServerRequestResolvedNotification = Infer<typeof ServerRequestResolvedNotification>;

export const McpToolCallProgressNotification = object({
  itemId: string,
  message: string,
  threadId: string,
  turnId: string,
});
export type McpToolCallProgressNotification = Infer<typeof McpToolCallProgressNotification>;

export const ReasoningSummaryTextDeltaNotification = object({
  delta: string,
  itemId: string,
  summaryIndex: integer,
  threadId: string,
  turnId: string,
});
export type ReasoningSummaryTextDeltaNotification = Infer<typeof ReasoningSummaryTextDeltaNotification>;

export const ReasoningSummaryPartAddedNotification = object({
  itemId: string,
  summaryIndex: integer,
  threadId: string,
  turnId: string,
});
export type ReasoningSummaryPartAddedNotification = Infer<typeof ReasoningSummaryPartAddedNotification>;

export const ReasoningTextDeltaNotification = object({
  contentIndex: integer,
  delta: string,
  itemId: string,
  threadId: string,
  turnId: string,
});
export type ReasoningTextDeltaNotification = Infer<typeof ReasoningTextDeltaNotification>;

export const TurnModerationMetadataNotification = object({ metadata: anything, threadId: string, turnId: string });
export type TurnModerationMetadataNotification = Infer<typeof TurnModerationMetadataNotification>;

export const WarningNotification = object({ message: string, threadId: nullable(string) });
export type WarningNotification = Infer<typeof WarningNotification>;

export const GuardianWarningNotification = object({ message: string, threadId: string });
export type GuardianWarningNotification = Infer<typeof GuardianWarningNotification>;

export const DeprecationNoticeNotification = object({ details: nullable(string), summary: string });
export type DeprecationNoticeNotification = Infer<typeof DeprecationNoticeNotification>;
