import { AgentError } from "../protocol/errors.ts";
import type { FileLock, System } from "../system/ports.ts";
import { storageError } from "./storage-error.ts";

/** The right to write one thread, as Codex knows it: `flock` on `thread-writer-locks/ID.lock`. */
export interface ThreadLock {
  release(): Promise<void>;
}

export const locksFolder = "thread-writer-locks";
export const lockPath = (home: string, threadId: string): string => `${home}/${locksFolder}/${threadId}.lock`;

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

/** Those of this process who wait for one folder: the first has taken its lock for all, the last gives it back. */
interface Queue {
  readonly lock: Promise<FileLock | null>;
  last: Promise<unknown>;
  length: number;
}

const queues = new WeakMap<System, Map<string, Queue>>();

/** Nobody else takes or removes a lock of the folder meanwhile; null when another process works there for longer. */
export async function whileCoordinated<T>(system: System, home: string, work: () => Promise<T>): Promise<T | null> {
  const folder = `${home}/${locksFolder}`;
  let folders = queues.get(system);
  if (folders === undefined) queues.set(system, (folders = new Map()));
  let queue = folders.get(folder);
  if (queue === undefined) {
    folders.set(folder, (queue = { lock: coordinate(system, folder), last: Promise.resolve(), length: 0 }));
  }
  const { lock, last } = queue;
  queue.length++;
  const turn = last.then(async () => ((await lock) === null ? null : await work()));
  queue.last = turn.catch(() => {});
  try {
    return await turn;
  } finally {
    if (--queue.length === 0) {
      folders.delete(folder);
      await (await lock.catch(() => null))?.release();
    }
  }
}

/** AgentError `thread_locked` when somebody else writes the thread. */
export async function lockThread(system: System, home: string, threadId: string): Promise<ThreadLock> {
  const path = lockPath(home, threadId);
  const take = async (): Promise<FileLock | null> => {
    try {
      return await system.processes.lock(path);
    } catch (error) {
      throw storageError(`The lock ${path} cannot be taken`, path, error);
    }
  };
  // Whoever looks whether the last writer has died holds the lock for a moment, and the folder's for as long.
  const lock = (await take()) ?? (await whileCoordinated(system, home, take));
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
      try {
        await whileCoordinated(system, home, async () => {
          system.files.remove(path);
          await lock.release();
        });
      } catch {
        // The file stays, as it does when the folder is busy: an empty one that nobody has locked does no harm.
      } finally {
        await lock.release();
      }
    },
  };
}
