import { parseNested } from "../../protocol/nested-json.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import type { ModelEvent, ModelFailure, ModelResult } from "../model-client.ts";
import type { ServerSentEvent } from "../sse.ts";
import { disconnected } from "../http/failure.ts";
import { failedResponse, incompleteResponse } from "./failure.ts";
import { readUsage } from "./usage.ts";

interface WireEvent {
  type?: unknown;
  response?: {
    id?: unknown;
    usage?: unknown;
    end_turn?: unknown;
    error?: { code?: unknown; type?: unknown; message?: unknown } | null;
    incomplete_details?: { reason?: unknown } | null;
  };
  item?: unknown;
  item_id?: unknown;
  delta?: unknown;
  summary_index?: unknown;
  content_index?: unknown;
}

const isText = (value: unknown): boolean => typeof value === "string";
const areParts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((part) => typeof part === "object" && part !== null);

/** The kinds of items that are kept and sent back, and what each must have. */
const required: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  message: { role: isText, content: areParts },
  reasoning: { summary: areParts },
  function_call: { name: isText, arguments: isText, call_id: isText },
  custom_tool_call: { name: isText, input: isText, call_id: isText },
  web_search_call: {},
  image_generation_call: {},
  local_shell_call: {},
  tool_search_call: {},
  compaction: {},
};

/** Whether a model's item can be used. One that cannot, or of a kind that nobody knows, is passed over, as Codex does. */
function isItem(value: unknown): value is ResponseItem {
  if (typeof value !== "object" || value === null) return false;
  const item = value as Record<string, unknown>;
  const fields =
    typeof item["type"] === "string" && Object.hasOwn(required, item["type"]) ? required[item["type"]]! : null;
  return fields !== null && Object.entries(fields).every(([name, fits]) => fits(item[name]));
}

/** Text without escapes, and what else stands in a piece of text: each key at most once that matters here. */
const plain = String.raw`[^"\\\x00-\x1f]*`;
const other = String.raw`"(?:content_index|output_index|sequence_number|logprobs|obfuscation)":(?:"${plain}"|0|[1-9]\d{0,14}|\[\]|null)`;
const itemId = `"item_id":"(${plain})"`;
const delta = `"delta":"(${plain})"`;
const ordered = (first: string, second: string): string => `(?:${other},)*${first},(?:${other},)*${second}`;
const textDelta = new RegExp(
  String.raw`^\{"type":"response\.output_text\.delta",(?:${ordered(itemId, delta)}|${ordered(delta, itemId)})(?:,${other})*\}$`,
);
/** An expression keeps a note of every character; JSON does not. */
const longestPiece = 4096;

/**
 * Reads a piece of text as `JSON.parse` would, in a third of its time: of a long answer nearly all events are such
 * pieces. Null when it is anything else, or takes JSON to read it.
 */
function readTextDelta(data: string): ModelEvent | null {
  if (data.length > longestPiece || !data.startsWith('{"type":"response.output_text.delta"')) return null;
  const found = textDelta.exec(data);
  if (found === null) return null;
  return { type: "text.delta", itemId: found[1] ?? found[4] ?? "", delta: found[2] ?? found[3] ?? "" };
}

/**
 * Turns the events of one Responses stream into model events. Items are taken from `response.output_item.done`
 * alone; types that are not known are passed over.
 * @returns the end of the response when this event was it, else null.
 */
export function readResponseEvent(sse: ServerSentEvent, emit: (event: ModelEvent) => void): ModelResult | null {
  const piece = readTextDelta(sse.data);
  if (piece !== null) {
    emit(piece);
    return null;
  }
  let wire: WireEvent;
  try {
    wire = parseNested(sse.data) as WireEvent;
  } catch {
    // Codex passes over an event that it cannot read; what it would have said shows in the items that are missing.
    return null;
  }
  if (typeof wire !== "object" || wire === null) return null;
  const type = typeof wire.type === "string" ? wire.type : sse.event;
  switch (type) {
    case "response.output_text.delta":
      emit({ type: "text.delta", itemId: String(wire.item_id ?? ""), delta: String(wire.delta ?? "") });
      return null;
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_text.delta": {
      const summary = type === "response.reasoning_summary_text.delta";
      emit({
        type: "reasoning.delta",
        itemId: String(wire.item_id ?? ""),
        delta: String(wire.delta ?? ""),
        part: summary ? "summary" : "content",
        index: Number((summary ? wire.summary_index : wire.content_index) ?? 0),
      });
      return null;
    }
    case "response.created":
      emit({ type: "created", responseId: String(wire.response?.id ?? "") });
      return null;
    case "response.output_item.added":
      if (isItem(wire.item)) emit({ type: "item.started", item: wire.item });
      return null;
    case "response.output_item.done":
      if (isItem(wire.item)) emit({ type: "item.done", item: wire.item });
      return null;
    case "response.completed":
      if (typeof wire.response !== "object" || wire.response === null) return null;
      return {
        type: "completed",
        responseId: String(wire.response.id ?? ""),
        usage: readUsage(wire.response.usage),
        endTurn: typeof wire.response.end_turn === "boolean" ? wire.response.end_turn : null,
      };
    case "response.failed":
      return { type: "failed", failure: charged(failedResponse(wire.response?.error ?? null), wire) };
    case "response.incomplete":
      return { type: "failed", failure: charged(incompleteResponse(wire.response?.incomplete_details?.reason), wire) };
    default:
      return null;
  }
}

/** A response that failed is paid for where the provider counts it. */
function charged(failure: ModelFailure, { response }: WireEvent): ModelFailure {
  const usage = readUsage(response?.usage);
  return usage === null ? failure : { ...failure, charged: usage };
}

export const endedEarly = (): ModelResult => ({
  type: "failed",
  failure: disconnected("stream closed before response.completed"),
});
