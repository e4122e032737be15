import type {
  Journal,
  JournalStore,
  ListQuery,
  NewThread,
  OpenThread,
  PastItem,
  StoredThread,
  ThreadQuery,
} from "../kernel/journal-port.ts";
import { AgentError } from "../protocol/errors.ts";
import type { ThreadPage } from "../protocol/threads.ts";
import { formatRolloutLine, type JsonObject } from "../protocol/codex-0.169/rollout.ts";
import { type HistoryBase, isoTime, sessionMetaPayload } from "../protocol/codex-0.169/rollout-payloads.ts";
import { createIds, type Ids } from "../system/ids.ts";
import { parentOf } from "../system/paths.ts";
import type { AppendFile, ChildCommand, System } from "../system/ports.ts";
import { namesChild } from "./child-list.ts";
import { clearDeadWriters } from "./dead-writers.ts";
import type { Place } from "./fold-thread.ts";
import { type LoadedThread, loadThread } from "./load-thread.ts";
import { nothingTold } from "./record-writer.ts";
import { openRollout, readLines } from "./lines/read-lines.ts";
import { ephemeralJournal, RolloutJournal } from "./rollout-journal.ts";
import { generationsOf, listRollouts, newRolloutPath, parseRolloutName, type RolloutFile } from "./rollout-files.ts";
import { cannotBeWritten, storageError, storing } from "./storage-error.ts";
import { findThread, listThreads } from "./thread-catalog.ts";
import { lockThread, type ThreadLock } from "./thread-lock.ts";
import { dropThreadName, nameThread, readThreadNames } from "./thread-names.ts";

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** A thread's newest file, among all. */
interface Found {
  file: RolloutFile;
  rollouts: RolloutFile[];
}

/** The threads below one home (`$CODEX_HOME` or the runtime directory), kept as Codex rollouts. */
export class RolloutStore implements JournalStore {
  readonly #system: System;
  readonly #home: string;
  readonly #ids: Ids;

  constructor(system: System, home: string) {
    this.#system = system;
    this.#home = home;
    this.#ids = createIds(system.clock, system.random);
  }

  create(meta: NewThread): Journal {
    if (meta.ephemeral) return ephemeralJournal(meta.id);
    const now = this.#system.clock.now();
    const copied = meta.copiedFromId === undefined ? null : { sourceId: meta.copiedFromId, base: null };
    return new RolloutJournal({
      system: this.#system,
      ids: this.#ids,
      threadId: meta.id,
      sessionId: meta.agent?.sessionId ?? meta.id,
      path: newRolloutPath(this.#home, meta.id, now),
      state: { ordinal: 1, sequence: 0, order: 0, turnOpens: false, failure: null, rootTurn: null, told: nothingTold },
      takeLock: () => lockThread(this.#system, this.#home, meta.id),
      file: null,
      past: () => this.#past(meta.id),
      head: formatRolloutLine(isoTime(now), 0, "session_meta", this.#metaPayload(meta, now, copied, false)),
    });
  }

  async resume(threadId: string): Promise<OpenThread> {
    // An unknown thread leaves no lock file behind.
    const found = this.#newest(threadId);
    return this.#locked(threadId, async (lock) => {
      // The lock is taken while the file is read; what another writer added meanwhile is read again.
      let loaded = this.#loadFound(found);
      await lock;
      const now = this.#newest(threadId);
      const { size } = openRollout(this.#system.files, now.file);
      if (now.file.path !== loaded.head.path || size !== loaded.size) loaded = this.#loadFound(now);
      if (loaded.head.compressed) loaded = this.#decompress(loaded.head);
      return { journal: await this.#openJournal(loaded, lock), thread: loaded.thread };
    });
  }

  async fork(threadId: string, meta: NewThread, throughTurn?: string): Promise<OpenThread> {
    const source = this.#load(threadId);
    const end = throughTurn === undefined ? source.end : source.turnEnds.get(throughTurn);
    if (!end) throw new AgentError("turn_not_found", `Thread ${threadId} has no turn ${throughTurn}.`);
    if (meta.ephemeral) {
      const { thread } = this.#load(threadId, end);
      return { journal: ephemeralJournal(meta.id, thread.sequence, () => this.#past(threadId)), thread };
    }
    return this.#locked(meta.id, async (lock) => {
      await lock;
      await this.#keepPast(end.path);
      this.#writeFork(source, meta, end);
      const loaded = this.#load(meta.id);
      // Requests of a fork go on in the window of its source.
      loaded.thread.meta.windowId = source.thread.meta.windowId;
      return { journal: await this.#openJournal(loaded, lock), thread: loaded.thread };
    });
  }

  read(threadId: string): StoredThread {
    return this.#loadFound(this.#newest(threadId, true)).thread;
  }

  async clearDeadWriters(except: ReadonlySet<string>): Promise<ChildCommand[]> {
    return clearDeadWriters(this.#system, this.#home, except, (threadId) => {
      try {
        return this.read(threadId).children;
      } catch {
        // It has no file, or none that can be read: no command of it is known.
        return [];
      }
    });
  }

  find(query: ThreadQuery): string | null {
    return findThread(this.#system.files, this.#home, query);
  }

  list(query: ListQuery): ThreadPage {
    return listThreads(this.#system.files, this.#home, query);
  }

  async rename(threadId: string, name: string, isOpen = false): Promise<void> {
    // Its file comes with its first turn.
    if (!isOpen) this.#newest(threadId, true);
    await nameThread(this.#system, this.#home, threadId, name);
  }

  async archive(threadId: string): Promise<void> {
    this.#newest(threadId);
    const { archiveThread } = await import("./thread-folders.ts");
    await this.#whileLocked(threadId, () => archiveThread(this.#system.files, this.#home, threadId));
  }

  async unarchive(threadId: string): Promise<void> {
    const { unarchiveThread } = await import("./thread-folders.ts");
    await this.#whileLocked(threadId, () => unarchiveThread(this.#system.files, this.#home, threadId));
  }

  async delete(threadId: string): Promise<void> {
    this.#newest(threadId, true);
    const { deleteThread } = await import("./thread-folders.ts");
    await this.#whileLocked(threadId, () => deleteThread(this.#system.files, this.#home, threadId));
    await dropThreadName(this.#system, this.#home, threadId);
  }

  /** Nobody writes the thread meanwhile. */
  async #whileLocked(threadId: string, work: () => void): Promise<void> {
    const lock = await lockThread(this.#system, this.#home, threadId);
    try {
      work();
    } finally {
      await lock.release();
    }
  }

  /** Gives the lock back when the work fails. */
  async #locked<T>(threadId: string, work: (lock: Promise<ThreadLock>) => Promise<T>): Promise<T> {
    const lock = lockThread(this.#system, this.#home, threadId);
    try {
      return await work(lock);
    } catch (error) {
      const held = await lock.catch(() => null);
      await held?.release();
      throw error;
    }
  }

  #newest(threadId: string, orArchived = false): Found {
    const rollouts = listRollouts(this.#system.files, `${this.#home}/sessions`);
    const file = generationsOf(rollouts, threadId).at(-1);
    if (file) return { file, rollouts };
    const archived = listRollouts(this.#system.files, `${this.#home}/archived_sessions`);
    const away = generationsOf(archived, threadId).at(-1);
    if (away && orArchived) return { file: away, rollouts };
    if (away) {
      throw new AgentError(
        "thread_not_found",
        `session ${threadId} is archived. Run \`codex-agent sessions unarchive ${threadId}\` to unarchive it first.`,
      );
    }
    throw new AgentError("thread_not_found", `no rollout found for thread id ${threadId}`);
  }

  #load(threadId: string, cut?: Place): LoadedThread {
    return this.#loadFound(this.#newest(threadId), cut);
  }

  #loadFound({ file, rollouts }: Found, cut?: Place): LoadedThread {
    const { files } = this.#system;
    // An archived thread cannot be resumed, but may be what another one goes on from.
    const archived = listRollouts(files, `${this.#home}/archived_sessions`);
    const name = readThreadNames(files, this.#home).get(file.threadId) ?? null;
    return loadThread(files, [...rollouts, ...archived], file, name, cut);
  }

  async #past(threadId: string): Promise<PastItem[]> {
    const { readPast } = await import("./past-items.ts");
    const { file, rollouts } = this.#newest(threadId);
    const archived = listRollouts(this.#system.files, `${this.#home}/archived_sessions`);
    return readPast(this.#system.files, [...rollouts, ...archived], file);
  }

  /** Only a plain file can be appended to. */
  #decompress(file: RolloutFile): LoadedThread {
    const { files } = this.#system;
    const plain = parseRolloutName(folderOf(file.path), nameOf(file.path).slice(0, -".zst".length))!;
    const bytes = openRollout(files, file);
    storing(plain.path, () => {
      files.writeAtomic(plain.path, bytes.read(0, bytes.size), 0o600);
      files.remove(file.path);
    });
    return this.#load(file.threadId);
  }

  async #openJournal(loaded: LoadedThread, lock: Promise<ThreadLock>): Promise<Journal> {
    const { path } = loaded.head;
    const file = this.#openFile(path);
    try {
      if (loaded.torn) {
        file.truncate(loaded.goodSize);
        loaded.thread.warnings.push(
          `The end of ${path} was cut off in the middle of being written; what was left of it has been removed (${loaded.size - loaded.goodSize} bytes).`,
        );
      }
      // Whoever wrote it may have ended before it was synced, and somebody is told of it now.
      await file.sync();
    } catch (error) {
      file.close();
      throw storageError(cannotBeWritten(path), path, error);
    }
    return new RolloutJournal({
      system: this.#system,
      ids: this.#ids,
      threadId: loaded.head.threadId,
      sessionId: loaded.thread.meta.agent?.sessionId ?? loaded.head.threadId,
      path: loaded.head.path,
      state: loaded.state,
      takeLock: () => lock,
      file,
      past: () => this.#past(loaded.head.threadId),
      head: loaded.newlineMissing ? "\n" : "",
    });
  }

  /** A fork goes on from what is in the file now, whether or not its writer has synced it. */
  async #keepPast(path: string): Promise<void> {
    const file = this.#openFile(path);
    try {
      await file.sync();
    } catch (error) {
      throw storageError(cannotBeWritten(path), path, error);
    } finally {
      file.close();
    }
  }

  #openFile(path: string): AppendFile {
    return storing(path, () => this.#system.files.openAppend(path));
  }

  /** A fork copies nothing, except of a legacy thread, whose lines cannot be counted. */
  #writeFork(source: LoadedThread, meta: NewThread, end: Place): void {
    const { files, clock } = this.#system;
    const now = clock.now();
    const path = newRolloutPath(this.#home, meta.id, now);
    const { legacy, id: sourceId } = source.thread.meta;
    const base = legacy ? null : end;
    const payload = this.#metaPayload(meta, now, { sourceId, base }, legacy);
    const first = formatRolloutLine(isoTime(now), base && base.endOrdinal, "session_meta", payload);
    const past: string[] = [];
    if (legacy) {
      // Commands of the source are its own: whoever opens the fork must not end them.
      for (const { text } of readLines(openRollout(files, source.head), end.endByte)) {
        if (!namesChild(text)) past.push(`${text}\n`);
      }
    }
    // The first thread of a day.
    files.makeDirectory(parentOf(path), 0o700);
    files.writeAtomic(path, first + past.join(""), 0o600);
  }

  #metaPayload(
    meta: NewThread,
    createdAtMs: number,
    fork: { sourceId: string; base: HistoryBase | null } | null,
    legacy: boolean,
  ): JsonObject {
    return sessionMetaPayload({ ...meta, createdAtMs, fork, legacy });
  }
}
