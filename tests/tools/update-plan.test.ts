import { expect, test } from "vitest";
import { updatePlanTool } from "../../src/tools/update-plan.ts";
import { callTool, recordedContext } from "./call.ts";

test("a plan is told as it was given", async () => {
  const { context, plans } = recordedContext("/");
  const plan = [
    { step: "look", status: "completed" },
    { step: "do", status: "in_progress" },
  ];
  expect(await callTool(updatePlanTool, { plan }, context)).toEqual({ output: "Plan updated", ok: true, data: {} });
  expect(await callTool(updatePlanTool, { explanation: "why", plan: [] }, context)).toEqual({
    output: "Plan updated",
    ok: true,
    data: {},
  });
  expect(plans).toEqual([
    { explanation: null, plan },
    { explanation: "why", plan: [] },
  ]);
});

test.each([
  [[{ step: " ", status: "pending" }], "`plan[0].step` is empty"],
  [
    [
      { step: "a", status: "in_progress" },
      { step: "b", status: "in_progress" },
    ],
    "more than one step",
  ],
])("a plan with a mistake changes nothing", async (plan, text) => {
  const { context, plans } = recordedContext("/");
  expect(await callTool(updatePlanTool, { plan }, context)).toEqual({
    output: expect.stringContaining(text),
    ok: false,
  });
  expect(plans).toEqual([]);
});

test.each([
  ["{}", "missing field `plan`"],
  ['{"plan":"x"}', 'plan: invalid type: string "x", expected a sequence'],
  ['{"plan":[1]}', "plan: [0]: invalid type: integer `1`, expected a map"],
  ['{"plan":[{"step":"a"}]}', "missing field `status`"],
  ['{"plan":[{"step":"a","status":"done"}]}', "unknown variant `done`"],
])("%s cannot be prepared", (input, text) => {
  expect(() => updatePlanTool.prepare(input, recordedContext("/").context)).toThrow(
    `failed to parse function arguments: `,
  );
  expect(() => updatePlanTool.prepare(input, recordedContext("/").context)).toThrow(text);
});
