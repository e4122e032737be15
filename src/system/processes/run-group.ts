import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { whenCaughtUp } from "../late.ts";
import { markProcess } from "./process-table.ts";
import type { GroupEnd, GroupOptions } from "../ports.ts";

/** Groups that run; whatever remains dies with this process. */
const running = new Set<number>();
let watching = false;

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has gone, or became somebody else's (a set-uid program).
  }
}

function watch(group: number): void {
  running.add(group);
  if (watching) return;
  watching = true;
  process.on("exit", () => running.forEach(killGroup));
}

/** The beginning of a stream; what comes after it is read and dropped, so that the writer does not block. */
class Collected {
  readonly #chunks: Buffer[] = [];
  #room: number;
  /** Counts up with everything that comes. */
  seen = 0;

  constructor(stream: Readable | null, maxBytes: number) {
    this.#room = maxBytes;
    stream?.on("data", (chunk: Buffer) => {
      this.seen++;
      if (this.#room > 0) this.#chunks.push(chunk.subarray(0, this.#room));
      this.#room -= chunk.length;
    });
    stream?.on("error", () => {});
  }

  toString(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

const quietMs = 50;
const lingerMs = 1000;

/** Resolves when both streams are closed. What the program left running may hold them open: then when nothing more comes. */
async function drained(child: ChildProcess, closed: () => boolean, streams: readonly Collected[]): Promise<void> {
  const until = performance.now() + lingerMs;
  const count = (): number => streams.reduce((sum, { seen }) => sum + seen, 0);
  for (let before = -1; !closed() && before !== count() && performance.now() < until;) {
    before = count();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, quietMs);
      child.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    await whenCaughtUp();
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** See `Processes.runGroup`. */
export async function runGroup(command: readonly string[], options: GroupOptions): Promise<GroupEnd> {
  const { input, timeoutMs, signal, maxBytes } = options;
  const nothing = { code: null, stdout: "", stderr: "" };
  if (signal?.aborted) return { ...nothing, how: "aborted" };
  const { spawn } = await import("node:child_process");
  const [program = "", ...args] = command;
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: [input === null ? "ignore" : "pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return { ...nothing, stderr: (error as Error).message, how: "not started" };
  }
  const { pid } = child;
  // Before the first wait: what is killed before it was noted leaves a process that nobody knows of.
  if (pid !== undefined) {
    watch(pid);
    options.onStart?.(markProcess(pid));
  }
  const [output, errors] = [new Collected(child.stdout, maxBytes), new Collected(child.stderr, maxBytes)];
  let closed = false;
  child.once("close", () => (closed = true));
  child.stdin?.on("error", () => {
    // It need not read what it is told.
  });
  child.stdin?.end(input ?? "");
  let how: GroupEnd["how"] = "ended";
  const stop = (why: GroupEnd["how"]): void => {
    if (how !== "ended") return;
    how = why;
    if (pid !== undefined) killGroup(pid);
  };
  const timer = setTimeout(() => stop("timeout"), Math.min(timeoutMs, 2 ** 31 - 1));
  const abort = (): void => stop("aborted");
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const end = await new Promise<number | null | Error>((resolve) => {
      child.once("error", resolve);
      child.once("exit", (code) => resolve(code));
    });
    if (end instanceof Error && pid === undefined) return { ...nothing, stderr: end.message, how: "not started" };
    await drained(child, () => closed, [output, errors]);
    return { code: end instanceof Error ? null : end, stdout: `${output}`, stderr: `${errors}`, how };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    if (pid !== undefined) running.delete(pid);
  }
}
