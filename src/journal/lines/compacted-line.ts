import type { JournalRecord } from "../../kernel/journal-port.ts";
import { itemMetadata, responseItemPayload } from "../../protocol/codex-0.169/rollout-response-items.ts";
import type { JsonObject } from "../../protocol/codex-0.169/rollout.ts";

type Compacted = Extract<JournalRecord, { type: "history.compacted" }>;

/** Codex's `compacted` line. Messages that stay keep their turn and number; those made for it get the next numbers. */
export function compactedPayload(
  record: Compacted,
  sequenceBefore: number,
  newUuid: () => string,
): { payload: JsonObject; sequence: number } {
  let sequence = sequenceBefore;
  const history: JsonObject[] = [];
  const metadata: JsonObject[] = [];
  for (const { item, kinds, mark } of record.items) {
    const turnId = mark === null || mark.turnId === "" ? record.turnId : mark.turnId;
    history.push(responseItemPayload({ turnId, item, kinds, createdAtMs: mark?.createdAtMs ?? null }));
    metadata.push(
      itemMetadata({
        item,
        kinds,
        turnId,
        sequence: mark?.sequence ?? ++sequence,
        sampledThrough: record.sampledThrough,
        order: null,
        revision: newUuid,
        opensBatch: false,
      }),
    );
  }
  return {
    payload: {
      message: record.message,
      replacement_history: history,
      replacement_history_metadata: metadata,
      window_number: record.windowNumber,
      first_window_id: record.firstWindowId,
      previous_window_id: record.previousWindowId,
      window_id: record.windowId,
      ...(record.responseId !== null && { compaction_response_id: record.responseId }),
    },
    sequence,
  };
}
