import type { AgentOrigin, AgentStatus } from "../agents.ts";
import type { CollabToolCall, SubAgentActivity } from "../items.ts";
import { arrayOf, isObject, type JsonObject, numberOr, objectOr, stringOr } from "./rollout.ts";

/** What rollouts say of sub-agents: their threads' heads, and the items of calls that concern them. */

const toolNames: Record<CollabToolCall["tool"], string> = {
  spawnAgent: "spawn_agent",
  sendInput: "send_input",
  resumeAgent: "resume_agent",
  wait: "wait",
  closeAgent: "close_agent",
};

export function collabCallOut(item: CollabToolCall): JsonObject {
  return {
    type: "CollabAgentToolCall",
    id: item.id,
    tool: toolNames[item.tool],
    status: item.status === "inProgress" ? "in_progress" : item.status,
    sender_thread_id: item.senderThreadId,
    receiver_thread_ids: item.receivers.map(({ threadId }) => threadId),
    receiver_agents: item.receivers.map(({ threadId, nickname, role }) => ({
      thread_id: threadId,
      ...(nickname !== null && { agent_nickname: nickname }),
      ...(role !== null && { agent_role: role }),
    })),
    ...(item.prompt !== null && { prompt: item.prompt }),
    ...(item.model !== null && { model: item.model }),
    ...(item.reasoningEffort !== null && { reasoning_effort: item.reasoningEffort }),
    agents_states: item.agentStates,
  };
}

const words = new Set<unknown>(["pending_init", "running", "interrupted", "shutdown", "not_found"]);

function statusIn(value: unknown): AgentStatus {
  if (words.has(value)) return value as AgentStatus;
  const object = objectOr(value);
  const error = stringOr(object?.["errored"]);
  return error === null ? { completed: stringOr(object?.["completed"]) } : { errored: error };
}

export function collabCallIn(id: string, item: JsonObject): CollabToolCall {
  const tool = Object.entries(toolNames).find(([, name]) => name === item["tool"])?.[0] ?? "wait";
  const named = new Map(
    arrayOf(item["receiver_agents"])
      .filter(isObject)
      .map((agent) => [agent["thread_id"], agent]),
  );
  const states = Object.entries(objectOr(item["agents_states"]) ?? {});
  return {
    type: "collabToolCall",
    id,
    tool: tool as CollabToolCall["tool"],
    status: item["status"] === "failed" ? "failed" : item["status"] === "in_progress" ? "inProgress" : "completed",
    senderThreadId: stringOr(item["sender_thread_id"]) ?? "",
    receivers: arrayOf(item["receiver_thread_ids"])
      .filter((threadId) => typeof threadId === "string")
      .map((threadId) => ({
        threadId,
        nickname: stringOr(named.get(threadId)?.["agent_nickname"]),
        role: stringOr(named.get(threadId)?.["agent_role"]),
      })),
    prompt: stringOr(item["prompt"]),
    model: stringOr(item["model"]),
    reasoningEffort: stringOr(item["reasoning_effort"]),
    agentStates: Object.fromEntries(states.map(([threadId, status]) => [threadId, statusIn(status)])),
  };
}

export const activityOut = (item: SubAgentActivity): JsonObject => ({
  type: "SubAgentActivity",
  model: item.model,
  reasoning_effort: item.reasoningEffort,
  id: item.id,
  kind: item.kind,
  agent_thread_id: item.agentThreadId,
  agent_path: item.agentPath,
});

const kinds: readonly unknown[] = ["started", "interacted", "interrupted", "completed"];

export function activityIn(id: string, item: JsonObject): SubAgentActivity {
  const kind = kinds.includes(item["kind"]) ? (item["kind"] as SubAgentActivity["kind"]) : "interacted";
  return {
    type: "subAgentActivity",
    id,
    kind,
    agentThreadId: stringOr(item["agent_thread_id"]) ?? "",
    agentPath: stringOr(item["agent_path"]) ?? "",
    model: stringOr(item["model"]),
    reasoningEffort: stringOr(item["reasoning_effort"]),
  };
}

/** The `source` of a sub-agent's thread. */
export const agentSource = (agent: AgentOrigin): JsonObject =>
  agent.kind === "review"
    ? { subagent: "review" }
    : {
        subagent: {
          thread_spawn: {
            parent_thread_id: agent.parentThreadId,
            depth: agent.depth,
            agent_path: agent.path,
            agent_nickname: agent.nickname,
            agent_role: agent.role,
          },
        },
      };

/** Null for a thread that is not a sub-agent's. */
export function agentOriginOf(meta: JsonObject): AgentOrigin | null {
  const kind = objectOr(meta["source"])?.["subagent"];
  const reviews = kind === "review";
  const spawn = objectOr(objectOr(kind)?.["thread_spawn"]);
  const parentThreadId = stringOr(reviews ? meta["parent_thread_id"] : spawn?.["parent_thread_id"]);
  if ((!spawn && !reviews) || parentThreadId === null) return null;
  return {
    ...(reviews && { kind }),
    parentThreadId,
    sessionId: stringOr(meta["session_id"]) ?? parentThreadId,
    depth: numberOr(spawn?.["depth"]) ?? 1,
    path: stringOr(spawn?.["agent_path"]),
    nickname: stringOr(spawn?.["agent_nickname"]) ?? "",
    role: stringOr(spawn?.["agent_role"]),
    version: meta["multi_agent_version"] === "v2" ? "v2" : "v1",
  };
}
