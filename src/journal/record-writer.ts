import type { JournalRecord } from "../kernel/journal-port.ts";
import { formatRolloutLine, type JsonObject, ownLineType } from "../protocol/codex-0.169/rollout.ts";
import { turnItemOf } from "../protocol/codex-0.169/rollout-items.ts";
import {
  isoTime,
  itemCompletedPayload,
  settingsPayload,
  taskCompletePayload,
  taskStartedPayload,
  tokenCountPayload,
  turnAbortedPayload,
  turnContextPayload,
  usageRecordPayload,
} from "../protocol/codex-0.169/rollout-payloads.ts";
import { isNumbered, itemMetadata, responseItemPayload } from "../protocol/codex-0.169/rollout-response-items.ts";
import type { ThreadItem } from "../protocol/items.ts";
import { approvalLine } from "./lines/approval-line.ts";
import { goalLine, goalLineType } from "./lines/goal-line.ts";
import { compactedPayload } from "./lines/compacted-line.ts";
import { asideLine, attemptLine, headLine } from "./lines/usage-lines.ts";

/** Where a thread's file stands; what the next line depends on. */
export interface WriterState {
  /** Of the next line; null in a legacy thread, whose lines have none. */
  ordinal: number | null;
  /** Highest history sequence given so far. */
  sequence: number;
  /** Next number among what user and model said. */
  order: number;
  /** A turn began and nothing has been added to the history since. */
  turnOpens: boolean;
  /** Why the running turn failed; told by the line that ends it. */
  failure: { message: string; code: string } | null;
  /** The user's turn that the running one goes back to; null when that is itself. */
  rootTurn: string | null;
  /** What this writer's lines have said of it: each is said once and holds for the lines that follow. */
  told: { owner: number | null; boot: string | null; call: string | null };
}

/** Nothing is written about the one who writes now. */
export const nothingTold: WriterState["told"] = { owner: null, boot: null, call: null };

export interface WrittenRecords {
  text: string;
  sequences: number[];
  state: WriterState;
}

/** Who writes, and when. */
export interface Writer {
  threadId: string;
  /** The thread at the root of a tree of agents; the thread itself elsewhere. */
  sessionId: string;
  /** Of this process. */
  pid: number;
  nowMs: number;
  newUuid: () => string;
}

/** The lines for some records. Changes nothing: the new state counts once the text is written. */
export function writeRecords(
  records: readonly JournalRecord[],
  { threadId, sessionId, pid, nowMs, newUuid }: Writer,
  before: WriterState,
): WrittenRecords {
  const timestamp = isoTime(nowMs);
  const state = { ...before };
  const sequences: number[] = [];
  let text = "";
  const put = (type: string, payload: JsonObject, metadata?: JsonObject): void => {
    text += formatRolloutLine(timestamp, state.ordinal, type, payload, metadata);
    if (state.ordinal !== null) state.ordinal++;
  };
  const putOwn = (
    type: "call_started" | "child_started",
    callId: string,
    boot: string | null,
    rest: JsonObject,
  ): void => {
    const owner = state.told.owner === pid ? {} : { owner: pid };
    const said = boot === null || state.told.boot === boot ? {} : { boot };
    const call = type === "child_started" && state.told.call === callId ? {} : { call_id: callId };
    text += formatRolloutLine(null, null, ownLineType, { type, ...call, ...owner, ...rest, ...said });
    state.told = { owner: pid, boot: boot ?? state.told.boot, call: callId };
  };
  const rootOf = (turnId: string): string => state.rootTurn ?? turnId;
  for (const record of records) {
    switch (record.type) {
      case "turn.started":
        state.turnOpens = true;
        state.failure = null;
        state.rootTurn = record.origin?.rootTurnId ?? null;
        put(
          "event_msg",
          taskStartedPayload(
            record.turnId,
            record.startedAtMs,
            record.contextWindow,
            record.trigger,
            record.origin ?? null,
          ),
        );
        break;
      case "response.item": {
        const { item, turnId } = record;
        const kinds = record.kinds ?? null;
        const payload = responseItemPayload({ turnId, item, kinds, createdAtMs: record.createdAtMs ?? null });
        const metadata = itemMetadata({
          item,
          kinds,
          turnId,
          sequence: ++state.sequence,
          sampledThrough: record.sampledThrough,
          order: !record.summarising && isNumbered(item, kinds) ? state.order++ : null,
          revision: newUuid,
          opensBatch: state.turnOpens,
        });
        state.turnOpens = false;
        sequences.push(state.sequence);
        put("response_item", payload, record.summarising ? { ...metadata, compaction_output: true } : metadata);
        break;
      }
      case "history.compacted": {
        const { payload, sequence } = compactedPayload(record, state.sequence, newUuid);
        state.sequence = sequence;
        put("compacted", payload);
        break;
      }
      case "world.state":
        put("world_state", { full: record.full, state: record.state });
        break;
      case "turn.context":
        put(
          "turn_context",
          turnContextPayload({
            ...record,
            rootTurnId: rootOf(record.turnId),
            compactionHash: record.compactionHash ?? null,
          }),
        );
        break;
      case "settings.applied":
        put("event_msg", settingsPayload({ ...record, threadId }));
        break;
      case "item.completed":
        if (state.ordinal === null) {
          const event = legacyEvent(record.item);
          if (event) put("event_msg", event);
        } else {
          const { turnId, startedAtMs, completedAtMs } = record;
          put("event_msg", itemCompletedPayload(threadId, turnId, turnItemOf(record.item), startedAtMs, completedAtMs));
        }
        break;
      case "usage":
        put(
          "token_usage_record",
          usageRecordPayload(
            { threadId, sessionId, turnId: record.turnId, rootTurnId: rootOf(record.turnId) },
            record.responseId,
            record.usage,
            record.turn,
            record.thread,
          ),
        );
        break;
      case "token.count":
        put("event_msg", tokenCountPayload(record.total, record.last, record.contextWindow));
        break;
      case "error":
        state.failure = { message: record.message, code: record.code };
        break;
      case "turn.completed":
        put("event_msg", taskCompletePayload({ ...record, rootTurnId: rootOf(record.turnId), error: state.failure }));
        state.failure = null;
        break;
      case "turn.aborted": {
        const { turnId, reason, startedAtMs, completedAtMs, durationMs } = record;
        put("event_msg", turnAbortedPayload(turnId, rootOf(turnId), reason, startedAtMs, completedAtMs, durationMs));
        break;
      }
      // The line of the call itself tells the rest.
      case "call.started":
        putOwn("call_started", record.callId, null, {});
        break;
      case "goal.changed":
        text += formatRolloutLine(null, null, ownLineType, { type: goalLineType, ...goalLine(record.goal) });
        break;
      case "rights.granted": {
        const { turnId, callId, rights, scope } = record;
        const granted = { type: "rights_granted", turn_id: turnId, call_id: callId, rights, scope, at_ms: nowMs };
        text += formatRolloutLine(null, null, ownLineType, granted);
        break;
      }
      case "approval.decided":
        text += formatRolloutLine(null, null, ownLineType, { ...approvalLine(record), at_ms: nowMs });
        break;
      case "request.head":
        text += formatRolloutLine(null, null, ownLineType, headLine(record));
        break;
      case "request.aside":
        text += formatRolloutLine(null, null, ownLineType, asideLine(record, nowMs));
        break;
      case "attempt.lost":
        text += formatRolloutLine(null, null, ownLineType, attemptLine(record, nowMs));
        break;
      case "audit.noted":
        text += formatRolloutLine(null, null, ownLineType, { ...record.note, at_ms: nowMs });
        break;
      case "child.started": {
        const { pid: child, startTicks, bootId } = record.process;
        putOwn("child_started", record.callId, bootId, { pid: child, start: startTicks });
        break;
      }
    }
  }
  return { text, sequences, state };
}

/** Legacy threads know what user and model said, and no other items. */
function legacyEvent(item: ThreadItem): JsonObject | null {
  if (item.type === "agentMessage") {
    return { type: "agent_message", message: item.text, phase: item.phase ?? null, memory_citation: null };
  }
  if (item.type !== "userMessage") return null;
  const images: string[] = [];
  const localImages: string[] = [];
  let message = "";
  for (const element of item.content) {
    if (element.type === "text") message += element.text;
    else if (element.type === "image") images.push(element.url);
    else if (element.type === "localImage") localImages.push(element.path);
  }
  return {
    type: "user_message",
    message,
    images,
    local_images: localImages,
    audio: [],
    local_audio: [],
    text_elements: [],
  };
}
