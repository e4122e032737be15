import type { ErrorCode } from "../errors.ts";
import type { Permissions } from "../permissions.ts";
import { isMessage, isToolCallOutput, type ResponseItem } from "../response-items.ts";
import type { TokenUsage } from "../usage.ts";
import { permissionFields, sandboxFields, workspaceRoots } from "./rollout-permissions.ts";
import { type JsonObject, numberOr, objectOr } from "./rollout.ts";
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
}

/** What comes before a file: the first `endByte` bytes of another one. */
export interface HistoryBase {
  /** In the file's name: the generation's id after a revert, the thread's id otherwise. Codex calls both `thread_id`. */
  segmentId: string;
  endOrdinal: number;
  endByte: number;
}

export function sessionMetaPayload(values: SessionMetaValues): JsonObject {
  const { fork, git, baseInstructions } = values;
  return {
    account_scoped: true,
    session_id: values.id,
    id: values.id,
    ...(fork && {
      forked_from_id: fork.sourceId,
      ...(fork.base && { forked_from_ordinal_exclusive: fork.base.endOrdinal }),
    }),
    timestamp: isoTime(values.createdAtMs),
    cwd: values.cwd,
    runtime_workspace_roots: [values.cwd],
    originator: values.originator,
    cli_version: codexVersion,
    source: values.source,
    thread_source: "user",
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
    ...(fork && { multi_agent_version: "v1" }),
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
): JsonObject => ({
  type: "task_started",
  turn_attribution: {
    turn_id: turnId,
    turn_trigger: trigger,
    parent_turn_id: null,
    initiating_agent_path: null,
    root_turn_id: turnId,
  },
  turn_id: turnId,
  root_turn_id: turnId,
  started_at: seconds(startedAtMs),
  model_context_window: contextWindow,
  collaboration_mode_kind: "default",
});

const provenances: Readonly<Record<string, JsonObject>> = {
  "generic.developer_instructions": { type: "developer_instructions", from_additional_requirements: false },
  "host_skills.instructions": { type: "skills" },
  "skills.instructions": { type: "skills" },
  "tools.deferred_namespaces": { type: "tool", namespace: "tool_search" },
  "agents_md.instructions": { type: "agents_md" },
  "user.text": { type: "user" },
  "user.image": { type: "user" },
};
const harness: JsonObject = { type: "harness", hook: false };

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
        content_item_metadata: kinds.map((kind) => ({ provenance: provenances[kind] ?? harness })),
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

export const isPrompt = (kinds: readonly unknown[] | null): boolean =>
  kinds !== null && kinds.some((kind) => kind === "user.text" || kind === "user.image");

/** Items that Codex numbers among what the user and the model said. */
export const isNumbered = (item: ResponseItem, kinds: readonly string[] | null): boolean =>
  item.type === "function_call" || (isMessage(item) && (item.role === "assistant" || isPrompt(kinds)));

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
        complete: !item.content.some((part) => part.type === "input_image"),
      },
    }),
    client_authored: false,
    ...(isToolCallOutput(item) &&
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
}

const collaborationMode = (values: SettingsValues): JsonObject => ({
  mode: "default",
  settings: { model: values.model, reasoning_effort: values.effort, developer_instructions: null },
});

export function turnContextPayload(
  values: SettingsValues & { turnId: string; summary: string | null; compactionHash: string | null },
): JsonObject {
  return {
    turn_id: values.turnId,
    root_turn_id: values.turnId,
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

const usageOut = (usage: TokenUsage): JsonObject => ({
  input_tokens: usage.inputTokens,
  cached_input_tokens: usage.cachedInputTokens,
  cache_write_input_tokens: usage.cacheWriteInputTokens,
  output_tokens: usage.outputTokens,
  reasoning_output_tokens: usage.reasoningOutputTokens,
  total_tokens: usage.totalTokens,
});

/** Null when there is no count at all. */
export function usageOf(value: unknown): TokenUsage | null {
  const counts = objectOr(value);
  return (
    counts && {
      inputTokens: numberOr(counts["input_tokens"]) ?? 0,
      cachedInputTokens: numberOr(counts["cached_input_tokens"]) ?? 0,
      cacheWriteInputTokens: numberOr(counts["cache_write_input_tokens"]) ?? 0,
      outputTokens: numberOr(counts["output_tokens"]) ?? 0,
      reasoningOutputTokens: numberOr(counts["reasoning_output_tokens"]) ?? 0,
      totalTokens: numberOr(counts["total_tokens"]) ?? 0,
    }
  );
}

export const usageRecordPayload = (
  threadId: string,
  turnId: string,
  responseId: string,
  usage: TokenUsage,
  turn: TokenUsage,
  thread: TokenUsage,
): JsonObject => ({
  thread_id: threadId,
  turn_id: turnId,
  session_id: threadId,
  root_turn_id: turnId,
  response_id: responseId,
  usage: usageOut(usage),
  turn_token_usage: usageOut(turn),
  thread_token_usage: usageOut(thread),
});

export const tokenCountPayload = (total: TokenUsage, last: TokenUsage, contextWindow: number | null): JsonObject => ({
  type: "token_count",
  info: {
    total_token_usage: usageOut(total),
    last_token_usage: usageOut(last),
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
  lastMessage: string | null;
  error: { message: string; code: string } | null;
  startedAtMs: number;
  completedAtMs: number;
  durationMs: number;
  firstTokenMs: number | null;
}): JsonObject => ({
  type: "task_complete",
  root_turn_id: values.turnId,
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
  reason: string,
  startedAtMs: number,
  completedAtMs: number,
  durationMs: number,
): JsonObject => ({
  type: "turn_aborted",
  root_turn_id: turnId,
  turn_id: turnId,
  reason,
  started_at: seconds(startedAtMs),
  completed_at: seconds(completedAtMs),
  duration_ms: Math.round(durationMs),
});
