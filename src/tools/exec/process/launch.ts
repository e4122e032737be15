import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import { ReadStream } from "node:tty";
import { getSystemErrorMessage } from "node:util";
import { carryLoaderVariables } from "../../../policy/sandbox/loader-variables.ts";
import type { Enclose, Enclosed } from "../../../policy/sandbox/sandbox.ts";
import { messageOf } from "../../../protocol/errors.ts";
import type { PipePool } from "./pipe-pool.ts";
import { signalGroup, type ProcessGroups } from "./process-group.ts";
import { openTerminal, shieldTerminals, type TerminalSize } from "./terminal.ts";

export interface LaunchOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Puts the command within its walls; null: it has none. */
  readonly enclose: Enclose | null;
  readonly env: Readonly<Record<string, string>>;
  /** On a terminal, which is its standard input, too; otherwise its input is empty, or a pipe where `typed` says so. */
  readonly terminal: boolean;
  /** Default: 80 columns, 24 rows. */
  readonly size?: TerminalSize;
  readonly typed?: boolean;
  /** How long output of processes that the main one left behind is still waited for, in milliseconds. */
  readonly lingerMs?: number;
  /** Called as soon as it runs, with what becomes {@link RunningProcess.pid}. */
  onStart(pid: number): void;
  /** Called with bytes that are valid during the call only. */
  onOutput(bytes: Uint8Array): void;
  /** Standard error by itself; without it both come to `onOutput` in the order in which they were written. */
  onErrors?(bytes: Uint8Array): void;
}

export interface RunningProcess {
  /** Also the id of its process group and session. */
  readonly pid: number;
  /** Settles when the main process has ended and its output has been handed over: the exit code, or 128 + signal. */
  readonly ended: Promise<number>;
  /** Whether the wait for output of left-over processes came to its end before the output did. */
  readonly lingered: boolean;
  /** Types into the terminal, or writes to the input where there is one. Gives how many bytes still wait to be read. */
  write(text: string | Uint8Array): number;
  /** Ends the input; on a terminal, by its end-of-file key on a line of its own. */
  endInput(): void;
  /** Does nothing where there is no terminal. */
  resize(size: TerminalSize): void;
  signal(name: NodeJS.Signals): void;
}

/** The command could not be started; the message is the system's, in Rust's words. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
}

const usualLingerMs = 50;
const longestTimerMs = 2 ** 31 - 1;
/** More than the kernel can hold for us: what comes after that was written by others than the ended process. */
const lastReadBytes = 2 * 1024 * 1024;

function launchError(error: unknown): LaunchError {
  if (error instanceof LaunchError) return error;
  const { errno, code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_INVALID_ARG_VALUE") return new LaunchError("nul byte found in provided data");
  if (typeof errno !== "number") return new LaunchError(message);
  const text = getSystemErrorMessage(errno);
  return new LaunchError(`${text.charAt(0).toUpperCase()}${text.slice(1)} (os error ${-errno})`);
}

const exitCode = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

const readSize = 65536;
/** Used again by the next command: a new one each time is 64 KiB of garbage for a word of output. */
const freeBuffers: Buffer[] = [];
const takeBuffer = (): Buffer => freeBuffers.pop() ?? Buffer.allocUnsafeSlow(readSize);

/** Our end of a pipe or terminal, read as fast as it comes. */
class OutputReader {
  readonly #descriptor: number;
  readonly #stream: Socket;
  readonly #deliver: (bytes: Uint8Array) => void;
  /** Its end has been read: nobody writes to it any more. */
  drained = false;
  readonly ended: Promise<void>;

  constructor(descriptor: number, terminal: boolean, deliver: (bytes: Uint8Array) => void) {
    this.#descriptor = descriptor;
    this.#deliver = deliver;
    const callback = (size: number, buffer: Uint8Array): boolean => {
      deliver(buffer.subarray(0, size));
      return true;
    };
    const buffer = takeBuffer();
    this.#stream = terminal
      ? new ReadStream(descriptor).on("data", deliver)
      : new Socket({ fd: descriptor, readable: true, writable: false, onread: { buffer, callback } });
    this.ended = new Promise((resolve) =>
      this.#stream.on("close", () => {
        freeBuffers.push(buffer);
        resolve();
      }),
    );
    // A terminal whose last program has gone reads as an error; so does nothing else that matters here.
    this.#stream.on("error", () => {});
    this.#stream.on("end", () => (this.drained = true));
    this.#stream.resume();
  }

  /** Its `close` event comes later than the close: by then the descriptor's number may be somebody else's. */
  get #open(): boolean {
    return !this.#stream.destroyed;
  }

  write(text: string | Uint8Array): number {
    if (this.#open) this.#stream.write(text);
    return this.#stream.writableLength;
  }

  /** Hands over what has been written so far, without waiting; returns whether more may come. */
  catchUp(): boolean {
    const buffer = takeBuffer();
    try {
      for (let total = 0; this.#open && total < lastReadBytes;) {
        const size = readSync(this.#descriptor, buffer);
        this.drained = size === 0;
        if (this.drained) return false;
        this.#deliver(buffer.subarray(0, size));
        total += size;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return false;
    } finally {
      freeBuffers.push(buffer);
    }
    return this.#open;
  }

  /** Resolves when the other side is closed, or soon. */
  async linger(lingerMs: number): Promise<void> {
    if (!this.catchUp()) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.ended, new Promise<void>((resolve) => (timer = setTimeout(resolve, lingerMs)))]);
    clearTimeout(timer);
    this.catchUp();
  }

  close(): void {
    this.#stream.destroy();
  }
}

function started(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return Promise.resolve(child.pid);
  return new Promise((_, reject) => child.once("error", reject));
}

function spawnChild(
  options: LaunchOptions,
  argv: readonly string[],
  streams: (number | "ignore" | "pipe")[],
): ChildProcess {
  const nullDevice = openSync("/dev/null", "r+");
  try {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: options.cwd,
      env: { ...options.env, PWD: options.cwd },
      detached: true,
      stdio: shieldTerminals(streams, nullDevice),
    });
    // At once: what is killed before this was noted leaves a process that nobody knows of.
    if (child.pid !== undefined) options.onStart(child.pid);
    return child;
  } finally {
    closeSync(nullDevice);
  }
}

/** Resolves with the code as soon as the process has ended and what it wrote was read. */
async function endOf(
  child: ChildProcess,
  readers: OutputReader[],
  lingerMs: number | null,
  close: () => void,
): Promise<number> {
  const code = await new Promise<number>((resolve) => child.once("exit", (...end) => resolve(exitCode(...end))));
  // Everything the process wrote can be read at once; its pipe may stay open in what it left running.
  if (lingerMs === null) for (const reader of readers) reader.catchUp();
  else await Promise.all(readers.map((reader) => reader.linger(lingerMs)));
  close();
  return code;
}

async function launchOnPipes(pipes: PipePool, options: LaunchOptions): Promise<RunningProcess> {
  const output = await pipes.take();
  const errors = options.onErrors === undefined ? null : await pipes.take();
  const ends = errors === null ? [output] : [output, errors];
  let child: ChildProcess;
  let pid: number;
  try {
    const input = options.typed === true ? "pipe" : "ignore";
    child = spawnChild(options, options.argv, [input, output.writer, (errors ?? output).writer]);
    pid = await started(child);
  } catch (error) {
    for (const { reader, done } of ends) {
      closeSync(reader);
      done(false);
    }
    throw error;
  } finally {
    for (const { writer } of ends) closeSync(writer);
  }
  const readers = [new OutputReader(output.reader, false, (bytes) => options.onOutput(bytes))];
  if (errors !== null) readers.push(new OutputReader(errors.reader, false, (bytes) => options.onErrors?.(bytes)));
  for (const [index, reader] of readers.entries()) void reader.ended.then(() => ends[index]?.done(reader.drained));
  const lingerMs = options.lingerMs ?? usualLingerMs;
  const ended = endOf(child, readers, lingerMs, () => readers.forEach((reader) => reader.close()));
  // Who reads no input may end before it is written.
  child.stdin?.on("error", () => {});
  return {
    pid,
    ended,
    get lingered() {
      return readers.some((reader) => !reader.drained);
    },
    write(text) {
      child.stdin?.write(text);
      return child.stdin?.writableLength ?? 0;
    },
    endInput: () => void child.stdin?.end(),
    resize: () => {},
    signal: (name) => void signalGroup(pid, name),
  };
}

/** A session leader without a terminal gets the first one that it opens: this shell opens it and becomes the command. */
const onTerminal = 'exec "$@" <>"$0" >&0 2>&1';

async function launchOnTerminal(options: LaunchOptions): Promise<RunningProcess> {
  const terminal = openTerminal(options.size);
  let child: ChildProcess;
  let pid: number;
  try {
    child = spawnChild(
      options,
      ["/bin/sh", "-c", onTerminal, terminal.path, ...options.argv],
      ["ignore", "ignore", "ignore"],
    );
    pid = await started(child);
  } catch (error) {
    terminal.release();
    closeSync(terminal.master);
    terminal.forget();
    throw error;
  }
  const reader = new OutputReader(terminal.master, true, (bytes) => options.onOutput(bytes));
  const ended = endOf(child, [reader], null, () => {
    terminal.release();
    void reader.ended.then(() => terminal.forget());
    reader.close();
  });
  return {
    pid,
    ended,
    lingered: false,
    write: (text) => reader.write(text),
    endInput: () => void reader.write("\n\x04"),
    resize: (size) => terminal.resize(size),
    signal: (name) => void signalGroup(pid, name),
  };
}

/** What is started, to have the command run within its walls. */
function withinWalls({ argv, cwd, env, enclose }: LaunchOptions): Enclosed & Pick<LaunchOptions, "env"> {
  if (enclose === null) return { argv, env, release: () => {} };
  const carried = carryLoaderVariables(argv, env);
  try {
    return { ...enclose(carried.argv, cwd), env: carried.env };
  } catch (error) {
    throw new LaunchError(messageOf(error));
  }
}

/**
 * Starts a command as leader of a session and process group of its own. What it leaves running is ended with it.
 * @throws {LaunchError} when it cannot be started.
 */
export async function launch(pipes: PipePool, groups: ProcessGroups, options: LaunchOptions): Promise<RunningProcess> {
  const { argv, env, release, seconds } = withinWalls(options);
  const placed = { ...options, argv, env };
  const starting = options.terminal ? launchOnTerminal(placed) : launchOnPipes(pipes, placed);
  const running = await starting.catch((error: unknown) => {
    release();
    throw launchError(error);
  });
  groups.add(running.pid);
  const limit =
    seconds === undefined
      ? undefined
      : setTimeout(() => running.signal("SIGKILL"), Math.min(seconds * 1000, longestTimerMs));
  void running.ended.then(() => {
    clearTimeout(limit);
    groups.end(running.pid);
    release();
  });
  return running;
}
