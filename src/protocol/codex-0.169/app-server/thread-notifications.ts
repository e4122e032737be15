import { defaulted, experimental, integer, list, nullable, object, string, type Infer } from "../../shapes/shape.ts";
import { CollaborationMode, SandboxPolicy, Thread, ThreadEnvironment, ThreadStatus } from "./common.ts";
import {
  AbsolutePathBuf,
  ActivePermissionProfile,
  ApprovalsReviewer,
  AskForApproval,
  MultiAgentMode,
  Personality,
  ReasoningEffort,
  ReasoningSummary,
} from "./values.ts";

export const ThreadStartedNotification = object({ thread: Thread });
export type ThreadStartedNotification = Infer<typeof ThreadStartedNotification>;

export const ThreadStatusChangedNotification = object({ status: ThreadStatus, threadId: string });
export type ThreadStatusChangedNotification = Infer<typeof ThreadStatusChangedNotification>;

export const ThreadClosedNotification = object({ threadId: string });
export type ThreadClosedNotification = Infer<typeof ThreadClosedNotification>;

export const ThreadRevertedNotification = object({ threadId: string });
export type ThreadRevertedNotification = Infer<typeof ThreadRevertedNotification>;

export const ThreadSettings = object({
  activePermissionProfile: nullable(ActivePermissionProfile),
  approvalPolicy: AskForApproval,
  approvalsReviewer: ApprovalsReviewer,
  collaborationMode: CollaborationMode,
  cwd: AbsolutePathBuf,
  disabledPluginIds: defaulted(list(string), []),
  effort: nullable(ReasoningEffort),
  environments: experimental(nullable(list(ThreadEnvironment))),
  model: string,
  modelProvider: string,
  multiAgentMode: experimental(defaulted(MultiAgentMode, "explicitRequestOnly")),
  personality: nullable(Personality),
  sandboxPolicy: SandboxPolicy,
  serviceTier: nullable(string),
  summary: nullable(ReasoningSummary),
});
export type ThreadSettings = Infer<typeof ThreadSettings>;

export const ThreadSettingsUpdatedNotification = object({ threadId: string, threadSettings: ThreadSettings });
export type ThreadSettingsUpdatedNotification = Infer<typeof ThreadSettingsUpdatedNotification>;

export const TokenUsageBreakdown = object({
  cacheWriteInputTokens: defaulted(integer, 0),
  cachedInputTokens: integer,
  inputTokens: integer,
  outputTokens: integer,
  reasoningOutputTokens: integer,
  totalTokens: integer,
});
export type TokenUsageBreakdown = Infer<typeof TokenUsageBreakdown>;

export const ThreadTokenUsage = object({
  last: TokenUsageBreakdown,
  modelContextWindow: nullable(integer),
  total: TokenUsageBreakdown,
});
export type ThreadTokenUsage = Infer<typeof ThreadTokenUsage>;

export const ThreadTokenUsageUpdatedNotification = object({
  threadId: string,
  tokenUsage: ThreadTokenUsage,
  turnId: string,
});
export type ThreadTokenUsageUpdatedNotification = Infer<typeof ThreadTokenUsageUpdatedNotification>;
