import type { JournalRecord } from "../../kernel/journal-port.ts";
import type { Effects } from "../../protocol/effects.ts";

const mostEach = 50;
/** Enough to know what was meant; the call itself stands in the journal as well. */
const clipped = (effects: Effects): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(effects)
      .filter(([, list]: [string, readonly string[]]) => list.length > 0)
      .map(([kind, list]: [string, readonly string[]]) => [
        kind,
        list.length <= mostEach ? list : [...list.slice(0, mostEach), `... ${list.length - mostEach} more`],
      ]),
  );

/** A line of our own: what somebody said to a question about a call. */
export function approvalLine(record: Extract<JournalRecord, { type: "approval.decided" }>): Record<string, unknown> {
  const { turnId, callId, asked, decision, scope, by, grantId, expiresAtMs } = record;
  return {
    type: "approval_decided",
    turn_id: turnId,
    call_id: callId,
    asked: { type: asked.type, rule: asked.rule, reason: asked.reason, effects: clipped(asked.effects) },
    decision,
    ...(scope !== null && { scope }),
    by,
    ...(grantId !== null && { grant_id: grantId, expires_at_ms: expiresAtMs }),
  };
}
