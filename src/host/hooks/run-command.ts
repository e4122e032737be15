import { failure, readOutcome, type Outcome } from "../../kernel/hooks/outcome.ts";
import type { HookFacts } from "../../protocol/hooks.ts";
import type { Processes, ProcessMark } from "../../system/ports.ts";

/** Of each stream. More than any context can use; what is kept of it is cut again for the model. */
const maxBytes = 8 << 20;

export interface CommandPlace {
  readonly processes: Processes;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal | null;
  onStart?(mark: ProcessMark): void;
}

/** Runs a hook's command outside of the sandbox, as the user would: it is the user's own program. */
export async function runHookCommand(
  hook: Extract<HookFacts, { handlerType: "command" }>,
  input: string,
  place: CommandPlace,
): Promise<Outcome> {
  const { processes, shell, env, cwd, signal, onStart } = place;
  const end = await processes.runGroup([shell, "-c", hook.command], {
    cwd,
    env,
    input,
    timeoutMs: hook.timeoutSec * 1000,
    maxBytes,
    ...(signal !== null && { signal }),
    onStart: (mark) => mark !== null && onStart?.(mark),
  });
  if (end.how === "timeout") return failure(`hook timed out after ${hook.timeoutSec}s`);
  if (end.how === "aborted") return failure("hook was stopped with its turn");
  if (end.how === "not started") return failure(`hook could not be started: ${end.stderr}`);
  return readOutcome(hook.eventName, end);
}
