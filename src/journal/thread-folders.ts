import { AgentError } from "../protocol/errors.ts";
import type { FileSystem } from "../system/ports.ts";
import { historyBaseOf } from "./chain.ts";
import { generationsOf, listRollouts, type RolloutFile, segmentId } from "./rollout-files.ts";
import { storageError } from "./storage-error.ts";
import { readHead } from "./summarise.ts";

const active = (home: string): string => `${home}/sessions`;
const archive = (home: string): string => `${home}/archived_sessions`;
const nameOf = ({ path }: RolloutFile): string => path.slice(path.lastIndexOf("/") + 1);

/** Moves every file of the thread into the flat folder of threads that were put away. */
export function archiveThread(files: FileSystem, home: string, threadId: string): void {
  const found = filesOf(files, active(home), threadId, `no rollout found for thread id ${threadId}`);
  files.makeDirectory(archive(home), 0o700);
  for (const file of found) move(files, file, archive(home));
}

/** Moves them back to the day that their names tell. */
export function unarchiveThread(files: FileSystem, home: string, threadId: string): void {
  const found = filesOf(files, archive(home), threadId, `no archived rollout found for thread id ${threadId}`);
  for (const file of found) {
    const [year = "", month = "", day = ""] = file.started.slice(0, 10).split("-");
    const folder = `${active(home)}/${year}/${month}/${day}`;
    files.makeDirectory(folder, 0o700);
    move(files, file, folder);
  }
}

/** Removes the thread's files, unless another thread needs them as its past. */
export function deleteThread(files: FileSystem, home: string, threadId: string): void {
  const all = [...listRollouts(files, active(home)), ...listRollouts(files, archive(home))];
  const own = generationsOf(all, threadId);
  const segments = new Set(own.map(segmentId));
  for (const other of all) {
    if (other.threadId === threadId) continue;
    const base = historyBaseOf(readHead(files, other, true)?.meta ?? {});
    if (base === null || !segments.has(base.segmentId)) continue;
    throw new AgentError(
      "thread_busy",
      `Thread ${threadId} is the past of thread ${other.threadId}, which was forked from it. Delete that one first, or archive this one.`,
      { details: { threadId, fork: other.threadId } },
    );
  }
  // The newest generation last: until it is gone, the thread is there to be deleted again.
  for (const { path } of own) moving(path, () => files.remove(path));
}

function filesOf(files: FileSystem, folder: string, threadId: string, missing: string): RolloutFile[] {
  const found = generationsOf(listRollouts(files, folder), threadId);
  if (found.length === 0) throw new AgentError("thread_not_found", missing);
  return found;
}

function move(files: FileSystem, file: RolloutFile, folder: string): void {
  const target = `${folder}/${nameOf(file)}`;
  moving(file.path, () => files.rename(file.path, target));
}

function moving(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw storageError(`The thread file ${path} cannot be moved`, path, error);
  }
}
