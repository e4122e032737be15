import fc from "fast-check";
import { expect, it } from "vitest";
import { goalLine, goalOf } from "../../../src/journal/lines/goal-line.ts";
import type { GoalState } from "../../../src/kernel/goals/goal.ts";
import { goalStatuses } from "../../../src/protocol/goals.ts";

const goals: fc.Arbitrary<GoalState> = fc.record({
  id: fc.uuid(),
  objective: fc.string({ unit: "binary" }),
  status: fc.constantFrom(...goalStatuses),
  tokenBudget: fc.option(fc.nat()),
  tokensUsed: fc.nat(),
  timeUsedMs: fc.nat(),
  createdAtMs: fc.nat(),
  updatedAtMs: fc.nat(),
});

it("a goal is read as it was written", () => {
  fc.assert(
    fc.property(goals, (goal) => {
      expect(goalOf(JSON.parse(JSON.stringify(goalLine(goal))) as Record<string, unknown>)).toEqual(goal);
    }),
  );
  expect(goalOf(goalLine(null))).toBeNull();
});

it("a line that is no goal is none", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("id", "objective", "status", "token_budget"), fc.jsonValue()),
      (payload) => {
        const goal = goalOf(payload);
        if (goal !== null) expect(goalStatuses).toContain(goal.status);
      },
    ),
  );
});
