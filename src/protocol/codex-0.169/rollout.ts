/**
 * The line of a Codex 0.169 rollout file: `{timestamp, ordinal, type, payload, metadata?}`. Codec only; files are
 * the journal's business.
 */

import { wellFormedJson } from "../well-formed-json.ts";

export type JsonObject = Record<string, unknown>;

export interface RolloutLine {
  /** RFC 3339 with milliseconds, as it stands in the file; empty on lines of ours. */
  timestamp: string;
  /** Null in legacy files and on lines of foreign types. */
  ordinal: number | null;
  type: string;
  payload: JsonObject;
  /** Beside the payload; only response items have it. */
  metadata: JsonObject | null;
}

/** Lines that no Codex writes; Codex passes over unknown types, and over what such a line lacks. */
export const ownLineType = "codex_agent";

/** Types that have to carry an ordinal in a paginated thread. */
export const codexLineTypes: ReadonlySet<string> = new Set([
  "session_meta",
  "turn_context",
  "world_state",
  "response_item",
  "event_msg",
  "token_usage_record",
  "compacted",
]);

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const objectOr = (value: unknown): JsonObject | null => (isObject(value) ? value : null);
export const stringOr = (value: unknown): string | null => (typeof value === "string" ? value : null);
export const numberOr = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Null for what is no line of a rollout: broken JSON, or JSON of another shape. */
export function parseRolloutLine(text: string): RolloutLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value["type"] !== "string") return null;
  return {
    timestamp: stringOr(value["timestamp"]) ?? "",
    ordinal: numberOr(value["ordinal"]),
    type: value["type"],
    payload: objectOr(value["payload"]) ?? {},
    metadata: objectOr(value["metadata"]),
  };
}

/** One line with its newline. What is null is left out. */
export function formatRolloutLine(
  timestamp: string | null,
  ordinal: number | null,
  type: string,
  payload: JsonObject,
  metadata?: JsonObject,
): string {
  const time = timestamp === null ? "" : `"timestamp":"${timestamp}",`;
  const number = ordinal === null ? "" : `"ordinal":${ordinal},`;
  const head = `{${time}${number}"type":"${type}","payload":`;
  const tail = metadata === undefined ? "}\n" : `,"metadata":${wellFormedJson(metadata)}}\n`;
  // Codex cannot read a line that holds half of a character; in ours such a half stands for a byte of a path.
  return head + (type === ownLineType ? JSON.stringify(payload) : wellFormedJson(payload)) + tail;
}

// Anchored at the start, so that a long line costs no more than a short one.
const headPattern =
  /^\{(?:"timestamp":"[^"]{1,40}",(?:"ordinal":(\d{1,15}),)?|(?="type":"codex_agent"))"type":"(\w+)","payload":\{(?:"type":"(\w+)")?/;

export interface LineHead {
  ordinal: number | null;
  type: string;
  /** `type` of the payload when it stands first. */
  payloadType: string | null;
}

/** What a line is, without parsing it; null when it is not laid out the way Codex and we write. */
export function peekLine(text: string): LineHead | null {
  const found = headPattern.exec(text);
  if (!found) return null;
  return { ordinal: found[1] === undefined ? null : Number(found[1]), type: found[2]!, payloadType: found[3] ?? null };
}

/** RFC 7396: nested objects are merged, null removes a key. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isObject(value)) merged[key] = mergePatch(objectOr(merged[key]) ?? {}, value);
    else merged[key] = value;
  }
  return merged;
}
