import type { ClientTool } from "../client-tools.ts";
import { clientToolsOut } from "./rollout-client-tools.ts";
import type { CollaborationMode } from "../collaboration-mode.ts";
import type { AgentOrigin, TurnOrigin } from "../agents.ts";
import type { ErrorCode } from "../errors.ts";
import type { Permissions } from "../permissions.ts";
import type { TokenUsage } from "../usage.ts";
import { agentSource } from "./rollout-agents.ts";
import { permissionFields, sandboxFields, workspaceRoots } from "./rollout-permissions.ts";
import type { JsonObject } from "./rollout.ts";
import { encodeUsage } from "./usage.ts";
import { codexVersion } from "./version.ts";

/** Payloads of Codex's line types, with the keys, values and order that 0.169 writes. Times come in as milliseconds. */

const seconds = (ms: number): number => Math.floor(ms / 1000);

export const isoTime = (ms: number): string => new Date(ms).toISOString();

export interface SessionMetaValues {
  id: string;
  createdAtMs: number;
  cwd: string;
  originator: string;
  source: string;
  modelProvider: string;
  baseInstructions: { text: string; model: string | null };
  windowId: string;
  git: { commitHash?: string; branch?: string; repositoryUrl?: string } | null;
  legacy: boolean;
  threadSource?: string | null;
  fork: { sourceId: string; base: HistoryBase | null } | null;
  agent?: AgentOrigin;
  clientTools?: readonly ClientTool[];
}

/** What comes before a file: the first `endByte` bytes of another one. */
export interface HistoryBase {
  /** In the file's name: the generation's id after a revert, the thread's id otherwise. Codex calls both `thread_id`. */
  segmentId: string;
  endOrdinal: number;
  endByte: number;
}

export function sessionMetaPayload(values: SessionMetaValues): JsonObject {
  const { fork, git, baseInstructions, agent, threadSource = "user" } = values;
  return {
    account_scoped: true,
    session_id: agent?.sessionId ?? values.id,
    id: values.id,
    ...(fork && {
      forked_from_id: fork.sourceId,
      ...(fork.base && { forked_from_ordinal_exclusive: fork.base.endOrdinal }),
    }),
    ...(agent && { parent_thread_id: agent.parentThreadId }),
    timestamp: isoTime(values.createdAtMs),
    cwd: values.cwd,
    runtime_workspace_roots: [values.cwd],
    originator: values.originator,
    cli_version: codexVersion,
    source: agent ? agentSource(agent) : values.source,
    ...(threadSource !== null && { thread_source: agent ? "subagent" : threadSource }),
    ...(agent &&
      agent.kind !== "review" && {
        agent_nickname: agent.nickname,
        ...(agent.role !== null && { agent_role: agent.role }),
        ...(agent.path !== null && { agent_path: agent.path }),
      }),
    model_provider: values.modelProvider,
    base_instructions: {
      text: baseInstructions.text,
      provenance:
        baseInstructions.model === null ? { type: "custom" } : { type: "model", model: baseInstructions.model },
    },
    ...(values.clientTools && values.clientTools.length > 0 && { dynamic_tools: clientToolsOut(values.clientTools) }),
    history_mode: values.legacy ? "legacy" : "paginated",
    ...(fork?.base && {
      history_base: {
        thread_id: fork.base.segmentId,
        end_ordinal_exclusive: fork.base.endOrdinal,
        end_byte_offset: fork.base.endByte,
      },
    }),
    ...((fork || agent) && { multi_agent_version: agent?.kind === "review" ? "disabled" : (agent?.version ?? "v1") }),
    context_window: { window_id: values.windowId },
    ...(git && {
      git: {
        ...(git.commitHash !== undefined && { commit_hash: git.commitHash }),
        ...(git.branch !== undefined && { branch: git.branch }),
        ...(git.repositoryUrl !== undefined && { repository_url: git.repositoryUrl }),
      },
    }),
  };
}

export const taskStartedPayload = (
  turnId: string,
  startedAtMs: number,
  contextWindow: number | null,
  trigger: string | null,
  origin: TurnOrigin | null,
): JsonObject => ({
  type: "task_started",
  turn_attribution: {
    turn_id: turnId,
    turn_trigger: trigger,
    parent_turn_id: origin?.parentTurnId ?? null,
    initiating_agent_path: origin?.initiator ?? null,
    root_turn_id: origin?.rootTurnId ?? turnId,
  },
  turn_id: turnId,
  root_turn_id: origin?.rootTurnId ?? turnId,
  started_at: seconds(startedAtMs),
  model_context_window: contextWindow,
  collaboration_mode_kind: "default",
});

export interface SettingsValues {
  model: string;
  cwd: string;
  permissions: Permissions;
  effort: string | null;
  /** Absent: default. */
  mode?: CollaborationMode;
  modeInstructions?: string;
}

const collaborationMode = (values: SettingsValues): JsonObject => ({
  mode: values.mode ?? "default",
  settings: {
    model: values.model,
    reasoning_effort: values.effort,
    developer_instructions: values.modeInstructions ?? null,
  },
});

export function turnContextPayload(
  values: SettingsValues & {
    turnId: string;
    rootTurnId: string;
    summary: string | null;
    compactionHash: string | null;
  },
): JsonObject {
  return {
    turn_id: values.turnId,
    root_turn_id: values.rootTurnId,
    disabled_plugin_ids: [],
    cwd: values.cwd,
    ...permissionFields(values.cwd, values.permissions),
    model: values.model,
    ...(values.compactionHash !== null && { comp_hash: values.compactionHash }),
    collaboration_mode: collaborationMode(values),
    multi_agent_version: "v1",
    realtime_active: false,
    ...(values.effort !== null && { effort: values.effort }),
    summary: values.summary ?? "none",
    ...sandboxFields(values.cwd, values.permissions),
  };
}

export function settingsPayload(values: SettingsValues & { threadId: string; provider: string }): JsonObject {
  const { approval_policy, approvals_reviewer, ...profile } = permissionFields(values.cwd, values.permissions);
  return {
    type: "thread_settings_applied",
    thread_id: values.threadId,
    thread_settings: {
      model: values.model,
      model_provider_id: values.provider,
      approval_policy,
      approvals_reviewer,
      requested_approvals_reviewer: approvals_reviewer,
      ...profile,
      cwd: values.cwd,
      runtime_workspace_roots: workspaceRoots(values.cwd, values.permissions),
      ...(values.effort !== null && { reasoning_effort: values.effort }),
      collaboration_mode: collaborationMode(values),
      disabled_plugin_ids: [],
    },
  };
}

export const itemCompletedPayload = (
  threadId: string,
  turnId: string,
  item: JsonObject,
  startedAtMs: number,
  completedAtMs: number,
): JsonObject => ({
  type: "item_completed",
  thread_id: threadId,
  turn_id: turnId,
  item,
  started_at_ms: startedAtMs,
  completed_at_ms: completedAtMs,
});

export const usageRecordPayload = (
  place: { threadId: string; sessionId: string; turnId: string; rootTurnId: string },
  responseId: string,
  usage: TokenUsage,
  turn: TokenUsage,
  thread: TokenUsage,
): JsonObject => ({
  thread_id: place.threadId,
  turn_id: place.turnId,
  session_id: place.sessionId,
  root_turn_id: place.rootTurnId,
  response_id: responseId,
  usage: encodeUsage(usage),
  turn_token_usage: encodeUsage(turn),
  thread_token_usage: encodeUsage(thread),
});

export const tokenCountPayload = (total: TokenUsage, last: TokenUsage, contextWindow: number | null): JsonObject => ({
  type: "token_count",
  info: {
    total_token_usage: encodeUsage(total),
    last_token_usage: encodeUsage(last),
    last_usage_includes_reasoning: false,
    model_context_window: contextWindow,
  },
  rate_limits: null,
});

/** Codex's words for what went wrong; it refuses a line with a word that it does not know. */
const errorWords: Partial<Record<ErrorCode, string>> = {
  context_window_exceeded: "context_window_exceeded",
  usage_limit: "usage_limit_exceeded",
  server_overloaded: "server_overloaded",
  server_error: "internal_server_error",
  unauthorized: "unauthorized",
  bad_request: "bad_request",
};

export const taskCompletePayload = (values: {
  turnId: string;
  rootTurnId: string;
  lastMessage: string | null;
  error: { message: string; code: string } | null;
  startedAtMs: number;
  completedAtMs: number;
  durationMs: number;
  firstTokenMs: number | null;
}): JsonObject => ({
  type: "task_complete",
  root_turn_id: values.rootTurnId,
  turn_id: values.turnId,
  last_agent_message: values.lastMessage,
  ...(values.error && {
    error: { message: values.error.message, codex_error_info: errorWords[values.error.code as ErrorCode] ?? "other" },
  }),
  started_at: seconds(values.startedAtMs),
  completed_at: seconds(values.completedAtMs),
  duration_ms: Math.round(values.durationMs),
  ...(values.firstTokenMs !== null && { time_to_first_token_ms: Math.round(values.firstTokenMs) }),
});

export const turnAbortedPayload = (
  turnId: string,
  rootTurnId: string,
  reason: string,
  startedAtMs: number,
  completedAtMs: number,
  durationMs: number,
): JsonObject => ({
  type: "turn_aborted",
  root_turn_id: rootTurnId,
  turn_id: turnId,
  reason,
  started_at: seconds(startedAtMs),
  completed_at: seconds(completedAtMs),
  duration_ms: Math.round(durationMs),
});
