import type { FunctionSpec } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { argumentCalls } from "../hooked.ts";
import { CallError, type Tool } from "../tool.ts";
import { commandAction, directoryOf, effectOf, variablesOf, type ExecContext } from "./context.ts";
import { runFinite } from "./finite-command.ts";

interface ShellArguments {
  command: string[];
  workdir?: string;
  timeout_ms?: number;
}

const spec: FunctionSpec = {
  type: "function",
  name: "shell",
  description: "Runs a program to its end and returns its exit code and output.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      command: { type: "array", description: "The program and its arguments.", items: { type: "string" } },
      workdir: { type: "string", description: "Directory to run in. Default: the working directory of the turn." },
      timeout_ms: { type: "integer", description: "Time limit in milliseconds. Default 30000." },
    },
    required: ["command"],
    additionalProperties: false,
  },
};

/** The tool of older Codex versions that takes an argument list (TL-10 to TL-12). */
export function createShell(exec: ExecContext): Tool {
  return {
    name: spec.name,
    spec,
    hooked: argumentCalls,
    parallel: true,
    prepare(input, context) {
      const asked = parseArguments<ShellArguments>(input, spec.parameters);
      if (asked.command.length === 0) throw new CallError("Error: command is empty; give a program and its arguments");
      const empty = asked.command.indexOf("");
      if (empty !== -1) throw new CallError(`Error: command[${empty}] is empty; each entry must be a non-empty string`);
      const cwd = directoryOf(asked.workdir, context);
      const argv = asked.command;
      return {
        effect: effectOf(context),
        action: commandAction(argv, cwd, {}),
        refusal: (decision) => `Error: ${decision.message}`,
        run: (leave) =>
          runFinite(
            exec,
            {
              visible: argv,
              argv,
              cwd,
              enclose: leave.enclose,
              trial: leave.trial,
              env: variablesOf(exec, context),
              timeoutMs: timeLimit(asked.timeout_ms ?? 30_000),
            },
            context,
          ),
      };
    },
  };
}

/** At least a millisecond, and no more than a timer can hold. */
export const timeLimit = (ms: number): number => Math.min(Math.max(ms, 1), 2 ** 31 - 1);
