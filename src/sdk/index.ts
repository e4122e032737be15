/** `codex-agent/sdk`: clients of `codex-agent`, and of the real Codex. */

// One process a turn, over `exec`.
export { Codex } from "./exec/codex.ts";
export {
  Thread,
  type CompletedTurn,
  type RunResult,
  type RunStreamedResult,
  type StreamedTurn,
  type Turn,
} from "./exec/thread.ts";
export type {
  ApprovalMode,
  CodexOptions,
  CyberAccessProgram,
  GranularApproval,
  Input,
  ModelReasoningEffort,
  ReviewTarget,
  SandboxMode,
  SdkLogger,
  StreamCallbacks,
  ThreadOptions,
  TurnOptions,
  UserInput,
  WebSearchMode,
} from "./exec/options.ts";
export { isUnknownEvent, isUnknownItem } from "./exec/events.ts";
export type {
  AgentMessageItem,
  CollabToolCallItem,
  CommandExecutionItem,
  CommandExecutionStatus,
  ErrorItem,
  FileChangeItem,
  FileUpdateChange,
  ItemCompletedEvent,
  ItemStartedEvent,
  ItemUpdatedEvent,
  MalformedLineEvent,
  McpContentBlock,
  McpToolCallItem,
  McpToolCallStatus,
  PatchApplyStatus,
  PatchChangeKind,
  ReasoningItem,
  ThreadError,
  ThreadErrorEvent,
  ThreadEvent,
  ThreadItem,
  ThreadStartedEvent,
  TodoItem,
  TodoListItem,
  TurnCompletedEvent,
  TurnFailedEvent,
  TurnStartedEvent,
  UnknownEvent,
  UnknownItem,
  Usage,
  WebSearchItem,
} from "./exec/events.ts";
export type { TurnSpan } from "./exec/span.ts";
export { checkFilePath } from "./exec/input.ts";

// Errors of all clients, then those of one program a turn.
export {
  AbortError,
  CodexNotFoundError,
  CodexSdkError,
  CodexSpawnError,
  NotAuthenticatedError,
  SessionNotFoundError,
  TurnFailedError,
  ValidationError,
  type SdkErrorCode,
  type TurnFailureKind,
} from "./errors.ts";
export {
  CodexExitError,
  CodexProtocolError,
  NotTrustedDirectoryError,
  OutputParseError,
  ResumeMismatchError,
  TurnAbortedError,
  TurnTimeoutError,
} from "./exec/errors.ts";

export type { BinaryChoice } from "./launch/find-binary.ts";
export type { SpawnHook } from "./launch/child.ts";
export type { CodexConfigObject, CodexConfigValue } from "./launch/toml.ts";
