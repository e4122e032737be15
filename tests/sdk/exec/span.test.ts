import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, beforeEach, expect, it } from "vitest";
import type { TurnSpan } from "../../../src/sdk/index.ts";
import { failure, program, threadId } from "./scripted.ts";

const spans: TurnSpan[] = [];
const keep = (message: unknown): void => void spans.push(message as TurnSpan);
subscribe("codex.exec.turn", keep);
afterAll(() => unsubscribe("codex.exec.turn", keep));
beforeEach(() => void spans.splice(0));

it("a turn that is over is told with its thread, model, exit, tokens and durations, and without a word that was said", async () => {
  const { codex } = await program(`begin(); text("an answer"); done(10);`);
  const logged: unknown[] = [];
  const logger = { debug: (...parameters: unknown[]) => logged.push(parameters) };
  const thread = codex({ logger, apiKey: "sk-very-secret" }).startThread({ model: "m" });
  const turn = await thread.run("a question");
  expect(spans).toEqual([
    {
      name: "codex.exec.turn",
      startTime: expect.any(Number),
      durationMs: turn.durationMs,
      firstEventMs: expect.any(Number),
      threadId,
      model: "m",
      outcome: "completed",
      errorCode: null,
      exitCode: 0,
      signal: null,
      usage: turn.usage,
      turnUsage: turn.usage,
    },
  ]);
  expect(spans[0]!.firstEventMs).toBeLessThanOrEqual(spans[0]!.durationMs);
  expect(logged).toHaveLength(2);
  expect(JSON.stringify([spans, logged])).not.toMatch(/question|answer|secret/);
});

it("one that failed, was stopped or was left says so", async () => {
  const failing = await program(`begin(); say({ type: "turn.failed", error: { message: "no" } }); process.exit(1);`);
  await failure(failing.thread().run("go"));
  const hanging = await program(`begin(); stay();`);
  await failure(hanging.thread().run("go", { idleTimeoutMs: 200 }));
  const { events } = await hanging.thread().runStreamed("go");
  await events.next();
  await events[Symbol.asyncDispose]();
  expect(spans.map(({ outcome, errorCode, exitCode }) => ({ outcome, errorCode, exitCode }))).toEqual([
    { outcome: "failed", errorCode: "turnFailed", exitCode: 1 },
    { outcome: "failed", errorCode: "timedOut", exitCode: null },
    { outcome: "left", errorCode: null, exitCode: null },
  ]);
});

it("one that never started anything is not told", async () => {
  const { thread, calls } = await program(`begin(); done();`);
  await failure(thread().run("go", { signal: AbortSignal.abort() }));
  expect(calls()).toEqual([]);
  expect(spans).toEqual([]);
});
