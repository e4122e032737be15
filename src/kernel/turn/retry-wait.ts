import type { ModelFailure } from "../../model/model-client.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { Clock } from "../../system/ports.ts";

export interface RetryPlace {
  readonly clock: Clock;
  readonly threadId: string;
  readonly turnId: string;
  readonly signal: AbortSignal;
  emit(event: AgentEvent): void;
}

export interface Retry {
  attempt: number;
  maxAttempts: number;
  delayMs: number;
  failure: ModelFailure;
}

/** Waits of this length and more are counted down, once a second. */
const countedMs = 5000;
const stepMs = 1000;

/** Tells that a request is made again, and waits until it is time for it. Rejects with the signal's reason. */
export async function waitForRetry(
  { clock, threadId, turnId, signal, emit }: RetryPlace,
  { attempt, maxAttempts, failure, delayMs }: Retry,
): Promise<void> {
  if (failure.quiet === true && attempt === 1) return clock.sleep(delayMs, signal);
  const atMs = clock.now() + delayMs;
  emit({ type: "retry.scheduled", threadId, turnId, attempt, maxAttempts, delayMs, atMs, cause: failure.message });
  if (delayMs < countedMs) return clock.sleep(delayMs, signal);
  for (let leftMs = delayMs; leftMs > 0;) {
    emit({ type: "retry.countdown", threadId, turnId, leftMs, atMs });
    const step = Math.min(stepMs, leftMs);
    await clock.sleep(step, signal);
    // A machine that slept meanwhile has waited, too.
    leftMs = Math.min(leftMs - step, Math.max(0, atMs - clock.now()));
  }
}
