/** `codex-agent/kernel`: the loop, the tool registry, context and model clients, for those who build their own agent. */

// The loop.
export { Thread, type SubmitOptions, type ThreadPorts } from "./thread.ts";
export type { TurnInput, TurnSetup } from "./turn-setup.ts";
export type { Journal, JournalRecord, StoredThread } from "./journal-port.ts";
export { memoryJournal } from "./memory-journal.ts";

// Context.
export { contextUpdate, type ContextBlock, type ContextUpdate } from "./context/context.ts";
export { contextBlocks, type ContextFacts } from "./context/context-blocks.ts";

// Tools.
export { ToolRegistry, visibleTools } from "../tools/registry.ts";
export { parseArguments } from "../tools/arguments.ts";
export {
  CallError,
  type CallContext,
  type Effect,
  type ItemSink,
  type PreparedCall,
  type Tool,
  type ToolResult,
} from "../tools/tool.ts";
export type { Action, Decision } from "../policy/action.ts";

// Models.
export type { ModelClient, ModelEvent, ModelFailure, ModelRequest, ModelResult } from "../model/model-client.ts";
export { findModel, type ModelInfo } from "../model/catalog.ts";
export { ResponsesClient, type ResponsesEndpoint } from "../model/responses/responses-client.ts";
export { ScriptedModel, type ScriptedResponse } from "../model/scripted-model.ts";

// Words and ports.
export { AgentError, type ErrorCode } from "../protocol/errors.ts";
export type { AgentEvent } from "../protocol/events.ts";
export type { ThreadItem } from "../protocol/items.ts";
export type { Permissions } from "../protocol/permissions.ts";
export type { ResponseItem } from "../protocol/response-items.ts";
export { createIds, type Ids } from "../system/ids.ts";
export { nodeSystem } from "../system/node.ts";
export type { Clock, FileSystem, Random, System } from "../system/ports.ts";
