import { channel } from "node:diagnostics_channel";
import { CodexSdkError, type SdkErrorCode } from "../errors.ts";
import type { Usage } from "./events.ts";
import type { SdkLogger } from "./options.ts";

export const spanName = "codex.exec.turn";

/**
 * What a turn took, published on the channel `codex.exec.turn` of `node:diagnostics_channel` when it is over, and given to the logger.
 * Holds no word of the prompt or of the answer.
 */
export interface TurnSpan {
  name: typeof spanName;
  /** Milliseconds since 1970. */
  startTime: number;
  durationMs: number;
  /** To the first event; null without one. */
  firstEventMs: number | null;
  threadId: string | null;
  /** As asked for; null when the configuration chose. */
  model: string | null;
  /** `left`: the caller stopped reading. */
  outcome: "completed" | "failed" | "left";
  /** Null when it completed, or when something of the caller's threw. */
  errorCode: SdkErrorCode | null;
  exitCode: number | null;
  signal: string | null;
  /** Of the thread, and of this turn alone. */
  usage: Usage | null;
  turnUsage: Usage | null;
}

const spans = channel(spanName);

export function publishSpan(span: TurnSpan, logger: SdkLogger | undefined): void {
  spans.publish(span);
  log(logger, "debug", spanName, { ...span });
}

/** A logger that throws is no reason for a turn to fail. */
export function log(
  logger: SdkLogger | undefined,
  level: "debug" | "warn",
  message: string,
  fields?: Record<string, unknown>,
): void {
  try {
    logger?.[level]?.(message, fields);
  } catch {
    // Nobody is left to be told.
  }
}

export const codeOf = (error: unknown): SdkErrorCode | null => (error instanceof CodexSdkError ? error.code : null);
