import type { AgentEvent } from "./events.ts";

/** What people read of a model that stands in for another. */
export const fallbackText = ({ from, to, cause }: Extract<AgentEvent, { type: "model.fell_back" }>): string =>
  `${from} cannot be used (${cause}); ${to} goes on`;

/** Waits that nobody notices need no words. */
const noticedMs = 5000;

/** What people read of a request that is made again. */
export function retryText({
  attempt,
  maxAttempts,
  cause,
  delayMs,
  atMs,
}: Extract<AgentEvent, { type: "retry.scheduled" }>): string {
  const text = `Reconnecting... ${attempt}/${maxAttempts} (${cause})`;
  return delayMs < noticedMs ? text : `${text}; the next try is in ${spanText(delayMs)}, at ${clockText(atMs)}`;
}

/** What people read while it is waited for. */
export const countdownText = ({ leftMs, atMs }: Extract<AgentEvent, { type: "retry.countdown" }>): string =>
  `waiting for the provider: ${spanText(leftMs)} left, until ${clockText(atMs)}`;

/** `75s` as `1m 15s`. */
function spanText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m ${seconds % 60}s`;
}

function clockText(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
