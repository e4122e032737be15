import { expect, it } from "vitest";
import fc from "fast-check";
import {
  changeGoal,
  chargeGoal,
  concludeGoal,
  createGoal,
  type GoalResult,
  type GoalState,
} from "../../../src/kernel/goals/goal.ts";
import { afterTurn, readMeter, startMeter } from "../../../src/kernel/goals/pursuit.ts";
import { goalStatuses, type GoalStatus } from "../../../src/protocol/goals.ts";
import { noUsage, type TokenUsage } from "../../../src/protocol/usage.ts";

const moment = { nowMs: 5000, newId: () => "g" };

function goalOf(result: GoalResult): GoalState {
  if ("problem" in result) throw new Error(result.problem);
  return result.goal;
}

const active = (tokenBudget: number | null = null): GoalState =>
  goalOf(createGoal(null, "make it", tokenBudget, moment));

const used = (inputTokens: number, cachedInputTokens: number, outputTokens: number): TokenUsage => ({
  ...noUsage,
  inputTokens,
  cachedInputTokens,
  outputTokens,
});

it("a goal is made only where no unfinished one is", () => {
  for (const status of goalStatuses) {
    const result = createGoal({ ...active(), status }, "next", null, moment);
    expect("goal" in result).toBe(status === "complete");
  }
});

it("counts the characters of an objective as people do", () => {
  expect(createGoal(null, "😀".repeat(4000), null, moment)).toHaveProperty("goal");
  expect(createGoal(null, "😀".repeat(4001), null, moment)).toEqual({
    problem: "goal objective must be at most 4000 characters",
  });
});

it("a goal without budget left stays so when the model would have it paused", () => {
  const spent = chargeGoal(active(100), { tokens: 100, ms: 0 }, 6000);
  expect(spent.status).toBe("budgetLimited");
  expect(goalOf(concludeGoal(spent, "paused", 7000)).status).toBe("budgetLimited");
  expect(goalOf(concludeGoal(spent, "complete", 7000)).status).toBe("complete");
});

it("the model may not set what only the user and the runtime set", () => {
  const free = new Set<GoalStatus>(["complete", "blocked", "paused"]);
  for (const status of goalStatuses) expect("goal" in concludeGoal(active(), status, 1)).toBe(free.has(status));
});

it("the user's change keeps what it does not name, and a budget that is spent already says so", () => {
  const goal = chargeGoal(active(), { tokens: 70, ms: 1500 }, 6000);
  const changed = goalOf(changeGoal("t", goal, { tokenBudget: 50 }, moment));
  expect(changed).toMatchObject({ objective: "make it", status: "budgetLimited", tokensUsed: 70, timeUsedMs: 1500 });
  const freed = goalOf(changeGoal("t", changed, { status: "active", tokenBudget: null }, moment));
  expect(freed).toMatchObject({ status: "active", tokenBudget: null });
  expect(changeGoal("t", null, { status: "active" }, moment)).toEqual({
    problem: "cannot update goal for thread t: no goal exists",
  });
});

it("neither the response that makes a goal nor the one that ends it counts", () => {
  const total = used(100, 40, 10);
  let meter = startMeter(null, total, 0);
  let goal: GoalState | null = active();
  const read = (input: number): void => {
    const seen = readMeter(meter, goal, used(input, 40, 10), 1000);
    meter = seen.meter;
    goal = seen.goal;
  };
  read(200);
  expect(goal.tokensUsed).toBe(0);
  read(300);
  expect(goal.tokensUsed).toBe(100);
  goal = goalOf(concludeGoal(goal, "blocked", 1000));
  read(400);
  expect(goal.tokensUsed).toBe(100);
});

it("what is spent is what the turns cost, whatever happens between them, and a limit holds from the moment it is passed", () => {
  const step = fc.record({ input: fc.nat(1000), cached: fc.nat(1000), output: fc.nat(100), newTurn: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 10_000 }), (steps, budget) => {
      let goal: GoalState | null = active(budget);
      let total = { ...noUsage };
      let meter = startMeter(goal, total, 0);
      let sum = 0;
      for (const { input, cached, output, newTurn } of steps) {
        if (newTurn) meter = startMeter(goal, total, 0);
        const counts: boolean = goal.status === "active" || (goal.status === "budgetLimited" && meter.goalId !== null);
        const fresh = { ...total };
        fresh.inputTokens += input;
        fresh.cachedInputTokens += Math.min(cached, input);
        fresh.outputTokens += output;
        total = fresh;
        if (counts) sum += input - Math.min(cached, input) + output;
        const seen = readMeter(meter, goal, total, 0);
        expect(seen.ranOut).toBe(goal.status === "active" && seen.goal?.status === "budgetLimited");
        meter = seen.meter;
        goal = seen.goal!;
        expect(goal.tokensUsed).toBe(sum);
        expect(goal.status).toBe(sum >= budget ? "budgetLimited" : "active");
      }
    }),
  );
});

it("goes on only after a turn that ended well, with nobody waiting, up to the limit", () => {
  const facts = { nowMs: 9000, continued: 0, maximum: 2, held: false };
  const completed = { type: "completed" } as const;
  expect(afterTurn(active(), completed, facts).type).toBe("continue");
  expect(afterTurn(active(), completed, { ...facts, held: true }).type).toBe("rest");
  expect(afterTurn(active(), { type: "interrupted" }, facts).type).toBe("rest");
  expect(afterTurn(null, completed, facts).type).toBe("rest");
  expect(afterTurn(active(), completed, { ...facts, continued: 2 })).toMatchObject({ type: "pause", turns: 2 });
  expect(afterTurn(active(), { type: "failed", code: "bad_request" }, facts)).toMatchObject({
    type: "stop",
    goal: { status: "blocked", updatedAtMs: 9000 },
  });
  expect(afterTurn(active(), { type: "failed", code: "usage_limit" }, facts)).toMatchObject({
    goal: { status: "usageLimited" },
  });
  for (const status of goalStatuses.slice(1)) {
    expect(afterTurn({ ...active(), status }, completed, facts).type).toBe("rest");
  }
});
