import { expect, test } from "vitest";
import { countdownText, fallbackText, retryText } from "../../src/protocol/retries.ts";

const place = { threadId: "t", turnId: "u" };
const atMs = new Date(2026, 10, 22, 14, 3, 5).getTime();

test("a short wait is told by its number, a long one with its end", () => {
  const retry = { type: "retry.scheduled", ...place, attempt: 1, maxAttempts: 5, cause: "slow", atMs } as const;
  expect(retryText({ ...retry, delayMs: 4999 })).toBe("Reconnecting... 1/5 (slow)");
  expect(retryText({ ...retry, delayMs: 130_000 })).toBe(
    "Reconnecting... 1/5 (slow); the next try is in 2m 10s, at 14:03:05",
  );
});

test("a countdown says what is left, in whole seconds", () => {
  const left = (leftMs: number): string => countdownText({ type: "retry.countdown", ...place, leftMs, atMs });
  expect(left(59_001)).toBe("waiting for the provider: 1m 0s left, until 14:03:05");
  expect(left(500)).toBe("waiting for the provider: 1s left, until 14:03:05");
});

test("who goes on for whom, and why", () => {
  const event = { type: "model.fell_back", ...place, from: "a/one", to: "b/two", model: "two", cause: "busy" } as const;
  expect(fallbackText(event)).toBe("a/one cannot be used (busy); b/two goes on");
});
