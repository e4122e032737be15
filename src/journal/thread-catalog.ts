import type { ListQuery, ThreadQuery } from "../kernel/journal-port.ts";
import { stringOr } from "../protocol/codex-0.169/rollout.ts";
import type { ThreadPage, ThreadSummary } from "../protocol/threads.ts";
import type { FileSystem } from "../system/ports.ts";
import { metaOf } from "./load-thread.ts";
import { originOf } from "../kernel/thread-origin.ts";
import { byGeneration, listRollouts, type RolloutFile } from "./rollout-files.ts";
import { isForUsers, previewOf, readHead } from "./summarise.ts";
import { readThreadNames } from "./thread-names.ts";

interface DatedFile {
  file: RolloutFile;
  modifiedMs: number;
}

/** Behind the newest in time, and by id among threads of one moment. */
const compareNewestFirst = (a: DatedFile, b: DatedFile): number =>
  b.modifiedMs - a.modifiedMs || (a.file.threadId < b.file.threadId ? 1 : -1);

/** The newest generation of each thread, the one that was written to last first. */
function newestFirst(files: FileSystem, rollouts: readonly RolloutFile[]): DatedFile[] {
  const newest = new Map<string, RolloutFile>();
  for (const file of rollouts) {
    const known = newest.get(file.threadId);
    if (!known || byGeneration(known, file) < 0) newest.set(file.threadId, file);
  }
  const dated = [...newest.values()].map((file) => ({ file, modifiedMs: files.stat(file.path)?.modifiedMs ?? 0 }));
  return dated.sort(compareNewestFirst);
}

const cursorOf = ({ file, modifiedMs }: DatedFile): string => `${modifiedMs}/${file.threadId}`;

function isBehind({ file, modifiedMs }: DatedFile, cursor: string): boolean {
  const [time = "", id = ""] = cursor.split("/");
  return modifiedMs < Number(time) || (modifiedMs === Number(time) && file.threadId < id);
}

const folderOf = (home: string, archived: boolean | undefined): string =>
  `${home}/${archived === true ? "archived_sessions" : "sessions"}`;

/** The id of the thread that is meant; null when there is none. */
export function findThread(files: FileSystem, home: string, query: ThreadQuery): string | null {
  const rollouts = listRollouts(files, folderOf(home, query.archived));
  const exists = (id: string): boolean => rollouts.some((file) => file.threadId === id);
  if (query.by === "id") return exists(query.id) ? query.id : null;
  if (query.by === "name") {
    const named = [...readThreadNames(files, home)].filter(([id, name]) => name === query.name && exists(id));
    return named.at(-1)?.[0] ?? null;
  }
  for (const { file } of newestFirst(files, rollouts)) {
    const head = readHead(files, file, true);
    if (!head || !isForUsers(head.meta)) continue;
    if (query.cwd === null || stringOr(head.meta["cwd"]) === query.cwd) return file.threadId;
  }
  return null;
}

/** Threads that a user has said something in, the one that was written to last first. */
export function listThreads(files: FileSystem, home: string, query: ListQuery): ThreadPage {
  const rollouts = listRollouts(files, folderOf(home, query.archived));
  // What a thread goes on from may lie in the other folder.
  const past = [...rollouts, ...listRollouts(files, folderOf(home, query.archived !== true))];
  const names = readThreadNames(files, home);
  const threads: ThreadSummary[] = [];
  let last: DatedFile | null = null;
  for (const dated of newestFirst(files, rollouts)) {
    if (query.cursor && !isBehind(dated, query.cursor)) continue;
    const head = readHead(files, dated.file);
    if (!head || !isForUsers(head.meta)) continue;
    const meta = metaOf(head.meta, dated.file);
    const preview = previewOf(files, past, head);
    if (preview === "" || (query.cwd && meta.cwd !== query.cwd)) continue;
    if (threads.length === query.limit) return { threads, next: last && cursorOf(last) };
    const { id, path, cwd, modelProvider, createdAtMs } = meta;
    const name = names.get(id) ?? null;
    const origin = originOf(meta);
    threads.push({ id, origin, path, cwd, name, preview, modelProvider, createdAtMs, updatedAtMs: dated.modifiedMs });
    last = dated;
  }
  return { threads, next: null };
}
