import type { AgentStatus } from "./agents.ts";
import type { ClientToolContent } from "./client-tools.ts";
import type { ReviewReport, ReviewTarget } from "./review.ts";

/** Thread items: what a turn consists of, as doors show it and the journal keeps it. */

export type FileChangeKind = "add" | "delete" | "update";

export interface FileChange {
  /** Absolute; of a move, the source. */
  path: string;
  kind: FileChangeKind;
  /** Absolute target of a move. */
  movePath?: string;
  /** Unified hunks of an update; whole content of an added or deleted file. */
  diff: string;
}

/** The texts of a file before and after a patch; null where there is none. */
export interface PatchedFile {
  /** Absolute, where it was before. */
  path: string;
  /** Absolute, where it is now; null: where it was. */
  movePath: string | null;
  before: string | null;
  after: string | null;
}

/** A part of a text that stands for something else where it was typed: a file, pasted text, ... Offsets are bytes of UTF-8. */
export interface TextMark {
  start: number;
  end: number;
  /** What was shown in its place. */
  placeholder: string | null;
}

export type InputElement =
  | { type: "text"; text: string; marks?: readonly TextMark[] }
  | { type: "image"; url: string }
  | { type: "localImage"; path: string }
  /** A skill that the user has chosen: its name, and the absolute path of its SKILL.md. */
  | { type: "skill"; name: string; path: string }
  /** Something that the text speaks of; the model reads the text alone. */
  | { type: "mention"; name: string; path: string };

export interface UserMessage {
  type: "userMessage";
  id: string;
  /** Of whoever said it. */
  clientId?: string;
  content: InputElement[];
}
export interface AgentMessage {
  type: "agentMessage";
  /** The provider's id. */
  id: string;
  text: string;
  phase?: string;
  /** What the text asks, where it is a question that nobody waits for. */
  questions?: AsyncQuestion[];
}
/** A question that the user may answer whenever they like, by saying something. */
export interface AsyncQuestion {
  title: string;
  /** Null: there is nothing to choose from. */
  options: string[] | null;
}
/** What the model proposes to do, in plan mode. */
export interface Plan {
  type: "plan";
  id: string;
  text: string;
}
export interface Reasoning {
  type: "reasoning";
  id: string;
  summary: string[];
  content: string[];
}
export type CommandStatus = "inProgress" | "completed" | "failed" | "declined";
export interface CommandExecution {
  type: "commandExecution";
  /** The call id. */
  id: string;
  /** What is executed, the shell first. */
  argv: string[];
  cwd: string;
  /** Session number as the model knows it, while it may go on. */
  processId: string | null;
  source: "agent" | "startup" | "interaction" | "userShell";
  status: CommandStatus;
  /** Standard output and error as they came, at most 1 MiB. */
  aggregatedOutput: string;
  exitCode: number | null;
  durationMs: number | null;
}
export interface FileChangeItem {
  type: "fileChange";
  id: string;
  /** Sorted by path. */
  changes: FileChange[];
  status: "inProgress" | "completed" | "failed" | "declined";
  stdout: string;
  stderr: string;
}
export interface PlanStep {
  step: string;
  status: "pending" | "in_progress" | "completed";
}
export interface WebSearch {
  type: "webSearch";
  id: string;
  query: string;
  action: Record<string, unknown>;
}
export interface ImageView {
  type: "imageView";
  id: string;
  path: string;
}
/** A call that concerns sub-agents. */
export interface CollabToolCall {
  type: "collabToolCall";
  id: string;
  tool: "spawnAgent" | "sendInput" | "resumeAgent" | "wait" | "closeAgent";
  status: "inProgress" | "completed" | "failed";
  senderThreadId: string;
  receivers: { threadId: string; nickname: string | null; role: string | null }[];
  prompt: string | null;
  model: string | null;
  reasoningEffort: string | null;
  /** By thread id. */
  agentStates: Record<string, AgentStatus>;
}
/** Something that a named sub-agent did, or that was done to it. */
export interface SubAgentActivity {
  type: "subAgentActivity";
  id: string;
  kind: "started" | "interacted" | "interrupted" | "completed";
  agentThreadId: string;
  agentPath: string;
  model: string | null;
  reasoningEffort: string | null;
}
/** The history was replaced by a summary. */
export interface ContextCompaction {
  type: "contextCompaction";
  id: string;
}
/** What a tool of an MCP server brought, in MCP's words; long results are cut. */
export interface McpResult {
  /** Blocks: text, image, resource, ... */
  content: Record<string, unknown>[];
  structuredContent: unknown;
  isError: boolean;
  meta: Record<string, unknown> | null;
}
export interface McpToolCall {
  type: "mcpToolCall";
  id: string;
  server: string;
  /** As the server names it. */
  tool: string;
  arguments: unknown;
  /** The server says that the tool changes nothing; null when it says nothing. */
  readOnlyHint: boolean | null;
  status: "inProgress" | "completed" | "failed";
  result: McpResult | null;
  /** Why there is no result. */
  error: string | null;
  durationMs: number | null;
}
/** What hooks said to keep a turn going. */
export interface HookPrompt {
  type: "hookPrompt";
  /** That of the message in the history. */
  id: string;
  fragments: { text: string; hookRunId: string }[];
}
/** A review began: from here to its end another thread looks at the changes. */
export interface EnteredReview {
  type: "enteredReviewMode";
  id: string;
  /** What is looked at, in a line. */
  label: string;
  target: ReviewTarget;
}
export interface ExitedReview {
  type: "exitedReviewMode";
  id: string;
  /** What was found, as people read it. */
  text: string;
  /** Null when it was stopped before it had found anything. */
  report: ReviewReport | null;
}
/** A call of a tool that a client brought. */
export interface ClientToolCall {
  type: "clientToolCall";
  id: string;
  namespace: string | null;
  tool: string;
  arguments: unknown;
  status: "inProgress" | "completed" | "failed";
  /** Null while it is on its way. */
  content: ClientToolContent[] | null;
  durationMs: number | null;
}
/** A call of a tool that has no item kind of its own. */
export interface ToolCall {
  type: "toolCall";
  id: string;
  tool: string;
  arguments: unknown;
  status: "inProgress" | "completed" | "failed";
  result: string | null;
}

export type ThreadItem =
  | UserMessage
  | AgentMessage
  | Plan
  | Reasoning
  | CommandExecution
  | FileChangeItem
  | WebSearch
  | ImageView
  | CollabToolCall
  | SubAgentActivity
  | ContextCompaction
  | McpToolCall
  | ToolCall
  | ClientToolCall
  | HookPrompt
  | EnteredReview
  | ExitedReview;
