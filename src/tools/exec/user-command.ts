import type { ItemSink } from "../tool.ts";
import { CommandItem, noExitCode } from "./command-item.ts";
import type { ExecContext } from "./context.ts";
import { endOf } from "./finite-command.ts";
import { OutputBuffer } from "./output-buffer.ts";
import { launch, LaunchError, type RunningProcess } from "./process/launch.ts";
import { noteChild } from "./process/note-child.ts";
import { withinBudget } from "./render.ts";

/** A line of the user's own for their shell. */
export interface UserCommand {
  readonly id: string;
  readonly command: string;
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Of the output, for the model. */
  readonly outputTokens: number;
}

/** Runs it without walls: the user needs nobody's leave. Gives what the model is told of it. Never rejects. */
export async function runUserCommand(
  exec: ExecContext,
  { id, command, cwd, timeoutMs, outputTokens }: UserCommand,
  { items, signal }: { items: ItemSink; signal: AbortSignal },
): Promise<string> {
  const argv = [exec.shell, exec.allowLogin ? "-lc" : "-c", command];
  const item = new CommandItem(items, { id, argv, cwd, processId: null, source: "userShell" });
  const output = new OutputBuffer();
  const begun = performance.now();
  const told = (exitCode: number, words = ""): string => {
    item.complete(exitCode, words);
    const seconds = ((performance.now() - begun) / 1000).toFixed(4);
    const text = withinBudget(output.read(), outputTokens);
    const result = `Exit code: ${exitCode}\nDuration: ${seconds} seconds\nOutput:\n${text}${words}\n`;
    return `<user_shell_command>\n<command>\n${command}\n</command>\n<result>\n${result}</result>\n</user_shell_command>`;
  };
  let running: RunningProcess;
  try {
    running = await launch(exec.pipes, exec.groups, {
      argv,
      cwd,
      enclose: null,
      env: { ...exec.environment, ...exec.fixedVariables },
      terminal: false,
      onStart: (pid) => noteChild(items, id, pid),
      onOutput(bytes) {
        output.push(bytes);
        item.output(bytes);
      },
    });
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    return told(noExitCode, `${argv[0]} could not be started in ${cwd}: ${error.message}`);
  }
  try {
    const end = await endOf(running, timeoutMs, signal);
    if (end !== "timeout") return told(end.code);
    exec.groups.end(running.pid);
    return told(noExitCode, `the command was ended after ${timeoutMs} ms`);
  } catch {
    exec.groups.end(running.pid);
    return told(noExitCode, "command aborted by user");
  }
}
