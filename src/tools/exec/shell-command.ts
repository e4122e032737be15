import type { FunctionSpec } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { shellCalls } from "../hooked.ts";
import { CallError, type Tool } from "../tool.ts";
import { commandAction, directoryOf, effectOf, variablesOf, type ExecContext, wantsLogin } from "./context.ts";
import { runFinite } from "./finite-command.ts";
import { timeLimit } from "./shell.ts";
import { shellRun } from "./login/user-shell.ts";

interface ShellCommandArguments {
  command: string;
  workdir?: string;
  timeout_ms?: number;
  login?: boolean;
}

const spec: FunctionSpec = {
  type: "function",
  name: "shell_command",
  description: "Runs a shell command to its end and returns its exit code and output.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      command: { type: "string", description: "The command line for the shell." },
      workdir: { type: "string", description: "Directory to run in. Default: the working directory of the turn." },
      timeout_ms: { type: "integer", description: "Time limit in milliseconds. Default 10000." },
      login: { type: "boolean", description: "Load the user's login environment first. Default true." },
    },
    required: ["command"],
    additionalProperties: false,
  },
};

/** The tool of older Codex versions that takes a command line (TL-15, TL-16). */
export function createShellCommand(exec: ExecContext): Tool {
  return {
    name: spec.name,
    spec,
    hooked: shellCalls("command"),
    parallel: true,
    prepare(input, context) {
      const asked = parseArguments<ShellCommandArguments>(input, spec.parameters);
      if (asked.command.trim() === "") throw new CallError("Error: command is empty; give a command line");
      const cwd = directoryOf(asked.workdir, context);
      const patch = exec.intercept(asked.command, { ...context, cwd });
      if (patch !== null) return patch;
      const login = wantsLogin(exec, asked.login);
      return {
        effect: effectOf(context),
        action: commandAction([exec.shell, login ? "-lc" : "-c", asked.command], cwd, {}),
        refusal: (decision) => `Error: ${decision.message}`,
        async run(leave) {
          const run = await shellRun(exec.shell, login, asked.command, variablesOf(exec, context), exec.login);
          const { enclose, trial } = leave;
          return runFinite(
            exec,
            { ...run, cwd, enclose, trial, timeoutMs: timeLimit(asked.timeout_ms ?? 10_000) },
            context,
          );
        },
      };
    },
  };
}
