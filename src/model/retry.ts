import type { Random } from "../system/ports.ts";

/** Waits between attempts: 200 ms doubled each time, ten percent either way. `attempt` counts from 1. */
export function backoffMs(attempt: number, random: Random): number {
  const [byte = 0] = random.bytes(1);
  const jitter = 0.9 + (byte / 255) * 0.2;
  return Math.round(200 * 2 ** (Math.min(attempt, 10) - 1) * jitter);
}

/** `retry-after` (seconds or an HTTP date) and `retry-after-ms`, in milliseconds; null when neither can be read. */
export function retryAfterMs(header: (name: string) => string | undefined, now: number): number | null {
  const exact = Number(header("retry-after-ms"));
  if (header("retry-after-ms") !== undefined && Number.isFinite(exact) && exact >= 0) return exact;
  const value = header("retry-after");
  if (value === undefined) return null;
  const seconds = Number(value);
  if (value.trim() !== "" && Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The wish in a message such as "try again in 1.2s", milliseconds. */
export function delayInMessage(message: string): number | null {
  const match = /try again in\s*(\d+(?:\.\d+)?)\s*(ms|s|seconds?)/i.exec(message);
  if (match === null) return null;
  const amount = Number(match[1]);
  return Math.round(match[2]!.toLowerCase() === "ms" ? amount : amount * 1000);
}
