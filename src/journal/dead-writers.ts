import type { ChildCommand, System } from "../system/ports.ts";
import { locksFolder, lockPath, whileCoordinated } from "./thread-lock.ts";

/** Looked at in one go; what is more waits for the next start. */
const mostAtOnce = 32;

const lockName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.lock$/;

/** Threads of the home whose lock file is there and seems to be nobody's. One look into a folder when all ended well. */
function abandoned({ files, processes }: System, home: string, except: ReadonlySet<string>): string[] {
  let names: string[];
  try {
    names = files.list(`${home}/${locksFolder}`);
  } catch {
    return [];
  }
  const threads = names.flatMap((name) => lockName.exec(name)?.[1] ?? []).filter((id) => !except.has(id));
  if (threads.length === 0) return [];
  const free = new Set(processes.seemFree(threads.map((id) => lockPath(home, id))));
  return threads.filter((id) => free.has(lockPath(home, id))).slice(0, mostAtOnce);
}

/**
 * Finds threads whose writer has died, by the lock files that such a one leaves, takes those away, and returns the
 * commands of those threads. Whatever cannot be done is left to the next one who looks.
 */
export async function clearDeadWriters(
  system: System,
  home: string,
  except: ReadonlySet<string>,
  childrenOf: (threadId: string) => ChildCommand[],
): Promise<ChildCommand[]> {
  const found: ChildCommand[] = [];
  for (const threadId of abandoned(system, home, except)) {
    try {
      // A thread at a time: who wants a lock of this folder waits for us.
      await whileCoordinated(system, home, async () =>
        found.push(...(await clearOne(system, home, threadId, childrenOf))),
      );
    } catch {
      // A home that cannot be written, or a thread that cannot be read: its lock file stays.
    }
  }
  return found;
}

async function clearOne(
  { files, processes }: System,
  home: string,
  threadId: string,
  childrenOf: (threadId: string) => ChildCommand[],
): Promise<ChildCommand[]> {
  const path = lockPath(home, threadId);
  // Another one who looks may have been faster.
  if (files.stat(path) === null) return [];
  const lock = await processes.lock(path);
  if (lock === null) return [];
  try {
    const children = childrenOf(threadId);
    files.remove(path);
    return children;
  } finally {
    await lock.release();
  }
}
