import type { TrialRun } from "../../policy/action.ts";
import type { CallContext, ToolResult } from "../tool.ts";
import type { ExecContext } from "./context.ts";
import { reportSession } from "./exec-command.ts";
import { LaunchError } from "./process/launch.ts";
import { renderRejection, type Budget } from "./render.ts";
import type { Session, SessionStart } from "./sessions.ts";

/** Longer than any trial may last: whoever made it has its walls end it. */
const longestMs = 2 ** 30;

/** Runs a command to its end, however long that takes, and adds what came of the trial to its output. */
export async function runTrial(
  exec: ExecContext,
  start: SessionStart,
  trial: TrialRun,
  budget: Budget,
  context: CallContext,
): Promise<ToolResult> {
  let session: Session;
  try {
    context.signal.throwIfAborted();
    session = await exec.sessions.start(start, context.items);
  } catch (error) {
    await trial.abandon();
    if (!(error instanceof LaunchError)) throw error;
    return { output: renderRejection(`Failed to create unified exec process: ${error.message}`), ok: false };
  }
  const since = performance.now();
  try {
    await exec.sessions.wait(session, longestMs, context.signal);
  } catch (error) {
    exec.sessions.end(session);
    await trial.abandon();
    throw error;
  }
  const { exitCode } = session;
  const result = reportSession(exec, session, since, budget);
  return concluded(result, trial, exitCode);
}

/** The result with what the trial adds to it. */
export async function concluded(result: ToolResult, trial: TrialRun, exitCode: number | null): Promise<ToolResult> {
  const { note, stops } = await trial.conclude(exitCode);
  const output = note === null || typeof result.output !== "string" ? result.output : `${result.output}\n${note}`;
  const data = note !== null && typeof result.data === "object" ? { ...result.data, trial: note } : result.data;
  return { ...result, output, ...(data !== undefined && { data }), ...(stops && { stops }) };
}
