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

export const AbsolutePathBuf = string;
export type AbsolutePathBuf = Infer<typeof AbsolutePathBuf>;

export const SandboxMode = oneOf("read-only", "workspace-write", "danger-full-access");
export type SandboxMode = Infer<typeof SandboxMode>;

export const LegacyAppPathString = string;
export type LegacyAppPathString = Infer<typeof LegacyAppPathString>;

export const ThreadSource = string;
export type ThreadSource = Infer<typeof ThreadSource>;

export const ApprovalsReviewer = oneOf("user", "auto_review", "guardian_subagent");
export type ApprovalsReviewer = Infer<typeof ApprovalsReviewer>;

export const Personality = oneOf("none", "friendly", "pragmatic");
export type Personality = Infer<typeof Personality>;

export const ThreadHistoryMode = oneOf("legacy", "paginated");
export type ThreadHistoryMode = Infer<typeof ThreadHistoryMode>;

export const MultiAgentMode = union(oneOf("explicitRequestOnly", "proactive"), object({ custom: string }));
export type MultiAgentMode = Infer<typeof MultiAgentMode>;

export const AskForApproval = union(
  oneOf("untrusted", "on-request", "never"),
  object({
    granular: object({
      mcp_elicitations: boolean,
      request_permissions: defaulted(boolean, false),
      rules: boolean,
      sandbox_approval: boolean,
      skill_approval: defaulted(boolean, false),
    }),
  }),
);
export type AskForApproval = Infer<typeof AskForApproval>;

export const ReasoningEffort = string;
export type ReasoningEffort = Infer<typeof ReasoningEffort>;

export const GitInfo = object({ branch: nullable(string), originUrl: nullable(string), sha: nullable(string) });
export type GitInfo = Infer<typeof GitInfo>;

export const ThreadId = string;
export type ThreadId = Infer<typeof ThreadId>;

export const AgentPath = string;
export type AgentPath = Infer<typeof AgentPath>;

export const ThreadSectionAppearance = object({ color: nullable(string), icon: nullable(string) });
export type ThreadSectionAppearance = Infer<typeof ThreadSectionAppearance>;

export const ThreadActiveFlag = oneOf("waitingOnApproval", "waitingOnUserInput");
export type ThreadActiveFlag = Infer<typeof ThreadActiveFlag>;

export const ThreadExtra = object({});
export type ThreadExtra = Infer<typeof ThreadExtra>;

export const CollabAgentToolCallStatus = oneOf("inProgress", "completed", "failed", "interrupted");
export type CollabAgentToolCallStatus = Infer<typeof CollabAgentToolCallStatus>;

export const HookPromptFragment = object({ hookRunId: string, text: string });
export type HookPromptFragment = Infer<typeof HookPromptFragment>;

export const ImageGenerationFailure = object({
  limitId: string,
  resetsAt: nullable(integer),
  type: literal("usageLimitExceeded"),
});
export type ImageGenerationFailure = Infer<typeof ImageGenerationFailure>;

export const DynamicToolCallStatus = oneOf("inProgress", "completed", "failed");
export type DynamicToolCallStatus = Infer<typeof DynamicToolCallStatus>;

export const ImageDetail = oneOf("auto", "low", "high", "original");
export type ImageDetail = Infer<typeof ImageDetail>;

export const CollabAgentTool = oneOf(
  "spawnAgent",
  "sendInput",
  "resumeAgent",
  "wait",
  "closeAgent",
  "sendMessage",
  "followupTask",
  "interruptAgent",
  "listAgents",
);
export type CollabAgentTool = Infer<typeof CollabAgentTool>;

export const MemoryCitationEntry = object({ lineEnd: unsigned, lineStart: unsigned, note: string, path: string });
export type MemoryCitationEntry = Infer<typeof MemoryCitationEntry>;

export const McpToolCallAppContext = object({
  actionName: nullable(string),
  appName: nullable(string),
  connectorId: string,
  linkId: nullable(string),
  resourceUri: nullable(string),
});
export type McpToolCallAppContext = Infer<typeof McpToolCallAppContext>;

export const McpToolCallError = object({ message: string });
export type McpToolCallError = Infer<typeof McpToolCallError>;

export const CommandExecutionStatus = oneOf("inProgress", "completed", "failed", "declined");
export type CommandExecutionStatus = Infer<typeof CommandExecutionStatus>;

export const McpToolCallStatus = oneOf("inProgress", "completed", "failed");
export type McpToolCallStatus = Infer<typeof McpToolCallStatus>;

export const DynamicToolCallOutputContentItem = union(
  object({ text: string, type: literal("inputText") }),
  object({ imageUrl: string, type: literal("inputImage") }),
  object({ audioUrl: string, type: literal("inputAudio") }),
);
export type DynamicToolCallOutputContentItem = Infer<typeof DynamicToolCallOutputContentItem>;

export const McpAppDisplayMode = oneOf("inline", "fullscreen");
export type McpAppDisplayMode = Infer<typeof McpAppDisplayMode>;

export const McpToolCallResult = object({
  _meta: optional(anything),
  content: list(anything),
  structuredContent: optional(anything),
});
export type McpToolCallResult = Infer<typeof McpToolCallResult>;

export const CommandExecutionSource = oneOf("agent", "userShell", "unifiedExecStartup", "unifiedExecInteraction");
export type CommandExecutionSource = Infer<typeof CommandExecutionSource>;

export const AgentMessageDelivery = literal("async");
export type AgentMessageDelivery = Infer<typeof AgentMessageDelivery>;

export const PatchApplyStatus = oneOf("inProgress", "completed", "failed", "declined");
export type PatchApplyStatus = Infer<typeof PatchApplyStatus>;

export const WebSearchAction = union(
  object({ queries: optional(nullable(list(string))), query: optional(nullable(string)), type: literal("search") }),
  object({ type: literal("openPage"), url: optional(nullable(string)) }),
  object({ pattern: optional(nullable(string)), type: literal("findInPage"), url: optional(nullable(string)) }),
  object({ type: literal("other") }),
);
export type WebSearchAction = Infer<typeof WebSearchAction>;

export const PatchChangeKind = union(
  object({ type: literal("add") }),
  object({ type: literal("delete") }),
  object({ move_path: nullable(string), type: literal("update") }),
);
export type PatchChangeKind = Infer<typeof PatchChangeKind>;

export const MessagePhase = oneOf("commentary", "partial_answer", "final_answer");
export type MessagePhase = Infer<typeof MessagePhase>;

export const AgentMessageDisplay = object({
  action: string,
  blockType: nullable(string),
  checkTrustedContacts: nullable(boolean),
  cyberTrustedAccess: nullable(boolean),
});
export type AgentMessageDisplay = Infer<typeof AgentMessageDisplay>;

export const ByteRange = object({ end: unsigned, start: unsigned });
export type ByteRange = Infer<typeof ByteRange>;

export const AsyncUserInputQuestion = object({ options: nullable(list(string)), title: string });
export type AsyncUserInputQuestion = Infer<typeof AsyncUserInputQuestion>;

export const SubAgentActivityKind = oneOf("started", "interacted", "interrupted", "completed");
export type SubAgentActivityKind = Infer<typeof SubAgentActivityKind>;

export const CollabAgentStatus = oneOf(
  "pendingInit",
  "running",
  "interrupted",
  "completed",
  "errored",
  "shutdown",
  "notFound",
);
export type CollabAgentStatus = Infer<typeof CollabAgentStatus>;

export const NonSteerableTurnKind = oneOf("review", "compact");
export type NonSteerableTurnKind = Infer<typeof NonSteerableTurnKind>;

export const MisalignmentSteer = object({ message: string });
export type MisalignmentSteer = Infer<typeof MisalignmentSteer>;

export const TurnStatus = oneOf("completed", "interrupted", "failed", "inProgress");
export type TurnStatus = Infer<typeof TurnStatus>;

export const TurnItemsView = oneOf("notLoaded", "summary", "full");
export type TurnItemsView = Infer<typeof TurnItemsView>;

export const ActivePermissionProfile = object({ extends: nullable(string), id: string });
export type ActivePermissionProfile = Infer<typeof ActivePermissionProfile>;

export const NetworkAccess = oneOf("restricted", "enabled");
export type NetworkAccess = Infer<typeof NetworkAccess>;

export const SortDirection = oneOf("asc", "desc");
export type SortDirection = Infer<typeof SortDirection>;

export const ModeKind = oneOf("plan", "default");
export type ModeKind = Infer<typeof ModeKind>;

export const ReasoningSummary = oneOf("auto", "concise", "detailed", "none");
export type ReasoningSummary = Infer<typeof ReasoningSummary>;

export const HookSource = oneOf(
  "system",
  "user",
  "project",
  "mdm",
  "sessionFlags",
  "plugin",
  "cloudRequirements",
  "cloudManagedConfig",
  "legacyManagedConfigFile",
  "legacyManagedConfigMdm",
  "unknown",
);
export type HookSource = Infer<typeof HookSource>;

export const HookEventName = oneOf(
  "preModelRequest",
  "postModelRequest",
  "preToolUse",
  "permissionRequest",
  "postToolUse",
  "preCompact",
  "postCompact",
  "sessionStart",
  "sessionEnd",
  "userPromptSubmit",
  "subagentStart",
  "subagentStop",
  "stop",
  "interrupt",
);
export type HookEventName = Infer<typeof HookEventName>;

export const CyberAccessProgram = oneOf("standard", "daybreakBlue", "daybreakRed");
export type CyberAccessProgram = Infer<typeof CyberAccessProgram>;

export const FileSystemAccessMode = oneOf("read", "write", "deny");
export type FileSystemAccessMode = Infer<typeof FileSystemAccessMode>;

export const AdditionalNetworkPermissions = object({ enabled: nullable(boolean) });
export type AdditionalNetworkPermissions = Infer<typeof AdditionalNetworkPermissions>;

export const NetworkApprovalProtocol = oneOf("http", "https", "socks5Tcp", "socks5Udp");
export type NetworkApprovalProtocol = Infer<typeof NetworkApprovalProtocol>;
