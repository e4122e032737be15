/** The events of `codex exec --json`: one compact JSON object a line. */
import { wellFormedJson } from "../well-formed-json.ts";
import type { TokenCounts } from "./usage.ts";

export type ExecItem =
  | { id: string; type: "agent_message"; text: string }
  | { id: string; type: "reasoning"; text: string }
  | {
      id: string;
      type: "command_execution";
      command: string;
      aggregated_output: string;
      exit_code: number | null;
      status: "in_progress" | "completed" | "failed" | "declined";
    }
  | {
      id: string;
      type: "file_change";
      changes: { path: string; kind: "add" | "delete" | "update" }[];
      status: "in_progress" | "completed" | "failed";
    }
  | {
      id: string;
      type: "mcp_tool_call";
      server: string;
      tool: string;
      arguments: unknown;
      result: unknown;
      error: { message: string } | null;
      status: "in_progress" | "completed" | "failed";
    }
  | { id: string; type: "web_search"; providerId: string; query: string; action: Record<string, unknown> }
  | { id: string; type: "todo_list"; items: { text: string; completed: boolean }[] }
  | {
      id: string;
      type: "collab_tool_call";
      tool: "spawn_agent" | "send_input" | "wait" | "close_agent";
      sender_thread_id: string;
      receiver_thread_ids: string[];
      prompt: string | null;
      agents_states: Record<string, { status: string; message: string | null }>;
      status: "in_progress" | "completed" | "failed";
    }
  | { id: string; type: "error"; message: string };

export type ExecEvent =
  | { type: "thread.started"; thread_id: string }
  | { type: "turn.started" }
  | { type: "turn.completed"; usage: TokenCounts }
  | { type: "turn.failed"; error: { message: string } }
  | { type: "item.started" | "item.updated" | "item.completed"; item: ExecItem }
  | { type: "error"; message: string };

/** The line of an event, without its newline. */
export function encodeExecEvent(event: ExecEvent): string {
  if (!("item" in event) || event.item.type !== "web_search") return wellFormedJson(event);
  // Codex writes `id` twice here: its own, then the provider's, which is the one that JSON.parse keeps.
  const { id, type, providerId, ...rest } = event.item;
  const fields = wellFormedJson({ id: providerId, ...rest }).slice(1);
  return `{"type":"${event.type}","item":{"id":${wellFormedJson(id)},"type":"${type}",${fields}}`;
}
