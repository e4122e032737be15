import type { AgentEvent } from "../../protocol/events.ts";
import type { AgentStatus } from "../../protocol/agents.ts";
import type { CollabToolCall, McpToolCall, ThreadItem } from "../../protocol/items.ts";
import type { ExecEvent, ExecItem } from "../../protocol/codex-0.169/exec-events.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { fallbackText, retryText } from "../../protocol/retries.ts";
import { encodeCounts } from "../../protocol/codex-0.169/usage.ts";

/** An item without its id in this stream. */
type Shown = ExecItem extends infer Item ? (Item extends ExecItem ? Omit<Item, "id"> : never) : never;

const snakeStatus = {
  inProgress: "in_progress",
  completed: "completed",
  failed: "failed",
  declined: "declined",
} as const;

/** Taking an agent up again is shown as waiting for it: the surface has no word of its own for that. */
const collabTools = {
  spawnAgent: "spawn_agent",
  sendInput: "send_input",
  resumeAgent: "wait",
  wait: "wait",
  closeAgent: "close_agent",
} as const;

function shownStatus(status: AgentStatus): { status: string; message: string | null } {
  if (typeof status === "string") return { status, message: null };
  const [[word, message] = ["", null]] = Object.entries(status);
  return { status: word, message };
}

const shownMcpCall = ({ server, tool, arguments: args, result, error, status }: McpToolCall): Shown => ({
  type: "mcp_tool_call",
  server,
  tool,
  arguments: args,
  result: result && {
    content: result.content,
    ...(result.meta !== null && { _meta: result.meta }),
    structured_content: result.structuredContent,
  },
  error: error === null ? null : { message: error },
  status: status === "inProgress" ? "in_progress" : status,
});

const shownCollabCall = (item: CollabToolCall): Shown => ({
  type: "collab_tool_call",
  tool: collabTools[item.tool],
  sender_thread_id: item.senderThreadId,
  receiver_thread_ids: item.receivers.map(({ threadId }) => threadId),
  prompt: item.prompt,
  agents_states: Object.fromEntries(Object.entries(item.agentStates).map(([id, status]) => [id, shownStatus(status)])),
  status: snakeStatus[item.status],
});

/** What this surface shows of an item; null for what it does not. */
function shown(item: ThreadItem): Shown | null {
  switch (item.type) {
    case "agentMessage":
    case "plan":
      return { type: "agent_message", text: item.text };
    case "reasoning":
      return item.summary.length === 0 ? null : { type: "reasoning", text: item.summary.join("\n") };
    case "commandExecution":
      return {
        type: "command_execution",
        command: shellJoin(item.argv),
        aggregated_output: item.aggregatedOutput,
        exit_code: item.exitCode,
        status: snakeStatus[item.status],
      };
    case "fileChange":
      return {
        type: "file_change",
        changes: item.changes.map(({ path, kind }) => ({ path, kind })),
        status: item.status === "declined" ? "failed" : snakeStatus[item.status],
      };
    case "webSearch":
      return { type: "web_search", providerId: item.id, query: item.query, action: item.action };
    case "collabToolCall":
      return shownCollabCall(item);
    case "mcpToolCall":
      return shownMcpCall(item);
    default:
      return null;
  }
}

/** Messages and reasoning are told when they are complete, and only then. */
const completedOnly = new Set<string>(["agentMessage", "plan", "reasoning"]);

/**
 * Translates what happens in a thread into the events of `exec --json`. Items are numbered in the order in which
 * they first appear in this process.
 */
export class ExecEvents {
  readonly #write: (event: ExecEvent) => void;
  /** Numbers of items that are under way; a model may use a call id twice at once. */
  readonly #open = new Map<string, string[]>();
  #next = 0;
  #planId: string | null = null;
  #plan: { text: string; completed: boolean }[] | null = null;

  constructor(write: (event: ExecEvent) => void) {
    this.#write = write;
  }

  threadStarted(threadId: string): void {
    this.#write({ type: "thread.started", thread_id: threadId });
  }

  warning(message: string): void {
    this.#write({ type: "item.completed", item: { id: this.#newId(), type: "error", message } });
  }

  accept(event: AgentEvent): void {
    switch (event.type) {
      case "warning":
        return this.warning(event.message);
      case "turn.started":
        return this.#write({ type: "turn.started" });
      case "item.started":
        if (!completedOnly.has(event.item.type)) this.#item("item.started", event.item);
        return;
      case "item.completed":
        return this.#item("item.completed", event.item);
      case "plan.updated": {
        const first = this.#plan === null;
        this.#plan = event.plan.map(({ step, status }) => ({ text: step, completed: status === "completed" }));
        return this.#tellPlan(first ? "item.started" : "item.updated");
      }
      case "retry.scheduled":
        return this.#write({ type: "error", message: retryText(event) });
      case "model.fell_back":
        return this.warning(fallbackText(event));
      case "turn.completed":
        this.#endPlan();
        return this.#write({ type: "turn.completed", usage: encodeCounts(event.usage) });
      case "turn.failed":
        this.#write({ type: "error", message: event.error.message });
        this.#endPlan();
        return this.#write({ type: "turn.failed", error: { message: event.error.message } });
      default:
        return;
    }
  }

  #item(type: "item.started" | "item.completed", item: ThreadItem): void {
    const body = shown(item);
    if (body === null) return;
    const key = `${item.type}:${item.id}`;
    const open = this.#open.get(key) ?? [];
    const id = (type === "item.completed" ? open.shift() : undefined) ?? this.#newId();
    if (type === "item.started") this.#open.set(key, [...open, id]);
    this.#write({ type, item: { id, ...body } });
  }

  #endPlan(): void {
    if (this.#plan === null) return;
    this.#tellPlan("item.completed");
    this.#plan = null;
    this.#planId = null;
  }

  #tellPlan(type: "item.started" | "item.updated" | "item.completed"): void {
    const id = (this.#planId ??= this.#newId());
    this.#write({ type, item: { id, type: "todo_list", items: this.#plan ?? [] } });
  }

  #newId(): string {
    return `item_${this.#next++}`;
  }
}
