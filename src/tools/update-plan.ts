import type { PlanStep } from "../protocol/items.ts";
import type { JsonSchema } from "../protocol/tool-spec.ts";
import { parseArguments } from "./arguments.ts";
import { mistakenCall } from "./results.ts";
import type { CallContext, PreparedCall, Tool } from "./tool.ts";

const parameters: JsonSchema = {
  type: "object",
  properties: {
    explanation: { type: "string", description: "Why the plan is as it is now; optional." },
    plan: {
      type: "array",
      description: "All steps, in order.",
      items: {
        type: "object",
        properties: {
          status: {
            type: "string",
            description: "How far the step is.",
            enum: ["pending", "in_progress", "completed"],
          },
          step: { type: "string", description: "What is to be done, in a few words." },
        },
        required: ["step", "status"],
        additionalProperties: false,
      },
    },
  },
  required: ["plan"],
  additionalProperties: false,
};

/** Shows the user what the model means to do. Always replaces the whole plan; a plan with a mistake changes nothing. */
export const updatePlanTool: Tool = {
  name: "update_plan",
  spec: {
    type: "function",
    name: "update_plan",
    description:
      "Tell the user your plan and how far you are. Send all steps each time, at most one of them in progress.",
    strict: false,
    parameters,
  },
  parallel: false,
  prepare(input, context) {
    const { explanation, plan } = parseArguments<{ explanation?: string; plan: PlanStep[] }>(input, parameters);
    const empty = plan.findIndex(({ step }) => step.trim() === "");
    if (empty >= 0) return mistakenCall(`\`plan[${empty}].step\` is empty.`);
    if (plan.filter(({ status }) => status === "in_progress").length > 1) {
      return mistakenCall("`plan` has more than one step with status `in_progress`.");
    }
    return publishing(
      context,
      explanation ?? null,
      plan.map(({ step, status }) => ({ step, status })),
    );
  },
};

function publishing(context: CallContext, explanation: string | null, plan: PlanStep[]): PreparedCall {
  return {
    effect: "none",
    action: { kind: "none" },
    refusal: ({ message }) => `Error: the plan was not changed: ${message}`,
    run() {
      context.items.plan(explanation, plan);
      return Promise.resolve({ output: "Plan updated", ok: true, data: {} });
    },
  };
}
