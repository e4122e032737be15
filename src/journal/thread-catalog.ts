import type { ListQuery, ThreadQuery } from "../kernel/journal-port.ts";
import { AgentError } from "../protocol/errors.ts";
import { stringOr } from "../protocol/codex-0.169/rollout.ts";
import type { ThreadPage, ThreadSummary } from "../protocol/threads.ts";
import type { FileSystem } from "../system/ports.ts";
import { metaOf } from "./load-thread.ts";
import { originOf } from "../kernel/thread-origin.ts";
import { byGeneration, listRollouts, type RolloutFile, segmentId } from "./rollout-files.ts";
import { threadFilter } from "./thread-filter.ts";
import { isForUsers, lastModel, previewOf, readHead } from "./summarise.ts";
import { readThreadNames } from "./thread-names.ts";

interface DatedFile {
  file: RolloutFile;
  modifiedMs: number;
}

/** The newest generation of each thread. */
function newestGenerations(files: FileSystem, rollouts: readonly RolloutFile[]): DatedFile[] {
  const newest = new Map<string, RolloutFile>();
  for (const file of rollouts) {
    const known = newest.get(file.threadId);
    if (!known || byGeneration(known, file) < 0) newest.set(file.threadId, file);
  }
  return [...newest.values()].map((file) => ({ file, modifiedMs: files.stat(file.path)?.modifiedMs ?? 0 }));
}

/** The one that was written to last first. */
const newestFirst = (files: FileSystem, rollouts: readonly RolloutFile[]): DatedFile[] =>
  newestGenerations(files, rollouts).sort(byOrder(keyByUpdate, -1));

type Key = (dated: DatedFile) => number;

const keyByUpdate: Key = ({ modifiedMs }) => modifiedMs;

/** UUIDs of version 7 begin with their time; names hold it in seconds. */
const keyByCreation: Key = ({ file }) => {
  const id = segmentId(file);
  if (id[14] === "7") return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return Date.parse(`${file.started.slice(0, 10)}T${file.started.slice(11).replaceAll("-", ":")}`) || 0;
};

/** By the key, and by id among threads of one moment. */
const byOrder =
  (key: Key, sign: 1 | -1) =>
  (a: DatedFile, b: DatedFile): number =>
    sign * (key(a) - key(b) || (a.file.threadId < b.file.threadId ? -1 : 1));

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

/** `=` before the place: the thread itself is on the page. */
const cursorPattern = /^(=?)(\d+(?:\.\d+)?)\/([0-9a-f-]{36})$/;

/** Whether a thread stands where a page begins, or behind. @throws AgentError `usage` for what is no cursor. */
function beginsAt(cursor: string, key: Key, sign: 1 | -1): (dated: DatedFile) => boolean {
  const found = cursorPattern.exec(cursor);
  if (found === null) throw new AgentError("usage", `invalid cursor: ${cursor}`);
  const [, inclusive, time, id = ""] = found;
  return (dated) => {
    const { threadId } = dated.file;
    const distance = sign * (key(dated) - Number(time) || (threadId === id ? 0 : threadId < id ? -1 : 1));
    return inclusive === "=" ? distance >= 0 : distance > 0;
  };
}

/** Threads that a user has said something in, the one that was written to last first where nothing else is asked for. */
export function listThreads(files: FileSystem, home: string, query: ListQuery): ThreadPage {
  const key = query.sortBy === "created" ? keyByCreation : keyByUpdate;
  const sign = query.oldestFirst === true ? 1 : -1;
  const isOnPage = query.cursor ? beginsAt(query.cursor, key, sign) : () => true;
  const rollouts = listRollouts(files, folderOf(home, query.archived));
  // What a thread goes on from may lie in the other folder.
  const past = [...rollouts, ...listRollouts(files, folderOf(home, query.archived !== true))];
  const names = readThreadNames(files, home);
  const fits = threadFilter(query);
  const cursorOf = (dated: DatedFile): string => `${key(dated)}/${dated.file.threadId}`;
  const threads: ThreadSummary[] = [];
  let first: DatedFile | null = null;
  let last: DatedFile | null = null;
  let next: string | null = null;
  for (const dated of newestGenerations(files, rollouts).sort(byOrder(key, sign))) {
    if (!isOnPage(dated) || !fits.file(dated.file)) continue;
    const head = readHead(files, dated.file);
    if (!head || !fits.meta(head.meta)) continue;
    const meta = metaOf(head.meta, dated.file);
    const preview = previewOf(files, past, head);
    const name = names.get(meta.id) ?? null;
    if ((preview === "" && query.unspoken !== true) || !fits.words(name, preview)) continue;
    if (threads.length === query.limit) {
      next = last && cursorOf(last);
      break;
    }
    const { id, path, cwd, modelProvider, createdAtMs } = meta;
    const origin = originOf(meta);
    const model = query.models === true ? { model: lastModel(files, dated.file) } : {};
    const updatedAtMs = dated.modifiedMs;
    threads.push({ id, origin, path, cwd, name, preview, modelProvider, createdAtMs, updatedAtMs, ...model });
    first ??= dated;
    last = dated;
  }
  return { threads, next, previous: first && `=${cursorOf(first)}` };
}
