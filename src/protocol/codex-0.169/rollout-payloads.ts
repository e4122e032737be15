import type { CollaborationMode } from "../collaboration-mode.ts";
import type { AgentOrigin, TurnOrigin } from "../agents.ts";
import type { ErrorCode } from "../errors.ts";
import type { Permissions } from "../permissions.ts";
import { isMessage, isToolCallOutput, type MessageItem, type ResponseItem } from "../response-items.ts";
import type { TokenUsage } from "../usage.ts";
import { agentSource } from "./rollout-agents.ts";
import { permissionFields, sandboxFields, workspaceRoots } from "./rollout-permissions.ts";
import { type JsonObject, numberOr, objectOr } from "./rollout.ts";
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
  fork: { sourceId: string; base: HistoryBase | null } | null;
  agent?: AgentOrigin;
}

/** What comes before a file: the first `endByte` bytes of another one. */
export interface HistoryBase {
  /** In the file's name: the generation's id after a revert, the thread's id otherwise. Codex calls both `thread_id`. */
  segmentId: string;
  endOrdinal: number;
  endByte: number;
}

export function sessionMetaPayload(values: SessionMetaValues): JsonObject {
  const { fork, git, baseInstructions, agent } = values;
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
    thread_source: agent ? "subagent" : "user",
    ...(agent && {
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
    history_mode: values.legacy ? "legacy" : "paginated",
    ...(fork?.base && {
      history_base: {
        thread_id: fork.base.segmentId,
        end_ordinal_exclusive: fork.base.endOrdinal,
        end_byte_offset: fork.base.endByte,
      },
    }),
    ...((fork || agent) && { multi_agent_version: agent?.version ?? "v1" }),
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
  trigger: string,
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

const provenances: Readonly<Record<string, JsonObject>> = {
  "generic.developer_instructions": { type: "developer_instructions", from_additional_requirements: false },
  "host_skills.instructions": { type: "skills" },
  "skills.instructions": { type: "skills" },
  "multi_agent.role_instructions": { type: "tool", namespace: "collaboration" },
  "multi_agent.mode_instructions": { type: "tool", namespace: "collaboration" },
  "multi_agent.subagent_notification": { type: "tool", namespace: "multi_agent_v1" },
  "tools.deferred_namespaces": { type: "tool", namespace: "tool_search" },
  "agents_md.instructions": { type: "agents_md" },
  "user.text": { type: "user" },
  "user.image": { type: "user" },
};
const harness: JsonObject = { type: "harness", hook: false };
const hooks: JsonObject = { type: "harness", hook: true };

const passthroughKey = "internal_chat_message_metadata_passthrough";

export interface ResponseItemValues {
  turnId: string;
  item: ResponseItem;
  kinds: readonly string[] | null;
  createdAtMs: number | null;
}

export function responseItemPayload(values: ResponseItemValues): JsonObject {
  const { item, kinds, createdAtMs } = values;
  const content = isMessage(item) ? (kinds ?? item.content.map(() => "unknown")) : null;
  return {
    ...item,
    [passthroughKey]: {
      turn_id: values.turnId,
      ...(createdAtMs !== null && { create_time: createdAtMs / 1000 }),
      ...(content && { content_item_kinds: content }),
      ...(kinds && {
        content_item_metadata: kinds.map((kind) => ({
          provenance: provenances[kind] ?? (hookKinds.has(kind) ? hooks : harness),
        })),
      }),
    },
  };
}

/** The item as a model gets it back: without what the rollout adds. */
export function responseItemOf(payload: JsonObject): ResponseItem {
  if (!(passthroughKey in payload)) return payload as ResponseItem;
  const { [passthroughKey]: _dropped, ...item } = payload;
  return item as ResponseItem;
}

/** What a message's parts are (`user.text`, ...); empty when the file does not say. */
export function kindsOf(payload: JsonObject): readonly unknown[] {
  const kinds = objectOr(payload[passthroughKey])?.["content_item_kinds"];
  return Array.isArray(kinds) ? kinds : [];
}

/** What the payload of a message tells of it. */
export function markOf(
  payload: JsonObject,
  sequence: number | null,
): { turnId: string; kinds: string[]; createdAtMs: number | null; sequence: number | null } {
  const passthrough = objectOr(payload[passthroughKey]);
  const created = numberOr(passthrough?.["create_time"]);
  const turnId = passthrough?.["turn_id"];
  return {
    turnId: typeof turnId === "string" ? turnId : "",
    kinds: kindsOf(payload).map(String),
    createdAtMs: created === null ? null : created * 1000,
    sequence,
  };
}

export const isPrompt = (kinds: readonly unknown[] | null): boolean =>
  kinds !== null && kinds.some((kind) => kind === "user.text" || kind === "user.image");

/** What a hook adds for the model to know. */
export const hookContextKind = "hooks.additional_context";
/** What a hook says to keep a turn going: Codex has no name for it. */
export const hookPromptKind = "unknown";
const hookKinds = new Set<string>([hookContextKind, hookPromptKind]);

const isHookPrompt = (item: MessageItem, kinds: readonly string[] | null): boolean =>
  item.role === "user" && kinds !== null && kinds.includes(hookPromptKind);

/** Items that Codex numbers among what the user and the model said. */
export const isNumbered = (item: ResponseItem, kinds: readonly string[] | null): boolean =>
  item.type === "function_call" ||
  item.type === "agent_message" ||
  (isMessage(item) && (item.role === "assistant" || isPrompt(kinds) || isHookPrompt(item, kinds)));

/** Tokens that Codex cuts an old output to: its usual 10,000 and a fifth. */
const outputTokenLimit = 12_000;

export interface ItemMetadataValues {
  item: ResponseItem;
  kinds: readonly string[] | null;
  turnId: string;
  sequence: number;
  sampledThrough: number;
  /** Position among the numbered items; null for others. */
  order: number | null;
  /** Fresh UUID for the item's revision. */
  revision: () => string;
  /** First of the items that were added together. */
  opensBatch: boolean;
}

/** The `metadata` beside a response item's payload. */
export function itemMetadata(values: ItemMetadataValues): JsonObject {
  const { item, kinds, order } = values;
  const retained = isMessage(item) && order !== null && item.id !== undefined;
  const made = isMessage(item) && item.role !== "assistant";
  return {
    history_sequence: values.sequence,
    sampled_through_sequence: values.sampledThrough,
    ...(retained && {
      retained_source: {
        id: { message_id: item.id, turn_id: values.turnId, role: item.role },
        revision: `retained_${values.revision()}`,
        complete: !item.content.some((part) => part.type === "input_image") && !isHookPrompt(item, kinds),
      },
    }),
    // An output that answers no call, such as a goal's objective.
    ...(item.type === "function_call_output" && !isToolCallOutput(item) && { additional_context_tool_output: true }),
    client_authored: false,
    ...((isToolCallOutput(item) || item.type === "function_call_output") &&
      item.type !== "tool_search_output" && { fallback_token_limit_override: outputTokenLimit }),
    ...(order !== null && { user_input_order: order }),
    ...(made && (isPrompt(kinds) || values.opensBatch) && { mcp_attribution: { status: "none" } }),
  };
}

export interface SettingsValues {
  model: string;
  cwd: string;
  permissions: Permissions;
  effort: string | null;
  /** Absent: default. */
  mode?: CollaborationMode;
}

const collaborationMode = (values: SettingsValues): JsonObject => ({
  mode: values.mode ?? "default",
  settings: { model: values.model, reasoning_effort: values.effort, developer_instructions: null },
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
      requested_approvals_reviewer: "user",
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
