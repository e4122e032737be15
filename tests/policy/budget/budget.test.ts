import { expect, test } from "vitest";
import type { ModelClient, ModelFailure, ModelRequest, ModelResult } from "../../../src/model/model-client.ts";
import { Prices } from "../../../src/model/prices.ts";
import { type ByModel, requestEstimate } from "../../../src/policy/budget/amounts.ts";
import { Budget } from "../../../src/policy/budget/budget.ts";
import type { DayBook } from "../../../src/policy/budget/day-book.ts";
import type { Limit } from "../../../src/policy/budget/limits.ts";
import { MeteredClient } from "../../../src/policy/budget/metered-client.ts";
import { Tallies } from "../../../src/policy/budget/tallies.ts";
import { noUsage } from "../../../src/protocol/usage.ts";

/** A request of about `tokens` tokens, by a thread of the tree `root`. */
function ask(tokens: number, { thread = "root", turn = "turn-1", model = "gpt-5.5" } = {}): ModelRequest {
  return {
    model,
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "x".repeat(tokens * 4) }] }],
    tools: [],
    parallelToolCalls: false,
    reasoning: null,
    verbosity: null,
    outputSchema: null,
    cacheKey: "root",
    identity: {
      installationId: "i",
      sessionId: "root",
      threadId: thread,
      turnId: `${thread} ${turn}`,
      rootTurnId: turn,
      windowId: "w",
      metadata: {},
    },
  };
}

const used = (input: number, cached: number, output: number): ModelResult => ({
  type: "completed",
  responseId: "r",
  usage: {
    ...noUsage,
    inputTokens: input,
    cachedInputTokens: cached,
    outputTokens: output,
    totalTokens: input + output,
  },
  endTurn: null,
});

interface Setting {
  limits: Limit[];
  before?: ByModel;
  prices?: Prices;
  tallies?: Tallies;
  day?: DayBook;
  today?: () => string;
}

function budgetOf({ limits, before = new Map(), prices = new Prices(), tallies = new Tallies(), day, today }: Setting) {
  const warnings: string[] = [];
  const budget = new Budget({
    limits,
    prices,
    tallies,
    before: () => before,
    day: day ?? null,
    today: today ?? (() => "2026-11-21"),
    warn: (message) => warnings.push(message),
  });
  return { budget, warnings };
}

const clientOf = (budget: Budget, answer: ModelClient["stream"]): ModelClient =>
  new MeteredClient({ streamMaxRetries: 0, stream: answer }, () => Promise.resolve(budget));

const quiet = { signal: new AbortController().signal, onEvent: () => undefined };
const codeOf = (result: ModelResult): string => (result.type === "failed" ? result.failure.code : "completed");

test("a request that would go over is not sent, and says which budget, how much and how to raise it", async () => {
  const { budget } = budgetOf({ limits: [{ scope: "turn", unit: "tokens", most: 5000 }] });
  let sent = 0;
  const client = clientOf(budget, async () => {
    sent++;
    return used(2000, 0, 2500);
  });
  expect(codeOf(await client.stream(ask(2000), quiet))).toBe("completed");
  const result = await client.stream(ask(2000), quiet);
  expect(sent).toBe(1);
  const { code, message, retryable } = (result as { failure: ModelFailure }).failure;
  expect({ code, retryable }).toEqual({ code: "budget_exceeded", retryable: false });
  expect(message).toContain("turn_tokens (5,000 tokens)");
  expect(message).toContain("4,500 tokens were used in this turn");
  expect(message).toContain("codex_agent.budget.turn_tokens=");
  // Another turn has its own.
  expect(codeOf(await client.stream(ask(2000, { turn: "turn-2" }), quiet))).toBe("completed");
});

test("sixteen agents side by side go over by no more than their answers", async () => {
  const { budget } = budgetOf({ limits: [{ scope: "thread", unit: "tokens", most: 10_000 }] });
  const doors: (() => void)[] = [];
  const client = clientOf(budget, async () => {
    await new Promise<void>((open) => doors.push(open));
    return used(2000, 0, 100);
  });
  const size = requestEstimate(ask(1900));
  const all = Array.from({ length: 16 }, (_, n) => client.stream(ask(1900, { thread: `agent-${n}` }), quiet));
  await expect.poll(() => doors.length).toBe(Math.floor(10_000 / size));
  for (const open of doors) open();
  const codes = (await Promise.all(all)).map(codeOf);
  expect(codes.filter((code) => code === "completed")).toHaveLength(5);
  expect(codes.filter((code) => code === "budget_exceeded")).toHaveLength(11);
});

test("what was used before this process counts, and a budget that was raised lets it go on", async () => {
  const before = new Map([["gpt-5.5", { input: 9000, cached: 0, output: 500 }]]);
  const limits: Limit[] = [{ scope: "thread", unit: "tokens", most: 10_000 }];
  const tallies = new Tallies();
  const answer = async (): Promise<ModelResult> => used(1000, 0, 10);
  const client = clientOf(budgetOf({ limits, before, tallies }).budget, answer);
  expect(codeOf(await client.stream(ask(1000), quiet))).toBe("budget_exceeded");
  const raised = budgetOf({ limits: [{ ...limits[0]!, most: 11_000 }], before, tallies });
  expect(codeOf(await clientOf(raised.budget, answer).stream(ask(1000), quiet))).toBe("completed");
});

test("a budget in dollars counts cached tokens for less, and takes the next request to be cached as the last one was", async () => {
  const limits: Limit[] = [{ scope: "thread", unit: "usd", most: 0.06 }];
  const { budget } = budgetOf({ limits });
  const client = clientOf(budget, async () => used(10_000, 9_900, 0));
  // The first is booked for $0.05 and takes $0.00545; without the cache the third would not fit.
  for (let n = 0; n < 4; n++) expect(codeOf(await client.stream(ask(10_000), quiet))).toBe("completed");
  expect(codeOf(await client.stream(ask(24_000), quiet))).toBe("budget_exceeded");
});

test("a model without a known price is not asked where the budget is in dollars", async () => {
  const { budget } = budgetOf({ limits: [{ scope: "day", unit: "usd", most: 100 }] });
  const result = await clientOf(budget, async () => used(1, 0, 1)).stream(ask(10, { model: "my-model" }), quiet);
  const { code, message } = (result as { failure: ModelFailure }).failure;
  expect(code).toBe("config");
  expect(message).toContain('[codex_agent.prices."my-model"]');
});

test("the next request is taken to be as much more than its estimate as the last one was", async () => {
  const { budget } = budgetOf({ limits: [{ scope: "turn", unit: "tokens", most: 10_000 }] });
  let sent = 0;
  const client = clientOf(budget, async () => used(++sent * 4000, 0, 0));
  expect(codeOf(await client.stream(ask(2000), quiet))).toBe("completed");
  // Estimated as 4,000 it would fit; the provider counts twice as much.
  expect(codeOf(await client.stream(ask(4000), quiet))).toBe("budget_exceeded");
});

test("the user is told once that four fifths are used", async () => {
  const { budget, warnings } = budgetOf({ limits: [{ scope: "turn", unit: "tokens", most: 10_000 }] });
  const client = clientOf(budget, async () => used(4000, 0, 100));
  await client.stream(ask(3900), quiet);
  expect(warnings).toEqual([]);
  await client.stream(ask(4000), quiet);
  await client.stream(ask(1000), quiet);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("turn_tokens");
});

test("a request is checked against the day on which it is sent, and counts on that of its answer", async () => {
  const days: string[] = [];
  let today = "2026-11-21";
  const day: DayBook = {
    reserve: ({ day: asked }) => String(days.push(asked)),
    settle: (_id, _booking, _tokens, answered) => days.push(answered),
  };
  const limits: Limit[] = [{ scope: "day", unit: "tokens", most: 1e9 }];
  const { budget } = budgetOf({ limits, day, today: () => today });
  const client = clientOf(budget, async () => {
    today = "2026-11-22";
    return used(1000, 0, 10);
  });
  await client.stream(ask(1000), quiet);
  expect(days).toEqual(["2026-11-21", "2026-11-22"]);
});

test("an answer that could not be counted for the day is an answer all the same, and the user is told", async () => {
  const day: DayBook = {
    reserve: () => "booked",
    settle() {
      throw new Error("database is locked");
    },
  };
  const { budget, warnings } = budgetOf({ limits: [{ scope: "day", unit: "tokens", most: 1e9 }], day });
  const client = clientOf(budget, async () => used(1000, 0, 10));
  expect(codeOf(await client.stream(ask(1000), quiet))).toBe("completed");
  expect(warnings).toEqual([
    "What this request took could not be counted for today's budget, where it stands as it was estimated: database is locked",
  ]);
});

test("attempts that broke off are counted by what the provider says, else by what was sent; refused ones are not", async () => {
  const tallies = new Tallies();
  const { budget } = budgetOf({ limits: [{ scope: "turn", unit: "tokens", most: 1e9 }], tallies });
  const total = (): number =>
    [...tallies.turn("turn-1").used.values()].reduce((sum, { input, output }) => sum + input + output, 0);
  const failure: ModelFailure = { code: "stream_disconnected", message: "gone", retryable: true };
  const request = ask(1000);
  await clientOf(budget, async () => ({ type: "failed", failure })).stream(request, quiet);
  expect(total()).toBe(0);
  const size = requestEstimate(request);
  const charged = { ...noUsage, inputTokens: size, outputTokens: 50, totalTokens: size + 50 };
  await clientOf(budget, async () => ({ type: "failed", failure: { ...failure, charged } })).stream(request, quiet);
  expect(total()).toBe(size + 50);
  await clientOf(budget, async (_, { onEvent }) => {
    onEvent({ type: "created", responseId: "r" });
    return { type: "failed", failure };
  }).stream(request, quiet);
  expect(total()).toBe(50 + 2 * size);
  const stopped = clientOf(budget, async (_, { onEvent }) => {
    onEvent({ type: "created", responseId: "r" });
    throw new Error("stopped");
  });
  await expect(stopped.stream(request, quiet)).rejects.toThrow("stopped");
  expect(total()).toBe(50 + 3 * size);
});
