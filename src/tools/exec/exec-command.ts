import { randomBytes } from "node:crypto";
import type { FunctionSpec } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { withHead } from "../output-limit.ts";
import { shellCalls, shellName, type FinishedCall } from "../hooked.ts";
import type { CallContext, PreparedCall, Tool, ToolResult } from "../tool.ts";
import { tellDeclined } from "./declined-item.ts";
import {
  clamp,
  commandAction,
  directoryOf,
  effectOf,
  requireInteger,
  variablesOf,
  type Escalation,
  type ExecContext,
  wantsLogin,
} from "./context.ts";
import { LaunchError } from "./process/launch.ts";
import { outputHeading, renderRejection, renderResult, resultData, type Budget, wallTime } from "./render.ts";
import type { Session, SessionStart } from "./sessions.ts";
import { resolveShell, shellRun } from "./login/user-shell.ts";

interface ExecArguments extends Escalation {
  cmd: string;
  workdir?: string;
  shell?: string;
  login?: boolean;
  tty?: boolean;
  yield_time_ms?: number;
  max_output_tokens?: number;
}

const spec: FunctionSpec = {
  type: "function",
  name: "exec_command",
  description:
    "Runs a shell command and returns its output. A command that takes longer than the wait goes on in the background and is answered with a session ID for write_stdin.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      cmd: { type: "string", description: "The command line for the shell." },
      justification: {
        type: "string",
        description:
          "With require_escalated: a question to the user, in one sentence, why this must run outside of the sandbox.",
      },
      login: { type: "boolean", description: "Load the user's login environment first. Default true." },
      max_output_tokens: { type: "number", description: "Longer output is shortened in the middle." },
      prefix_rule: {
        type: "array",
        description: "With require_escalated: the first words of the command that could be allowed for good.",
        items: { type: "string" },
      },
      sandbox_permissions: {
        type: "string",
        description: "Whether to run in the sandbox as usual or to ask for leave to run outside of it.",
        enum: ["use_default", "require_escalated"],
      },
      shell: { type: "string", description: "Shell to use instead of the user's own." },
      tty: {
        type: "boolean",
        description: "Run on a terminal, so that input can be sent later. Default false: input is empty.",
      },
      workdir: { type: "string", description: "Directory to run in. Default: the working directory of the turn." },
      yield_time_ms: {
        type: "number",
        description: "How long to wait for the end, in milliseconds. Default 10000, from 250 to 30000.",
      },
    },
    required: ["cmd"],
    additionalProperties: false,
  },
};

/** The answer about a session as it is now; one that has ended is told of once. */
export function reportSession(exec: ExecContext, session: Session, since: number, budget: Budget): ToolResult {
  const { exitCode } = session;
  if (exitCode !== null) exec.sessions.forget(session);
  const state = exitCode === null ? { sessionId: session.id } : { exitCode };
  const chunkId = randomBytes(3).toString("hex");
  const wallMs = performance.now() - since;
  const said = session.drain();
  const output = renderResult(chunkId, wallMs, state, said, budget);
  const data = resultData(chunkId, wallMs, state, said, budget);
  return { output, ok: true, data, finished: exitCode === null ? null : finishedSession(session, output) };
}

/** Hooks are told of a command's end as that of the call that has started it, and without the head of the output. */
function finishedSession({ callId, argv }: Session, output: string): FinishedCall {
  const response = output.slice(output.indexOf(outputHeading) + outputHeading.length);
  return { name: shellName, callId, input: { command: argv.at(-1) ?? "" }, response };
}

export const budgetOf = (asked: number | undefined, { outputTokens }: CallContext): Budget => ({
  text: Math.min(asked ?? outputTokens, outputTokens),
  asked: asked ?? null,
  whole: withHead(outputTokens),
});

async function runCommand(
  exec: ExecContext,
  start: SessionStart,
  waitMs: number,
  budget: Budget,
  context: CallContext,
): Promise<ToolResult> {
  context.signal.throwIfAborted();
  let session: Session;
  try {
    session = await exec.sessions.start(start, context.items);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    return { output: renderRejection(`Failed to create unified exec process: ${error.message}`), ok: false };
  }
  const since = performance.now();
  try {
    await exec.sessions.wait(session, waitMs, context.signal);
  } catch (error) {
    exec.sessions.end(session);
    throw error;
  }
  return reportSession(exec, session, since, budget);
}

/** A patch that was written as a command: its own answer, told as that of a command. */
function asCommand(patch: PreparedCall): PreparedCall {
  return {
    effect: patch.effect,
    action: patch.action,
    ...(patch.question !== undefined && { question: patch.question }),
    refusal: (decision) => patch.refusal(decision),
    run: async (leave) => {
      const since = performance.now();
      const { output, ok } = await patch.run(leave);
      if (typeof output !== "string" || !ok) return { output, ok };
      const wallMs = performance.now() - since;
      const data = { wall_time_seconds: wallMs / 1000, output };
      return { output: `${wallTime(wallMs)}\nOutput:\n${output}`, ok, data };
    },
  };
}

export function createExecCommand(exec: ExecContext): Tool {
  return {
    name: spec.name,
    spec,
    hooked: shellCalls("cmd"),
    parallel: true,
    prepare(input, context) {
      const asked = parseArguments<ExecArguments>(input, spec.parameters);
      requireInteger(asked.yield_time_ms, "u64");
      requireInteger(asked.max_output_tokens, "usize");
      const cwd = directoryOf(asked.workdir, context);
      const patch = exec.intercept(asked.cmd, { ...context, cwd });
      if (patch !== null) return asCommand(patch);
      const env = variablesOf(exec, context);
      const shell = resolveShell(asked.shell, exec.shell, env["PATH"] ?? "/usr/bin:/bin");
      const login = wantsLogin(exec, asked.login);
      const visible = [shell, login ? "-lc" : "-c", asked.cmd];
      return {
        effect: effectOf(context),
        action: commandAction(visible, cwd, asked),
        refusal(decision) {
          if (decision.reason === "reviewer" || decision.answer !== undefined) {
            const status = decision.answer === "none" ? "failed" : "declined";
            tellDeclined(context.items, { id: context.callId, argv: visible, cwd }, status);
          }
          return decision.reason === "escalation" ? decision.message : renderRejection(decision.message);
        },
        async run(leave) {
          const run = await shellRun(shell, login, asked.cmd, env, exec.login);
          const start = { ...run, enclose: leave.enclose, itemId: context.callId, cwd, terminal: asked.tty ?? false };
          if (leave.trial !== undefined) {
            const { runTrial } = await import("./trial-command.ts");
            return runTrial(exec, start, leave.trial, budgetOf(asked.max_output_tokens, context), context);
          }
          const waitMs = clamp(asked.yield_time_ms ?? 10_000, 250, 30_000);
          return runCommand(exec, start, waitMs, budgetOf(asked.max_output_tokens, context), context);
        },
      };
    },
  };
}
