import { setTimeout as sleep } from "node:timers/promises";
import { launch, LaunchError, type RunningProcess } from "../../../tools/exec/process/launch.ts";
import type { PipePool } from "../../../tools/exec/process/pipe-pool.ts";
import type { ProcessGroups } from "../../../tools/exec/process/process-group.ts";
import { internalError, refused, RequestError } from "../request-error.ts";
import { KeptOutput } from "./kept-output.ts";

export type StreamName = "stdout" | "stderr";

export interface RunOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly terminal: boolean;
  readonly size: { readonly cols: number; readonly rows: number } | null;
  /** Whether the client writes to it. */
  readonly typed: boolean;
  /** Of each stream, in bytes. */
  readonly cap: number | null;
  /** Null: as long as it likes. */
  readonly timeoutMs: number | null;
  /** Told of output as it comes; null: it is kept. */
  readonly tell: ((stream: StreamName, bytes: Buffer, capReached: boolean) => void) | null;
  /** What it is in errors: `command`, `process`. */
  readonly noun: string;
  /** What its input is said to be of. */
  readonly called: string;
}

export interface Ending {
  readonly exitCode: number;
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
  /** Processes that it left behind still had its output open. */
  readonly lingered: boolean;
}

const killedForTime = 124;
const lingerMs = 2000;
const longestTimerMs = 2 ** 31 - 1;
/** What a program may leave unread of its input. */
const mostUnread = 16 * 2 ** 20;

/** One process of a client's, from its start to its end. */
export class Running {
  readonly ending: Promise<Ending>;
  readonly #process: RunningProcess;
  readonly #options: RunOptions;
  #inputClosed = false;

  constructor(process: RunningProcess, options: RunOptions, outputs: Record<StreamName, KeptOutput>) {
    this.#process = process;
    this.#options = options;
    this.ending = this.#end(outputs);
  }

  kill(): void {
    this.#process.signal("SIGKILL");
  }

  write(bytes: Buffer | null, close: boolean): void {
    const { terminal, typed, noun, called } = this.#options;
    if (!typed && !terminal) throw refused(`stdin streaming is not enabled for this ${called}`);
    if (this.#inputClosed) throw refused("stdin is already closed");
    if (bytes !== null && bytes.length > 0 && this.#process.write(bytes) > mostUnread) {
      this.kill();
      throw refused(`the ${noun} was ended: it left more than ${mostUnread} bytes of its input unread`);
    }
    if (!close) return;
    this.#inputClosed = true;
    this.#process.endInput();
  }

  resize({ cols, rows }: { cols: number; rows: number }): void {
    if (!this.#options.terminal) throw refused("failed to resize PTY: process is not attached to a PTY");
    this.#process.resize({ columns: cols, rows });
  }

  async #end(outputs: Record<StreamName, KeptOutput>): Promise<Ending> {
    const { timeoutMs } = this.#options;
    const timer = new AbortController();
    let late = false;
    if (timeoutMs !== null) {
      void sleep(Math.min(timeoutMs, longestTimerMs), undefined, { signal: timer.signal }).then(
        () => {
          late = true;
          this.kill();
        },
        () => undefined,
      );
    }
    const code = await this.#process.ended;
    timer.abort();
    return { exitCode: late ? killedForTime : code, ...outputs, lingered: this.#process.lingered };
  }
}

/** @throws RequestError when it cannot be started. */
export async function run(pipes: PipePool, groups: ProcessGroups, options: RunOptions): Promise<Running> {
  const { argv, cwd, environment, terminal, size, cap, tell, noun } = options;
  const output = (stream: StreamName): KeptOutput =>
    new KeptOutput(cap, tell && ((bytes, capReached) => tell(stream, bytes, capReached)));
  const outputs = { stdout: output("stdout"), stderr: output("stderr") };
  try {
    if (argv[0] === "") throw new LaunchError("missing program for pipe spawn");
    if (argv.some((text) => text.includes("\0"))) throw new LaunchError("nul byte found in provided data");
    if (Object.entries(environment).some((entry) => entry.join("").includes("\0")))
      throw new LaunchError("data provided contains a nul byte");
    const process = await launch(pipes, groups, {
      argv,
      cwd,
      enclose: null,
      env: environment,
      terminal,
      ...(size !== null && { size: { columns: size.cols, rows: size.rows } }),
      typed: options.typed,
      lingerMs,
      onStart: () => {},
      onOutput: (bytes) => outputs.stdout.add(bytes),
      onErrors: (bytes) => outputs.stderr.add(bytes),
    });
    return new Running(process, options, outputs);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    throw new RequestError(internalError, `failed to spawn ${noun}: ${error.message}`);
  }
}
