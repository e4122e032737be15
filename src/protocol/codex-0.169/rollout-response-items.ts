import { isMessage, isToolCallOutput, type MessageItem, type ResponseItem } from "../response-items.ts";
import { type JsonObject, numberOr, objectOr } from "./rollout.ts";

/** How an item of the model's history stands in a rollout of 0.169: its payload, and the `metadata` beside that. */

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
