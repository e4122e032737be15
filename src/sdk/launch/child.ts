/** A program that was started, with everything that may go wrong with it turned into values. */
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CodexNotFoundError, CodexSpawnError } from "../errors.ts";
import { forgetBinaries } from "./find-binary.ts";
import { guard, signalGroup, standBy, standDown } from "./guardian.ts";
import { withinTime } from "./within-time.ts";

/**
 * Starts programs in the place of Node's own: in a container, over ssh. Is given an executable, its arguments, the environment, pipes for
 * all three streams, and `detached` where process groups exist.
 */
export type SpawnHook = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number | undefined;
  readonly stdin: NonNullable<ChildProcess["stdin"]>;
  readonly stdout: NonNullable<ChildProcess["stdout"]>;
  readonly exited: Promise<Exit>;
  /** Set when the program closed its stdin before it had read all. */
  readonly stdinError: () => Error | null;
  readonly stderrTail: () => string;
  /** Ends the whole group: politely, and by force after `graceMs`. Resolves when it is gone; may be called again. */
  end(graceMs: number): Promise<void>;
  /** Lets the descriptors go, after the end. */
  release(): void;
}

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  /** What its stdin holds; null: it stays open, for the caller. */
  input: string | null;
  /** Default: that of this process. */
  cwd?: string | undefined;
  /** Bytes of stderr that are kept. */
  stderrTailBytes: number;
  spawn?: SpawnHook | undefined;
}

/** What is left of a group whose leader is gone gets this long for its own polite end, in milliseconds. */
const orphanGraceMs = 100;
const pollMs = 10;
/** What was killed is gone at once, but on a busy machine or behind a disk that hangs; nobody waits for longer, in milliseconds. */
const deathMs = 5_000;

/** Rejects with {@link CodexNotFoundError} or {@link CodexSpawnError}. */
export async function startChild(options: ChildOptions): Promise<Child> {
  standBy();
  const child = await spawned(options).catch((error: unknown) => {
    standDown();
    throw error;
  });
  const { stdin, stdout, stderr, pid } = child;
  const unguard = pid === undefined ? () => {} : guard(pid);
  if (stdin === null || stdout === null || stderr === null) {
    child.kill("SIGKILL");
    unguard();
    throw new CodexSpawnError(options.command, null, "it has no pipes; a spawn hook must ask for all three");
  }
  const exited = new Promise<Exit>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve({ code: child.exitCode, signal: child.signalCode });
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  let stdinError: Error | null = null;
  stdin.on("error", (error) => (stdinError ??= error));
  // Written beside the reading, so that a long input cannot wait for a child that waits for its reader.
  if (options.input !== null) stdin.end(Buffer.from(options.input, "utf8"));
  let gone = false;
  let ending: Promise<void> | null = null;
  const whole = async (graceMs: number): Promise<void> => {
    await endGroup(child, exited, graceMs);
    gone = true;
    unguard();
  };
  return {
    pid,
    stdin,
    stdout,
    exited,
    stdinError: () => stdinError,
    stderrTail: tailOf(stderr, options.stderrTailBytes),
    end: (graceMs) => (gone ? Promise.resolve() : (ending ??= whole(graceMs))),
    release: () => {
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
      void exited.then(unguard);
    },
  };
}

async function spawned({ command, args, env, cwd, spawn: hook }: ChildOptions): Promise<ChildProcess> {
  const windows = process.platform === "win32";
  const settings: SpawnOptions = {
    env,
    ...(cwd !== undefined && { cwd }),
    stdio: "pipe",
    detached: !windows,
    windowsHide: true,
  };
  try {
    const child = (hook ?? spawn)(command, args, settings);
    child.on("error", () => {});
    if (child.pid === undefined)
      await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    return child;
  } catch (error) {
    throw startError(command, error);
  }
}

function startError(command: string, error: unknown): Error {
  const { code = null, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" && isAbsolute(command) && existsSync(command))
    return new CodexSpawnError(command, code, "what its first line names to run it is missing", { cause: error });
  if (code === "ENOENT") {
    forgetBinaries();
    return new CodexNotFoundError(command, [command], { cause: error });
  }
  return new CodexSpawnError(command, code, reasons[code ?? ""] ?? message, { cause: error });
}

const reasons: Record<string, string> = {
  EACCES: "it is not executable (EACCES)",
  EMFILE: "this process has too many files open (EMFILE)",
  ENFILE: "the system has too many files open (ENFILE)",
  EAGAIN: "there are too many processes (EAGAIN)",
  E2BIG: "arguments and environment are too long together (E2BIG)",
};

/** Keeps stderr flowing and the last of it. */
function tailOf(stream: NonNullable<ChildProcess["stderr"]>, limit: number): () => string {
  let kept: Buffer[] = [];
  let size = 0;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    kept.push(chunk);
    size += chunk.length;
    while (kept.length > 1 && size - kept[0]!.length >= limit) size -= kept.shift()!.length;
  });
  return () => {
    const tail = Buffer.concat(kept).subarray(-limit);
    kept = [tail];
    size = tail.length;
    // A character may have been cut in two.
    return tail.toString("utf8").replace(/^\uFFFD+/, "");
  };
}

/**
 * The leader is asked first, and the rest of its group once it is gone: it may know how its children are ended well, and would take them
 * for done when they die before it was told.
 */
async function endGroup(child: ChildProcess, exited: Promise<Exit>, graceMs: number): Promise<void> {
  const { pid } = child;
  if (process.platform === "win32" && pid !== undefined) {
    spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore" }).on("error", () => child.kill());
    await withinTime(exited, graceMs);
    return;
  }
  child.kill("SIGTERM");
  if ((await withinTime(exited, graceMs)) === null) {
    if (pid === undefined || !signalGroup(pid, "SIGKILL")) child.kill("SIGKILL");
    await withinTime(exited, Math.max(graceMs, deathMs));
    return;
  }
  if (pid === undefined || !signalGroup(pid, "SIGTERM")) return;
  const leaderGone = performance.now();
  const patience = Math.min(graceMs, orphanGraceMs);
  while (signalGroup(pid, 0)) {
    if (performance.now() - leaderGone >= patience) {
      signalGroup(pid, "SIGKILL");
      return;
    }
    await delay(pollMs);
  }
}
