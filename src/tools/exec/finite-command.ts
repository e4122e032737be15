import type { TrialRun } from "../../policy/action.ts";
import type { Enclose } from "../../policy/sandbox/sandbox.ts";
import type { CallContext, ToolResult } from "../tool.ts";
import { CommandItem, noExitCode } from "./command-item.ts";
import type { ExecContext } from "./context.ts";
import { launch, LaunchError, type RunningProcess } from "./process/launch.ts";
import { noteChild } from "./process/note-child.ts";

export interface FiniteCommand {
  readonly visible: string[];
  readonly argv: string[];
  readonly cwd: string;
  readonly enclose: Enclose | null;
  readonly env: Record<string, string>;
  readonly timeoutMs: number;
  readonly trial?: TrialRun | undefined;
}

/** Characters of either stream that the model is given. */
const shownCharacters = 12_000;

/** What a cut within a character leaves of it. */
const firstHalf = /[\ud800-\udbff]$/;

/** The beginning of a stream, as far as it is shown. */
class Beginning {
  readonly #decoder = new TextDecoder();
  #text = "";
  #cut = false;

  push(bytes: Uint8Array): void {
    if (this.#cut) return;
    this.#text += this.#decoder.decode(bytes, { stream: true });
    this.#cut = this.#text.length > shownCharacters;
  }

  lines(title: string): string[] {
    const text = this.#cut
      ? `${this.#text.slice(0, shownCharacters).replace(firstHalf, "")}\n...[truncated]...`
      : this.#text + this.#decoder.decode();
    return text === "" ? [] : [title, text];
  }
}

type End = { code: number } | "timeout";

/** Rejects with the signal's reason. */
export async function endOf(running: RunningProcess, timeoutMs: number, signal: AbortSignal): Promise<End> {
  let stop = (): void => {};
  const interrupted = new Promise<End>((resolve, reject) => {
    const timer = setTimeout(() => resolve("timeout"), timeoutMs);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
  });
  try {
    return await Promise.race([running.ended.then((code) => ({ code })), interrupted]);
  } finally {
    stop();
  }
}

/** Runs a command to its end or time limit, as the older Codex tools do, and tells its two streams apart. */
export async function runFinite(exec: ExecContext, command: FiniteCommand, context: CallContext): Promise<ToolResult> {
  context.signal.throwIfAborted();
  const { visible, argv, cwd, enclose, env, timeoutMs } = command;
  const item = new CommandItem(context.items, {
    id: context.callId,
    argv: visible,
    cwd,
    processId: null,
    source: "agent",
  });
  const [output, errors] = [new Beginning(), new Beginning()];
  const taker =
    (stream: Beginning) =>
    (bytes: Uint8Array): void => {
      stream.push(bytes);
      item.output(bytes);
    };
  let running: RunningProcess;
  try {
    running = await launch(exec.pipes, exec.groups, {
      argv,
      cwd,
      enclose,
      env,
      terminal: false,
      onStart: (pid) => noteChild(context.items, context.callId, pid),
      onOutput: taker(output),
      onErrors: taker(errors),
    });
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    item.complete(noExitCode, error.message);
    await command.trial?.abandon();
    return { output: `Error: ${argv[0]} could not be started in ${cwd}: ${error.message}`, ok: false };
  }
  let end: End;
  try {
    end = await endOf(running, timeoutMs, context.signal);
  } catch (error) {
    exec.groups.end(running.pid);
    item.complete(noExitCode);
    await command.trial?.abandon();
    throw error;
  }
  if (end === "timeout") exec.groups.end(running.pid);
  item.complete(end === "timeout" ? noExitCode : end.code);
  const state = end === "timeout" ? `Timeout: exceeded ${timeoutMs} ms` : `Exit code: ${end.code}`;
  const lines = [`Working directory: ${cwd}`, state, ...output.lines("Stdout:"), ...errors.lines("Stderr:")];
  const result = { output: lines.join("\n"), ok: end !== "timeout" };
  if (command.trial === undefined) return result;
  const { concluded } = await import("./trial-command.ts");
  return concluded(result, command.trial, end === "timeout" ? null : end.code);
}
