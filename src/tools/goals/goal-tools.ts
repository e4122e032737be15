import { goalStatuses, type Goal, type GoalStatus } from "../../protocol/goals.ts";
import type { FunctionSpec, JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { CallError, type CallContext, type Tool, type ToolResult } from "../tool.ts";
import type { GoalPort } from "./goal-port.ts";

const spec = (name: string, description: string, properties: JsonSchema["properties"], required: string[]) =>
  ({
    type: "function",
    name,
    description,
    strict: false,
    parameters: { type: "object", properties: properties ?? {}, required, additionalProperties: false },
  }) satisfies FunctionSpec;

const getSpec = spec(
  "get_goal",
  "Returns the goal of this thread with its state, budget, tokens and time used.",
  {},
  [],
);

const createSpec = spec(
  "create_goal",
  "Begins a goal that is pursued over several turns. Only when the user or the instructions ask for a goal, never for an ordinary task. Fails while an unfinished goal is there.",
  {
    objective: { type: "string", description: "What is to be reached, concretely." },
    token_budget: { type: "integer", description: "Tokens that may be spent on it; only when a budget was asked for." },
  },
  ["objective"],
);

const updateSpec = spec(
  "update_goal",
  "Ends work on the goal. `complete`: everything in the objective is done and was checked; then tell the user what it took. `blocked`: the same obstacle stopped three turns in a row, and only the user or the outside world can remove it; not for work that is hard, slow or unclear. `paused`: the user asked for a pause.",
  { status: { type: "string", description: "The new state.", enum: ["complete", "blocked", "paused"] } },
  ["status"],
);

const report =
  "The goal is complete. Tell the user what it took, from the fields of `goal`: tokensUsed of tokenBudget where there is a budget, and timeUsedSeconds, in words, where it is above zero.";

/** `get_goal`, `create_goal` and `update_goal`. Their answers are JSON; what goes wrong is plain text. */
export function createGoalTools(port: GoalPort): Tool[] {
  return [
    goalTool(getSpec, () => () => port.get()),
    goalTool(createSpec, (input, { turnId }) => {
      const asked = read<{ objective: string; token_budget?: number }>(input, createSpec.parameters);
      return () => port.create(turnId, asked.objective, asked.token_budget ?? null);
    }),
    goalTool(updateSpec, (input, { turnId }) => {
      const status = readStatus(input);
      return () => port.conclude(turnId, status);
    }),
  ];
}

/** Reads the arguments and says what to do with them. */
type Plan = (input: string, context: CallContext) => () => Goal | string | null;

const goalTool = (toolSpec: FunctionSpec, plan: Plan): Tool => ({
  name: toolSpec.name,
  spec: toolSpec,
  parallel: false,
  prepare(input, context) {
    const act = plan(input, context);
    return {
      effect: "none",
      action: { kind: "none" },
      refusal: ({ message }) => message,
      run: () => Promise.resolve(answerOf(act(), toolSpec === updateSpec)),
    };
  },
});

function answerOf(found: Goal | string | null, concludes: boolean): ToolResult {
  if (typeof found === "string") return { output: found, ok: false };
  const worthTelling = found !== null && (found.tokenBudget !== null || found.timeUsedSeconds > 0);
  const data = {
    goal: found === null ? null : toolGoal(found),
    remainingTokens: remaining(found),
    completionBudgetReport: concludes && found?.status === "complete" && worthTelling ? report : null,
  };
  return { output: JSON.stringify(data), ok: true, data };
}

/** As Codex shows it to a model: a budget that is not there is left out. */
function toolGoal(goal: Goal): Partial<Goal> {
  const { tokenBudget, ...rest } = goal;
  return tokenBudget === null ? rest : goal;
}

const remaining = (goal: Goal | null): number | null =>
  goal === null || goal.tokenBudget === null ? null : Math.max(0, goal.tokenBudget - goal.tokensUsed);

/** Codex's parser names no tool here: its sentence stands alone. */
function read<Arguments>(input: string, schema: JsonSchema): Arguments {
  try {
    return parseArguments<Arguments>(input, schema);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new CallError(error.message.replace(/^failed to parse function arguments: /, ""));
  }
}

function readStatus(input: string): GoalStatus {
  const { status } = read<{ status: string }>(input, {
    ...updateSpec.parameters,
    properties: { status: { type: "string" } },
  });
  const known = goalStatuses.find((each) => each === status);
  if (known !== undefined) return known;
  const names = goalStatuses.map((each) => `\`${each}\``).join(", ");
  throw new CallError(`unknown variant \`${status}\`, expected one of ${names}${placeOf(input, "status")}`);
}

/** Where the value of a field ends, as Codex's parser counts it. */
function placeOf(input: string, field: string): string {
  const found = new RegExp(`"${field}"\\s*:\\s*"(?:[^"\\\\]|\\\\.)*"`).exec(input);
  if (found === null) return "";
  const before = input.slice(0, found.index + found[0].length).split("\n");
  return ` at line ${before.length} column ${before.at(-1)?.length ?? 0}`;
}
