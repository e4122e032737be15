import type { JournalRecord } from "../../kernel/journal-port.ts";
import type { JsonObject } from "../../protocol/codex-0.169/rollout.ts";
import { encodeUsage } from "../../protocol/codex-0.169/usage.ts";

/** Lines of ours that tell of requests what no other line does. */
export const headLineType = "request_head";
export const asideLine = ({ turnId, model, usage }: Aside, nowMs: number): JsonObject => ({
  type: asideLineType,
  turn_id: turnId,
  model,
  usage: encodeUsage(usage),
  at_ms: nowMs,
});

export const attemptLineType = "attempt_lost";

export const asideLineType = "request_aside";

type Aside = Extract<JournalRecord, { type: "request.aside" }>;
type Head = Extract<JournalRecord, { type: "request.head" }>;
type Attempt = Extract<JournalRecord, { type: "attempt.lost" }>;

export const headLine = ({ tools, base }: Head): JsonObject => ({
  type: headLineType,
  tools: tools.digest,
  tool_tokens: tools.tokens,
  base: base.digest,
  base_tokens: base.tokens,
});

export const attemptLine = ({ turnId, why, usage }: Attempt, nowMs: number): JsonObject => ({
  type: attemptLineType,
  turn_id: turnId,
  why,
  ...(usage !== null && { usage: encodeUsage(usage) }),
  at_ms: nowMs,
});
