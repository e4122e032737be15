import { applyPlan } from "./apply.ts";
import { planPatch } from "./plan.ts";
import { commandText } from "./problem.ts";

export interface CommandResult {
  exitCode: 0 | 1;
  stdout: string;
  stderr: string;
}

/** The command `apply-patch`: applies the whole patch in `cwd`, or changes nothing and says why. */
export function applyPatchCommand(patch: string, cwd: string): CommandResult {
  const plan = planPatch(patch, cwd);
  const [problem] = plan.problems;
  if (problem !== undefined) return { exitCode: 1, stdout: "", stderr: `${commandText(problem)}\n` };
  const result = applyPlan(plan);
  if (!result.ok) return { exitCode: 1, stdout: "", stderr: `${result.message}\n` };
  return { exitCode: 0, stdout: plan.summary, stderr: "" };
}
