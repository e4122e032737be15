import { shellJoin } from "../../../protocol/codex-0.169/shell-join.ts";
import type { TextElement, ThreadItem as WireItem, UserInput } from "../../../protocol/codex-0.169/app-server/items.ts";
import type { AgentStatus } from "../../../protocol/agents.ts";
import type {
  CollabToolCall,
  CommandExecution,
  FileChange,
  InputElement,
  TextMark,
  McpToolCall,
  ThreadItem,
  ToolCall,
} from "../../../protocol/items.ts";
import { clientCall } from "./client-tools.ts";
import { commandActions } from "./command-actions.ts";

/** Items of ours in the words of the app-server. */

export interface ItemTimes {
  startedAtMs: number | null;
  completedAtMs: number | null;
}

export function wireItem(item: ThreadItem, times: ItemTimes): WireItem {
  return { ...payloadOf(item), ...times };
}

function payloadOf(item: ThreadItem): WireItem {
  switch (item.type) {
    case "userMessage":
      return {
        type: "userMessage",
        id: item.id,
        clientId: item.clientId ?? null,
        content: item.content.map(wireInput),
      };
    case "agentMessage":
      return {
        type: "agentMessage",
        moderation: null,
        id: item.id,
        text: item.text,
        phase: phaseOf(item.phase),
        memoryCitation: null,
        delivery: item.questions === undefined ? null : "async",
        questions: item.questions ?? null,
      };
    case "plan":
      return { type: "plan", id: item.id, text: item.text };
    case "reasoning":
      return { type: "reasoning", id: item.id, summary: item.summary, content: item.content };
    case "commandExecution":
      return commandOf(item);
    case "fileChange":
      return { type: "fileChange", id: item.id, changes: item.changes.map(wireChange), status: item.status };
    case "webSearch":
      return { type: "webSearch", id: item.id, query: item.query, action: searchAction(item.action), results: null };
    case "imageView":
      return { type: "imageView", id: item.id, path: item.path };
    case "collabToolCall":
      return collabOf(item);
    case "subAgentActivity":
      return item as WireItem;
    case "contextCompaction":
      return { type: "contextCompaction", id: item.id };
    case "mcpToolCall":
      return mcpCallOf(item);
    case "toolCall":
      return toolCallOf(item);
    case "enteredReviewMode":
      return { type: "enteredReviewMode", id: item.id, review: item.label };
    case "exitedReviewMode":
      return { type: "exitedReviewMode", id: item.id, review: item.text };
    case "clientToolCall":
      return clientCall(item);
    case "hookPrompt":
      return { type: "hookPrompt", id: item.id, fragments: item.fragments };
  }
}

const phaseOf = (phase: string | undefined): "commentary" | "final_answer" | null =>
  phase === "commentary" || phase === "final_answer" ? phase : null;

const wireMark = ({ start, end, placeholder }: TextMark): TextElement => ({ byteRange: { start, end }, placeholder });

export function wireInput(element: InputElement): UserInput {
  switch (element.type) {
    case "text":
      return { type: "text", text: element.text, text_elements: (element.marks ?? []).map(wireMark) };
    case "image":
    case "localImage":
      return { ...element, detail: null };
    default:
      return element;
  }
}

const sources = {
  agent: "agent",
  startup: "unifiedExecStartup",
  interaction: "unifiedExecInteraction",
  userShell: "userShell",
} as const;

function commandOf(item: CommandExecution): WireItem {
  const ran = item.status === "completed" || item.status === "failed";
  return {
    type: "commandExecution",
    id: item.id,
    pluginId: null,
    scriptPath: null,
    command: shellJoin(item.argv),
    cwd: item.cwd,
    processId: item.processId,
    source: sources[item.source],
    status: item.status,
    commandActions: commandActions(item.argv, item.cwd),
    aggregatedOutput: ran && item.aggregatedOutput !== "" ? item.aggregatedOutput : null,
    exitCode: item.exitCode,
    durationMs: item.durationMs,
  };
}

export const wireChange = (change: FileChange): Extract<WireItem, { type: "fileChange" }>["changes"][number] => ({
  path: change.path,
  kind: change.kind === "update" ? { type: "update", move_path: change.movePath ?? null } : { type: change.kind },
  // Codex says it in the text, too.
  diff: change.movePath === undefined ? change.diff : `${change.diff}\n\nMoved to: ${change.movePath}`,
});

function collabOf(item: CollabToolCall): WireItem {
  return {
    type: "collabAgentToolCall",
    id: item.id,
    tool: item.tool,
    status: item.status,
    senderThreadId: item.senderThreadId,
    receiverThreadIds: item.receivers.map(({ threadId }) => threadId),
    prompt: item.prompt,
    model: item.model,
    reasoningEffort: item.reasoningEffort as never,
    agentsStates: Object.fromEntries(Object.entries(item.agentStates).map(([id, status]) => [id, agentState(status)])),
  };
}

function agentState(status: AgentStatus): { status: never; message: string | null } {
  const words = { pending_init: "pendingInit", not_found: "notFound" } as Record<string, string>;
  if (typeof status === "string") return { status: (words[status] ?? status) as never, message: null };
  if ("completed" in status) return { status: "completed" as never, message: status.completed };
  return { status: "errored" as never, message: status.errored };
}

function mcpCallOf(item: McpToolCall): WireItem {
  const { result } = item;
  return {
    type: "mcpToolCall",
    id: item.id,
    server: item.server,
    tool: item.tool,
    status: item.status,
    arguments: item.arguments ?? null,
    appContext: null,
    mcpAppUi: null,
    pluginId: null,
    readOnlyHint: item.readOnlyHint,
    result: result && {
      content: result.content,
      structuredContent: result.structuredContent ?? null,
      _meta: result.meta,
    },
    error: item.error === null ? null : { message: item.error },
    durationMs: item.durationMs,
  };
}

type SearchAction = Extract<WireItem, { type: "webSearch" }>["action"];

function searchAction(action: Record<string, unknown>): SearchAction {
  const text = (key: string): string | null => (typeof action[key] === "string" ? action[key] : null);
  switch (action["type"]) {
    case "search": {
      const { queries } = action;
      const given = Array.isArray(queries) ? queries.filter((query) => typeof query === "string") : null;
      return { type: "search", query: text("query"), queries: given };
    }
    case "open_page":
      return { type: "openPage", url: text("url") };
    case "find_in_page":
      return { type: "findInPage", url: text("url"), pattern: text("pattern") };
    default:
      return { type: "other" };
  }
}

/** Tools without an item kind of their own are shown as tools that a client brought. */
function toolCallOf(item: ToolCall): WireItem {
  return {
    type: "dynamicToolCall",
    id: item.id,
    namespace: null,
    tool: item.tool,
    arguments: item.arguments ?? null,
    status: item.status,
    contentItems: item.result === null ? null : [{ type: "inputText", text: item.result }],
    success: item.status === "inProgress" ? null : item.status === "completed",
    durationMs: null,
  };
}
