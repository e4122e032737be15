/** The events of `exec`, and the items in them, by the names that the official package gives them. */

/** Tokens of the whole thread up to now. */
export type Usage = {
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_input_tokens: number;
  output_tokens: number;
  reasoning_output_tokens: number;
};

/** `declined`: the automatic reviewer refused it. */
export type CommandExecutionStatus = "in_progress" | "completed" | "failed" | "declined";

export type CommandExecutionItem = {
  id: string;
  type: "command_execution";
  command: string;
  /** What it wrote to stdout and stderr so far. */
  aggregated_output: string;
  /** Absent while it runs. */
  exit_code?: number;
  status: CommandExecutionStatus;
};

export type PatchChangeKind = "add" | "delete" | "update";
export type PatchApplyStatus = "in_progress" | "completed" | "failed";

export type FileUpdateChange = {
  path: string;
  kind: PatchChangeKind;
};

export type FileChangeItem = {
  id: string;
  type: "file_change";
  changes: FileUpdateChange[];
  status: PatchApplyStatus;
};

export type McpToolCallStatus = "in_progress" | "completed" | "failed";

/** A piece of a tool's result, as MCP defines them. */
export type McpContentBlock =
  | { type: "text"; text: string; [more: string]: unknown }
  | { type: "image" | "audio"; data: string; mimeType: string; [more: string]: unknown }
  | { type: "resource_link"; uri: string; name: string; [more: string]: unknown }
  | {
      type: "resource";
      resource: { uri: string; mimeType?: string; text?: string; blob?: string; [more: string]: unknown };
      [more: string]: unknown;
    };

export type McpToolCallItem = {
  id: string;
  type: "mcp_tool_call";
  server: string;
  tool: string;
  arguments: unknown;
  result?: { content: McpContentBlock[]; structured_content: unknown; _meta?: unknown };
  /** Of a call that failed. */
  error?: { message: string };
  status: McpToolCallStatus;
};

/** Sub-agents that are made, told something, waited for or ended. The official types do not know it. */
export type CollabToolCallItem = {
  id: string;
  type: "collab_tool_call";
  tool: "spawn_agent" | "send_input" | "wait" | "close_agent";
  sender_thread_id: string;
  receiver_thread_ids: string[];
  prompt?: string;
  /** By thread id. */
  agents_states: Record<string, { status: string; message?: string | null }>;
  status: "in_progress" | "completed" | "failed";
};

export type AgentMessageItem = {
  id: string;
  type: "agent_message";
  /** JSON under an output schema. */
  text: string;
};

/** A summary of the model's reasoning. */
export type ReasoningItem = {
  id: string;
  type: "reasoning";
  text: string;
};

export type WebSearchItem = {
  id: string;
  type: "web_search";
  query: string;
  action?: { type: string; [more: string]: unknown };
};

/** A notice that is not fatal. */
export type ErrorItem = {
  id: string;
  type: "error";
  message: string;
};

export type TodoItem = {
  text: string;
  completed: boolean;
};

export type TodoListItem = {
  id: string;
  type: "todo_list";
  items: TodoItem[];
};

/** Ids are unique within a turn. */
export type ThreadItem =
  | AgentMessageItem
  | ReasoningItem
  | CommandExecutionItem
  | FileChangeItem
  | McpToolCallItem
  | CollabToolCallItem
  | WebSearchItem
  | TodoListItem
  | ErrorItem;

/** The first event of every turn, new or resumed. */
export type ThreadStartedEvent = {
  type: "thread.started";
  thread_id: string;
};

export type TurnStartedEvent = {
  type: "turn.started";
};

export type TurnCompletedEvent = {
  type: "turn.completed";
  usage: Usage;
};

export type ThreadError = {
  message: string;
};

export type TurnFailedEvent = {
  type: "turn.failed";
  error: ThreadError;
};

type ItemEvent<Type extends string> = {
  type: Type;
  item: ThreadItem;
};

export type ItemStartedEvent = ItemEvent<"item.started">;
export type ItemUpdatedEvent = ItemEvent<"item.updated">;
export type ItemCompletedEvent = ItemEvent<"item.completed">;

/** Not the end: also what the program says before it tries again. */
export type ThreadErrorEvent = {
  type: "error";
  message: string;
};

export type ThreadEvent =
  | ThreadStartedEvent
  | TurnStartedEvent
  | TurnCompletedEvent
  | TurnFailedEvent
  | ItemStartedEvent
  | ItemUpdatedEvent
  | ItemCompletedEvent
  | ThreadErrorEvent;

/** Set apart from the names that are known, in types alone: else nothing would be left of an event that is not unknown. */
type UnknownName = string & { readonly unknown: true };

/** Of a program that is newer than this client: passed on as it came. */
export type UnknownEvent = {
  type: UnknownName;
  [field: string]: unknown;
};

export type UnknownItem = {
  id: string;
  type: UnknownName;
  [field: string]: unknown;
};

/** In the stream for a line that is no event, under `onMalformedLine: "event"`. */
export type MalformedLineEvent = {
  type: "malformed_line";
  /** From 1. */
  line_number: number;
  /** At most 2 KiB of the line. */
  excerpt: string;
};

const eventTypes: ReadonlySet<unknown> = new Set<ThreadEvent["type"]>([
  "thread.started",
  "turn.started",
  "turn.completed",
  "turn.failed",
  "item.started",
  "item.updated",
  "item.completed",
  "error",
]);

const itemTypes: ReadonlySet<unknown> = new Set<ThreadItem["type"]>([
  "agent_message",
  "reasoning",
  "command_execution",
  "file_change",
  "mcp_tool_call",
  "collab_tool_call",
  "web_search",
  "todo_list",
  "error",
]);

/** Whether the event is none of {@link ThreadEvent}, whatever its static type says. */
export function isUnknownEvent(event: { type: string }): event is UnknownEvent {
  return !eventTypes.has(event.type);
}

/** Whether the item is none of {@link ThreadItem}. */
export function isUnknownItem(item: { type: string }): item is UnknownItem {
  return !itemTypes.has(item.type);
}

/** What a line holds: an event, or why it is none. */
export function readEvent(line: string): { event: ThreadEvent } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: "is not JSON" };
  }
  if (!isRecord(value)) return { problem: "is not a JSON object" };
  const problem = problemOf(value);
  if (problem !== null) return { problem };
  tidy(value);
  return { event: value as unknown as ThreadEvent };
}

function problemOf(event: Record<string, unknown>): string | null {
  switch (event["type"]) {
    case "thread.started":
      return typeof event["thread_id"] === "string" ? null : "has no thread_id";
    case "item.started":
    case "item.updated":
    case "item.completed":
      return isRecord(event["item"]) ? null : "has no item";
    default:
      return null;
  }
}

const counters = [
  "input_tokens",
  "cached_input_tokens",
  "cache_write_input_tokens",
  "output_tokens",
  "reasoning_output_tokens",
] as const;

/** Where the program writes null for what is not there, the types say that it is absent; a counter that is absent is 0. */
function tidy(event: Record<string, unknown>): void {
  const { item, usage } = event;
  if (event["type"] === "turn.completed" && isRecord(usage)) {
    for (const counter of counters) if (typeof usage[counter] !== "number") usage[counter] = 0;
  }
  if (!isRecord(item)) return;
  for (const field of optional[String(item["type"])] ?? []) if (item[field] === null) delete item[field];
}

const optional: Record<string, readonly string[]> = {
  command_execution: ["exit_code"],
  mcp_tool_call: ["result", "error"],
  collab_tool_call: ["prompt"],
  web_search: ["action"],
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What one total has more than another; null when it has less, since then they are not of one count. */
export function usageBetween(before: Usage, after: Usage): Usage | null {
  const difference = Object.fromEntries(counters.map((counter) => [counter, after[counter] - before[counter]]));
  return Object.values(difference).some((count) => count < 0) ? null : (difference as unknown as Usage);
}

export const noUsage: Usage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  cache_write_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
};
