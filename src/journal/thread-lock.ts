import { AgentError } from "../protocol/errors.ts";
import type { FileLock, System } from "../system/ports.ts";

/** The right to write one thread, as Codex knows it: `flock` on `thread-writer-locks/ID.lock`. */
export interface ThreadLock {
  release(): Promise<void>;
}

const retryMs = 20;
const retries = 50;

/** The folder's own lock, held while a thread's lock file is removed, so that nobody takes a lock on a removed file. */
async function coordinate(system: System, folder: string): Promise<FileLock | null> {
  for (let attempt = 0; attempt < retries; attempt++) {
    const lock = await system.processes.lock(`${folder}/.coordination.lock`);
    if (lock) return lock;
    await system.clock.sleep(retryMs);
  }
  return null;
}

/** AgentError `thread_locked` when somebody else writes the thread. */
export async function lockThread(system: System, home: string, threadId: string): Promise<ThreadLock> {
  const folder = `${home}/thread-writer-locks`;
  const path = `${folder}/${threadId}.lock`;
  const lock = await system.processes.lock(path);
  if (!lock) {
    const holder = system.processes.lockHolder(path);
    const who = holder ? `process ${holder.pid}${holder.name && ` (${holder.name})`}` : "another process";
    throw new AgentError(
      "thread_locked",
      `Thread ${threadId} is being written by ${who}. Wait until it has finished, or fork the thread.`,
      { details: { threadId, ...(holder && { pid: holder.pid, program: holder.name }) } },
    );
  }
  return {
    async release() {
      const coordination = await coordinate(system, folder);
      // Without it the file stays: an empty file that nobody has locked does no harm.
      if (coordination) system.files.remove(path);
      await lock.release();
      await coordination?.release();
    },
  };
}
