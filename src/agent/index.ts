/** `codex-agent`: an agent in your program. */

export { Agent, type EventOf, type EventType } from "./agent.ts";
export type { ContentPart, Input } from "./input.ts";
export type { AgentOptions, Approval, ApprovalRequest, RunOptions } from "./options.ts";
export {
  tool,
  type AgentTool,
  type ToolAnnotations,
  type ToolContext,
  type ToolOptions,
  type ToolPart,
} from "./tool.ts";
export type { TurnResult } from "./turn-result.ts";
export { AgentError, type ErrorCode, type ErrorInfo } from "../protocol/errors.ts";
export type { AgentEvent } from "../protocol/events.ts";
export type { ThreadItem } from "../protocol/items.ts";
export type { Question } from "../protocol/questions.ts";
