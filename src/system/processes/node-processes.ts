import type { Readable } from "node:stream";
import { constants } from "node:os";
import { whenCaughtUp } from "../late.ts";
import { findHolder, seemFree, takeLock } from "./flock.ts";
import { endOrphans } from "./orphans.ts";
import type { ProcessResult, Processes } from "../ports.ts";

type RunOptions = Parameters<Processes["run"]>[1];

const defaultMaxBytes = 2 ** 20;

/** Collects up to `maxBytes`; reads on beyond them, so that the writer does not block. Out of descriptors there is no stream. */
function collect(stream: Readable | undefined, maxBytes: number): () => string {
  const chunks: Buffer[] = [];
  let room = maxBytes;
  stream?.on("data", (chunk: Buffer) => {
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room -= chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

async function run(command: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
  if (options.signal?.aborted) return { code: null, stdout: "", stderr: "" };
  const { spawn } = await import("node:child_process");
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      killSignal: "SIGKILL",
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.env !== undefined && { env: { ...options.env } }),
      ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
      ...(options.signal !== undefined && { signal: options.signal }),
    });
    const maxBytes = options.maxBytes ?? defaultMaxBytes;
    const stdout = collect(child.stdout, maxBytes);
    const stderr = collect(child.stderr, maxBytes);
    let failure: Error | null = null;
    child.on("error", (error) => (failure = error));
    // A grandchild of a killed helper may hold the pipes open for ever: what is in them by now is read, and no more.
    child.on("exit", async (_code, signal) => {
      if (signal === null) return;
      await whenCaughtUp();
      child.stdout.destroy();
      child.stderr.destroy();
    });
    child.on("close", (code, signal) => {
      const started = child.pid !== undefined;
      const result = signal ? 128 + constants.signals[signal] : code;
      resolve({
        code: started ? result : null,
        stdout: stdout(),
        stderr: failure && !started ? failure.message : stderr(),
      });
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export const nodeProcesses: Processes = {
  run,
  pipe: async (command, options) => (await import("./run-pipe.ts")).runPipe(command, options),
  runGroup: async (command, options) => (await import("./run-group.ts")).runGroup(command, options),
  lock: takeLock,
  lockHolder: findHolder,
  seemFree,
  endOrphans,
  isAlive,
  pid: process.pid,
  userId: process.getuid?.() ?? null,
};
