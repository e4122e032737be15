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

// One long-lived process, or a server that is there already, over the protocol of the app-server.
export { createClient, type AppServerClient } from "./app-server/create-client.ts";
export type { ClientOptions, TransportChoice } from "./app-server/options.ts";
export {
  unset,
  type ForkParams,
  type ResumeParams,
  type SandboxPolicyParams,
  type ThreadParams,
  type TurnParams,
} from "./app-server/params.ts";
export type { SentParams } from "./app-server/sent.ts";
export type { AppServerReviewTarget, AppServerThread } from "./app-server/methods.ts";
export {
  ExecStyleRenderer,
  renderExecStyleEvents,
  type RenderCounts,
  type RenderOptions,
} from "./app-server/render/renderer.ts";
export type { ColourChoice } from "./app-server/render/colours.ts";
export type { ClientEvents, EventName, EventOf } from "./app-server/client-events.ts";
export type { RequestOptions } from "./app-server/connection/connection.ts";
export type { ReconnectOptions, ServerInfo } from "./app-server/connection/link.ts";
export type { Prompt, PromptPart } from "./app-server/turns/prompt.ts";
export type { RunOptions } from "./app-server/turns/run-turn.ts";
export type { CreateOptions, TextKind, TextOptions } from "./app-server/turns/forms.ts";
export type { AgentResponse } from "./app-server/turns/response.ts";
export type {
  AppServerItem,
  EventPhase,
  ResponseEvent,
  ResponseEventError,
  ThreadTokenUsage,
  TurnPlanStep,
} from "./app-server/events/response-event.ts";
export type {
  CommandApprovalParams,
  CommandDecision,
  FileChangeApprovalParams,
  FileChangeDecision,
  Hook,
  HookContext,
  Hooks,
  SessionGrant,
  UserInputAnswer,
  UserInputParams,
} from "./app-server/requests/hooks.ts";
export type { HookErrorEvent } from "./app-server/requests/answerer.ts";
export {
  CompositePolicyEngine,
  DefaultPolicyEngine,
  type PolicyAudit,
  type PolicyContext,
  type PolicyEngine,
  type RequestType,
} from "./app-server/policy/engine.ts";
export { RuleBasedPolicyEngine, type RuleEngineOptions } from "./app-server/policy/rules.ts";
export { LlmRubricPolicyEngine, type LlmEngineOptions } from "./app-server/policy/llm-engine.ts";
export type { JudgeClient, JudgeConfig } from "./app-server/policy/judge.ts";
export type { Conditions, Rubric, Rule, ToolInputDecision } from "./app-server/policy/rubric.ts";
export type { MemoryServer, MemoryWire } from "./app-server/transports/memory.ts";
export type { OpenTransport, Transport, TransportHandlers } from "./app-server/transports/transport.ts";
export {
  AppServerConnectionError,
  BufferOverflowError,
  MethodNotSupportedError,
  RequestTimeoutError,
  RpcError,
  type ConnectionEnd,
} from "./app-server/errors.ts";
export type {
  ClientMethod,
  Notification,
  NotificationName,
  NotificationParams,
  ParamsOf,
  ResultOf,
  ServerMethod,
  ServerParamsOf,
  ServerResultOf,
} from "../protocol/codex-0.169/app-server/methods.ts";

// Errors of all clients, then those of one program a turn.
export {
  AbortError,
  CodexNotFoundError,
  CodexSdkError,
  /** The base of all errors, by the name of older app-server clients. */
  CodexSdkError as CodexAgenticError,
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
