import { call, httpError, respond } from "../support/fake-model.ts";
import type { Scenario } from "../support/scenario.ts";
import { fewRetries, last, one } from "./exec-turns.ts";
import { failsAtOnce, namesCredential } from "./wanted.ts";

export const statusesScenarios: Scenario[] = [
  {
    name: "400 with JSON",
    script: () => [httpError(400, { error: { message: "bad", type: "invalid_request_error" } })],
    turns: one(),
  },
  {
    name: "400 after a command",
    script: () => [
      respond([call("1", "exec_command", { cmd: "echo x" })]),
      httpError(400, { error: { message: "bad" } }),
    ],
    turns: one(),
  },
  ...[401, 403, 404].map((status) => ({
    name: `${status}`,
    script: () => () => httpError(status, { error: { message: "no" } }),
    stage: fewRetries,
    turns: one(),
    wanted: {
      reason: "asking again cannot help; a refused credential is named by its source",
      change: status === 404 ? failsAtOnce : namesCredential,
    },
  })),
  {
    name: "429 without retry-after",
    script: () => [httpError(429, { error: { message: "slow" } })],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "429 with retry-after",
    script: () => [httpError(429, { error: { message: "slow" } }, { "retry-after": "1" }), last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "429 for a used-up plan",
    script: () => [
      httpError(429, {
        error: { type: "usage_limit_reached", message: "slow", plan_type: "plus", resets_in_seconds: 900 },
      }),
    ],
    stage: fewRetries,
    turns: one(),
  },
  { name: "500 once", script: () => [httpError(500, "oops"), last], stage: fewRetries, turns: one() },
  { name: "500 always", script: () => () => httpError(500, "oops"), stage: fewRetries, turns: one() },
  { name: "503 always", script: () => () => httpError(503, "busy"), stage: fewRetries, turns: one() },
  {
    name: "503 empty, retried by the stream",
    script: () => [httpError(503, ""), httpError(503, ""), last],
    stage: fewRetries,
    turns: one(),
  },
];
