import { statSync } from "node:fs";
import { resolve } from "node:path";
import { applyPlan } from "./apply.ts";
import type { InterceptedPatch } from "./intercept.ts";
import { planPatch, touchedPaths, type PatchPlan } from "./plan.ts";
import { commandText, verificationText } from "./problem.ts";
import { applyPatchSpec } from "./tool-spec.ts";
import { textCalls } from "../hooked.ts";
import { CallError, type CallContext, type PreparedCall, type Tool, type ToolResult } from "../tool.ts";
import type { Decision } from "../../policy/action.ts";
import type { FileChangeItem } from "../../protocol/items.ts";

function refusal(decision: Extract<Decision, { type: "deny" }>): string {
  switch (decision.reason) {
    case "sandbox":
      return "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings";
    case "outside":
      return "patch rejected: writing outside of the project; rejected by user approval settings";
    case "user":
      return "patch rejected by user";
    case "hook":
      return decision.message;
    default:
      return `patch rejected: ${decision.message}`;
  }
}

/** Seconds with at most one decimal; none when it is zero. */
const seconds = (milliseconds: number): string => String(Math.round(milliseconds / 100) / 10);

function runPlan(plan: PatchPlan, context: CallContext): ToolResult {
  const started = performance.now();
  const item: FileChangeItem = {
    type: "fileChange",
    id: context.callId,
    changes: plan.fileChanges(),
    status: "inProgress",
    stdout: "",
    stderr: "",
  };
  context.items.started(item);
  const [blocked] = plan.problems;
  const result = blocked === undefined ? applyPlan(plan) : { ok: false as const, message: commandText(blocked) };
  const stdout = result.ok ? plan.summary : "";
  const stderr = result.ok ? "" : `${result.message}\n`;
  context.items.completed({ ...item, status: result.ok ? "completed" : "failed", stdout, stderr });
  if (result.ok) context.items.patched(context.callId, plan.files());
  const wallTime = seconds(performance.now() - started);
  return {
    ok: result.ok,
    output: `Exit code: ${result.ok ? 0 : 1}\nWall time: ${wallTime} seconds\nOutput:\n${stdout}${stderr}`,
    ...(result.ok && { data: {} }),
  };
}

/** A patch that was refused by the user is told of as one that was never applied. */
function tellDeclined(plan: PatchPlan, { items, callId: id }: CallContext, answer: "no" | "none"): void {
  const texts = { stdout: "", stderr: "" };
  const item: FileChangeItem = { type: "fileChange", id, changes: plan.fileChanges(), status: "inProgress", ...texts };
  items.started(item);
  items.completed({ ...item, status: answer === "no" ? "declined" : "failed" });
}

/**
 * Problems of the text and of the files it speaks of are told at once; a place that cannot be written is a failed change,
 * as Codex has it.
 */
function prepareCall(plan: PatchPlan, context: CallContext): PreparedCall {
  const problem = plan.problems.find(({ type }) => type !== "write");
  if (problem !== undefined) throw new CallError(verificationText(problem));
  return {
    effect: "once",
    action: { kind: "write", paths: touchedPaths(plan) },
    question: { type: "patch", callId: context.callId, changes: plan.fileChanges(), reason: null },
    refusal(decision) {
      if (decision.answer !== undefined && decision.reason !== "cancelled")
        tellDeclined(plan, context, decision.answer);
      return refusal(decision);
    },
    run: async () => runPlan(plan, context),
  };
}

/**
 * A call for a patch that came as a shell command to be run in `cwd`. The head of a command's output is the shell's to add.
 * @throws {CallError}
 */
export function prepareIntercepted(intercepted: InterceptedPatch, cwd: string, context: CallContext): PreparedCall {
  const directory = resolve(cwd, intercepted.workdir ?? "");
  // The shell would have stopped here; making the folder would only hide a mistyped name.
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CallError(`apply_patch verification failed: ${directory} is not a directory`);
  }
  return prepareCall(planPatch(intercepted.patch, directory), context);
}

export const applyPatchTool: Tool = {
  name: applyPatchSpec.name,
  spec: applyPatchSpec,
  hooked: textCalls(applyPatchSpec.name),
  parallel: false,
  prepare(input, context) {
    const plan = planPatch(input, context.cwd);
    if (plan.environmentId !== null) {
      throw new CallError("apply_patch environment selection is unavailable for this turn");
    }
    return prepareCall(plan, context);
  },
};
