import {
  anything,
  boolean,
  defaulted,
  experimental,
  list,
  literal,
  map,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  union,
  unsigned,
} from "../../shapes/shape.ts";
import { CollaborationMode, SandboxPolicy, Thread, Turn, TurnEnvironmentParams } from "./common.ts";
import { FunctionCallOutputBody } from "./items.ts";
import {
  AbsolutePathBuf,
  ActivePermissionProfile,
  ApprovalsReviewer,
  AskForApproval,
  ImageDetail,
  LegacyAppPathString,
  MessagePhase,
  MultiAgentMode,
  Personality,
  ReasoningEffort,
  ReasoningSummary,
  SandboxMode,
  SortDirection,
  ThreadHistoryMode,
  ThreadSource,
  TurnItemsView,
} from "./values.ts";

export const DynamicToolNamespaceTool = object({
  deferLoading: optional(boolean),
  description: string,
  inputSchema: anything,
  name: string,
  type: literal("function"),
});
export type DynamicToolNamespaceTool = Infer<typeof DynamicToolNamespaceTool>;

export const DynamicToolSpec = union(
  object({
    deferLoading: optional(boolean),
    description: string,
    inputSchema: anything,
    name: string,
    type: literal("function"),
  }),
  object({ description: string, name: string, tools: list(DynamicToolNamespaceTool), type: literal("namespace") }),
);
export type DynamicToolSpec = Infer<typeof DynamicToolSpec>;

export const CapabilityRootLocation = object({ environmentId: string, path: string, type: literal("environment") });
export type CapabilityRootLocation = Infer<typeof CapabilityRootLocation>;

export const SelectedCapabilityRoot = object({ id: string, location: CapabilityRootLocation });
export type SelectedCapabilityRoot = Infer<typeof SelectedCapabilityRoot>;

export const ThreadStartSource = oneOf("startup", "clear");
export type ThreadStartSource = Infer<typeof ThreadStartSource>;

export const ThreadStartParams = object({
  allowProviderModelFallback: experimental(optional(boolean)),
  approvalPolicy: optional(nullable(AskForApproval)),
  approvalsReviewer: optional(nullable(ApprovalsReviewer)),
  baseInstructions: optional(nullable(string)),
  config: optional(nullable(map(anything))),
  cwd: optional(nullable(string)),
  daybreakEnabled: experimental(optional(nullable(boolean))),
  developerInstructions: optional(nullable(string)),
  dynamicTools: experimental(optional(nullable(list(DynamicToolSpec)))),
  environments: experimental(optional(nullable(list(TurnEnvironmentParams)))),
  ephemeral: optional(nullable(boolean)),
  experimentalRawEvents: experimental(optional(boolean)),
  historyMode: experimental(optional(nullable(ThreadHistoryMode))),
  mockExperimentalField: experimental(optional(nullable(string))),
  model: optional(nullable(string)),
  modelProvider: optional(nullable(string)),
  multiAgentMode: experimental(optional(nullable(MultiAgentMode))),
  permissions: experimental(optional(nullable(string))),
  personality: optional(nullable(Personality)),
  projectId: experimental(optional(nullable(string))),
  runtimeWorkspaceRoots: experimental(optional(nullable(list(AbsolutePathBuf)))),
  sandbox: optional(nullable(SandboxMode)),
  selectedCapabilityRoots: experimental(optional(nullable(list(SelectedCapabilityRoot)))),
  serviceName: optional(nullable(string)),
  serviceTier: optional(nullable(string)),
  sessionStartSource: optional(nullable(ThreadStartSource)),
  threadSource: optional(nullable(ThreadSource)),
});
export type ThreadStartParams = Infer<typeof ThreadStartParams>;

export const ThreadStartResponse = object({
  activePermissionProfile: experimental(nullable(ActivePermissionProfile)),
  approvalPolicy: AskForApproval,
  approvalsReviewer: ApprovalsReviewer,
  cwd: AbsolutePathBuf,
  disabledPluginIds: defaulted(list(string), []),
  instructionSources: defaulted(list(LegacyAppPathString), []),
  model: string,
  modelProvider: string,
  multiAgentMode: experimental(defaulted(MultiAgentMode, "explicitRequestOnly")),
  reasoningEffort: nullable(ReasoningEffort),
  runtimeWorkspaceRoots: experimental(defaulted(list(AbsolutePathBuf), [])),
  sandbox: SandboxPolicy,
  serviceTier: nullable(string),
  thread: Thread,
});
export type ThreadStartResponse = Infer<typeof ThreadStartResponse>;

export const AgentMessageInputContent = union(
  object({ text: string, type: literal("input_text") }),
  object({ encrypted_content: string, type: literal("encrypted_content") }),
);
export type AgentMessageInputContent = Infer<typeof AgentMessageInputContent>;

export const ConfigurationReasoning = object({ effort: ReasoningEffort });
export type ConfigurationReasoning = Infer<typeof ConfigurationReasoning>;

export const ContentItem = union(
  object({ text: string, type: literal("input_text") }),
  union(
    object({ detail: optional(nullable(ImageDetail)), type: literal("input_image"), image_url: string }),
    object({ detail: optional(nullable(ImageDetail)), type: literal("input_image"), file_id: string }),
  ),
  union(
    object({ type: literal("input_audio"), audio_url: string }),
    object({ type: literal("input_audio"), file_id: string }),
  ),
  object({
    annotations: optional(nullable(list(anything))),
    logprobs: optional(nullable(list(anything))),
    text: string,
    type: literal("output_text"),
  }),
);
export type ContentItem = Infer<typeof ContentItem>;

export const InternalChatMessageMetadataPassthrough = object({ turn_id: optional(nullable(string)) });
export type InternalChatMessageMetadataPassthrough = Infer<typeof InternalChatMessageMetadataPassthrough>;

export const LocalShellAction = object({
  command: list(string),
  env: nullable(map(string)),
  timeout_ms: nullable(unsigned),
  type: literal("exec"),
  user: nullable(string),
  working_directory: nullable(string),
});
export type LocalShellAction = Infer<typeof LocalShellAction>;

export const LocalShellStatus = oneOf("completed", "in_progress", "incomplete");
export type LocalShellStatus = Infer<typeof LocalShellStatus>;

export const ReasoningItemContent = union(
  object({ text: string, type: literal("reasoning_text") }),
  object({ text: string, type: literal("text") }),
);
export type ReasoningItemContent = Infer<typeof ReasoningItemContent>;

export const ReasoningItemReasoningSummary = object({ text: string, type: literal("summary_text") });
export type ReasoningItemReasoningSummary = Infer<typeof ReasoningItemReasoningSummary>;

export const ResponsesApiWebSearchAction = union(
  object({ queries: optional(nullable(list(string))), query: optional(nullable(string)), type: literal("search") }),
  object({ type: literal("open_page"), url: optional(nullable(string)) }),
  object({ pattern: optional(nullable(string)), type: literal("find_in_page"), url: optional(nullable(string)) }),
  object({ type: literal("other") }),
);
export type ResponsesApiWebSearchAction = Infer<typeof ResponsesApiWebSearchAction>;

export const ResponseItem = union(
  object({ id: optional(nullable(string)), role: string, tools: list(anything), type: literal("additional_tools") }),
  object({
    content: list(ContentItem),
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    phase: optional(nullable(MessagePhase)),
    role: string,
    status: optional(nullable(string)),
    type: literal("message"),
  }),
  object({
    author: string,
    content: list(AgentMessageInputContent),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    recipient: string,
    type: literal("agent_message"),
  }),
  object({
    content: optional(nullable(list(ReasoningItemContent))),
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    summary: list(ReasoningItemReasoningSummary),
    type: literal("reasoning"),
  }),
  object({
    action: LocalShellAction,
    call_id: optional(nullable(string)),
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    status: LocalShellStatus,
    type: literal("local_shell_call"),
  }),
  object({
    arguments: string,
    call_id: string,
    encrypted_content: optional(nullable(string)),
    encrypted_function_args: optional(nullable(list(string))),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    name: string,
    namespace: optional(nullable(string)),
    status: optional(nullable(string)),
    type: literal("function_call"),
  }),
  object({
    arguments: anything,
    call_id: optional(nullable(string)),
    encrypted_content: optional(nullable(string)),
    execution: string,
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    status: optional(nullable(string)),
    type: literal("tool_search_call"),
  }),
  object({
    call_id: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    name: optional(nullable(string)),
    namespace: optional(nullable(string)),
    output: FunctionCallOutputBody,
    type: literal("function_call_output"),
  }),
  object({
    call_id: string,
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    input: string,
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    name: string,
    namespace: optional(nullable(string)),
    status: optional(nullable(string)),
    type: literal("custom_tool_call"),
  }),
  object({
    call_id: string,
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    name: optional(nullable(string)),
    output: FunctionCallOutputBody,
    type: literal("custom_tool_call_output"),
  }),
  object({
    call_id: optional(nullable(string)),
    execution: string,
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    status: string,
    tools: list(anything),
    type: literal("tool_search_output"),
  }),
  object({
    action: optional(nullable(ResponsesApiWebSearchAction)),
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    status: optional(nullable(string)),
    type: literal("web_search_call"),
  }),
  object({
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    result: string,
    revised_prompt: optional(nullable(string)),
    status: string,
    type: literal("image_generation_call"),
  }),
  object({
    encrypted_content: string,
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    type: literal("compaction"),
  }),
  object({ reasoning: ConfigurationReasoning, type: literal("configuration_update") }),
  object({ type: literal("compaction_trigger") }),
  object({
    encrypted_content: optional(nullable(string)),
    id: optional(nullable(string)),
    internal_chat_message_metadata_passthrough: optional(nullable(InternalChatMessageMetadataPassthrough)),
    type: literal("context_compaction"),
  }),
  object({ type: literal("other") }),
);
export type ResponseItem = Infer<typeof ResponseItem>;

export const ThreadResumeInitialTurnsPageParams = object({
  itemsView: optional(nullable(TurnItemsView)),
  limit: optional(nullable(unsigned)),
  sortDirection: optional(nullable(SortDirection)),
});
export type ThreadResumeInitialTurnsPageParams = Infer<typeof ThreadResumeInitialTurnsPageParams>;

export const ThreadResumeParams = object({
  approvalPolicy: optional(nullable(AskForApproval)),
  approvalsReviewer: optional(nullable(ApprovalsReviewer)),
  baseInstructions: optional(nullable(string)),
  config: optional(nullable(map(anything))),
  cwd: optional(nullable(string)),
  developerInstructions: optional(nullable(string)),
  excludeTurns: optional(boolean),
  history: experimental(optional(nullable(list(ResponseItem)))),
  initialTurnsPage: experimental(optional(nullable(ThreadResumeInitialTurnsPageParams))),
  model: optional(nullable(string)),
  modelProvider: optional(nullable(string)),
  path: experimental(optional(nullable(string))),
  permissions: experimental(optional(nullable(string))),
  personality: optional(nullable(Personality)),
  runtimeWorkspaceRoots: experimental(optional(nullable(list(AbsolutePathBuf)))),
  sandbox: optional(nullable(SandboxMode)),
  serviceTier: optional(nullable(string)),
  threadId: string,
});
export type ThreadResumeParams = Infer<typeof ThreadResumeParams>;

export const TurnsPage = object({ backwardsCursor: nullable(string), data: list(Turn), nextCursor: nullable(string) });
export type TurnsPage = Infer<typeof TurnsPage>;

export const ThreadResumeResponse = object({
  activePermissionProfile: experimental(nullable(ActivePermissionProfile)),
  approvalPolicy: AskForApproval,
  approvalsReviewer: ApprovalsReviewer,
  collaborationMode: nullable(CollaborationMode),
  cwd: AbsolutePathBuf,
  disabledPluginIds: defaulted(list(string), []),
  initialTurnsPage: experimental(nullable(TurnsPage)),
  instructionSources: defaulted(list(LegacyAppPathString), []),
  itemsBackwardsCursor: nullable(string),
  model: string,
  modelProvider: string,
  multiAgentMode: experimental(defaulted(MultiAgentMode, "explicitRequestOnly")),
  reasoningEffort: nullable(ReasoningEffort),
  runtimeWorkspaceRoots: experimental(defaulted(list(AbsolutePathBuf), [])),
  sandbox: SandboxPolicy,
  serviceTier: nullable(string),
  thread: Thread,
  turnsBackwardsCursor: nullable(string),
});
export type ThreadResumeResponse = Infer<typeof ThreadResumeResponse>;

export const ThreadForkParams = object({
  approvalPolicy: optional(nullable(AskForApproval)),
  approvalsReviewer: optional(nullable(ApprovalsReviewer)),
  attachToSource: experimental(optional(boolean)),
  baseInstructions: optional(nullable(string)),
  beforeTurnId: experimental(optional(nullable(string))),
  config: optional(nullable(map(anything))),
  cwd: optional(nullable(string)),
  deferGoalContinuation: experimental(optional(boolean)),
  developerInstructions: optional(nullable(string)),
  ephemeral: optional(boolean),
  excludeTurns: optional(boolean),
  experimentalDisablePredictionMcp: experimental(optional(boolean)),
  experimentalPredictionMode: experimental(optional(boolean)),
  lastTurnId: optional(nullable(string)),
  model: optional(nullable(string)),
  modelProvider: optional(nullable(string)),
  path: experimental(optional(nullable(string))),
  permissions: experimental(optional(nullable(string))),
  runtimeWorkspaceRoots: experimental(optional(nullable(list(AbsolutePathBuf)))),
  sandbox: optional(nullable(SandboxMode)),
  serviceTier: optional(nullable(string)),
  threadId: string,
  threadSource: optional(nullable(ThreadSource)),
});
export type ThreadForkParams = Infer<typeof ThreadForkParams>;

export const ThreadForkResponse = object({
  activePermissionProfile: experimental(nullable(ActivePermissionProfile)),
  approvalPolicy: AskForApproval,
  approvalsReviewer: ApprovalsReviewer,
  cwd: AbsolutePathBuf,
  disabledPluginIds: defaulted(list(string), []),
  instructionSources: defaulted(list(LegacyAppPathString), []),
  model: string,
  modelProvider: string,
  multiAgentMode: experimental(defaulted(MultiAgentMode, "explicitRequestOnly")),
  reasoningEffort: nullable(ReasoningEffort),
  runtimeWorkspaceRoots: experimental(defaulted(list(AbsolutePathBuf), [])),
  sandbox: SandboxPolicy,
  serviceTier: nullable(string),
  thread: Thread,
});
export type ThreadForkResponse = Infer<typeof ThreadForkResponse>;

export const ThreadSettingsUpdateParams = object({
  approvalPolicy: optional(nullable(AskForApproval)),
  approvalsReviewer: optional(nullable(ApprovalsReviewer)),
  collaborationMode: optional(nullable(CollaborationMode)),
  cwd: optional(nullable(string)),
  disabledPluginIds: optional(nullable(list(string))),
  effort: optional(nullable(ReasoningEffort)),
  environments: optional(nullable(list(TurnEnvironmentParams))),
  model: optional(nullable(string)),
  multiAgentMode: optional(nullable(MultiAgentMode)),
  permissions: optional(nullable(string)),
  personality: optional(nullable(Personality)),
  sandboxPolicy: optional(nullable(SandboxPolicy)),
  serviceTier: optional(nullable(string)),
  summary: optional(nullable(ReasoningSummary)),
  threadId: string,
});
export type ThreadSettingsUpdateParams = Infer<typeof ThreadSettingsUpdateParams>;

export const ThreadSettingsUpdateResponse = object({});
export type ThreadSettingsUpdateResponse = Infer<typeof ThreadSettingsUpdateResponse>;

export const ThreadRevertParams = object({ beforeTurnId: string, threadId: string });
export type ThreadRevertParams = Infer<typeof ThreadRevertParams>;

export const ThreadRevertResponse = object({
  itemsBackwardsCursor: nullable(string),
  thread: Thread,
  turnsBackwardsCursor: nullable(string),
});
export type ThreadRevertResponse = Infer<typeof ThreadRevertResponse>;
