import type { Journal, JournalRecord, PastItem } from "../kernel/journal-port.ts";
import { AgentError } from "../protocol/errors.ts";
import type { Ids } from "../system/ids.ts";
import type { AppendFile, System } from "../system/ports.ts";
import { type WriterState, writeRecords } from "./record-writer.ts";
import { cannotBeWritten, isForNow, storageError } from "./storage-error.ts";
import type { ThreadLock } from "./thread-lock.ts";

export interface RolloutJournalOptions {
  system: System;
  ids: Ids;
  threadId: string;
  /** The thread at the root of a tree of agents; the thread itself elsewhere. */
  sessionId: string;
  path: string;
  state: WriterState;
  /** Called once, with the first records of a new thread. Rejects with `thread_locked`. */
  takeLock: () => Promise<ThreadLock>;
  /** Null for a thread whose file comes with its first records. */
  file: AppendFile | null;
  /** What a new file begins with. */
  head: string;
  past: () => Promise<PastItem[]>;
}

/** A thread's one writer; appends to its rollout and never rewrites a line. */
export class RolloutJournal implements Journal {
  readonly threadId: string;
  readonly path: string;
  readonly past: () => Promise<PastItem[]>;
  readonly #system: System;
  readonly #ids: Ids;
  readonly #sessionId: string;
  readonly #takeLock: () => Promise<ThreadLock>;
  /** Null while there is nothing to keep others from. */
  #lock: Promise<ThreadLock> | null = null;
  #state: WriterState;
  #file: AppendFile | null;
  #head: string;
  #size: number | null = null;
  /** Made here, and nothing has been written to it yet. */
  #blank = false;
  /** What could not be written whole is still in the file. */
  #torn = false;
  #syncFailure: AgentError | null = null;
  #syncing: Promise<void> | null = null;
  #nextSync: Promise<void> | null = null;
  #closed = false;

  constructor(options: RolloutJournalOptions) {
    this.threadId = options.threadId;
    this.path = options.path;
    this.past = options.past;
    this.#system = options.system;
    this.#ids = options.ids;
    this.#sessionId = options.sessionId;
    this.#state = options.state;
    this.#file = options.file;
    this.#head = options.head;
    this.#takeLock = options.takeLock;
    if (options.file !== null) this.#claim();
  }

  #claim(): void {
    this.#lock ??= this.#takeLock();
    // Whoever syncs or closes meets the rejection.
    this.#lock.catch(() => {});
  }

  append(records: readonly JournalRecord[]): number[] {
    if (this.#closed) throw new AgentError("internal", `The journal of thread ${this.threadId} is closed.`);
    if (records.length === 0) return [];
    const { clock, processes } = this.#system;
    const writer = {
      threadId: this.threadId,
      sessionId: this.#sessionId,
      pid: processes.pid,
      nowMs: clock.now(),
      newUuid: this.#ids.uuid,
    };
    const written = writeRecords(records, writer, this.#state);
    if (written.text !== "") this.#write(written.text);
    this.#state = written.state;
    return written.sequences;
  }

  nextSequence(): number {
    return this.#state.sequence + 1;
  }

  async sync(): Promise<void> {
    await this.#lock;
    // Linux tells of what it could not write once, and drops it: a second call would succeed without it.
    if (this.#syncFailure) throw this.#syncFailure;
    if (this.#syncing === null) return this.#sync();
    // The one that runs may have begun before the last record came; all that come until it ends share the next.
    const again = (): Promise<void> => {
      this.#nextSync = null;
      return this.#sync();
    };
    return (this.#nextSync ??= this.#syncing.then(again, again));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#file?.close();
    // An empty file is no thread, and would be found as a damaged one.
    if (this.#blank) this.#system.files.remove(this.path);
    const lock = await this.#lock?.catch(() => null);
    await lock?.release();
  }

  #sync(): Promise<void> {
    return (this.#syncing = this.#syncFile().finally(() => (this.#syncing = null)));
  }

  async #syncFile(): Promise<void> {
    if (this.#syncFailure) throw this.#syncFailure;
    try {
      await this.#file?.sync();
    } catch (error) {
      const failure = this.#failure(error);
      if (!isForNow(error)) this.#syncFailure ??= failure;
      throw failure;
    }
  }

  #write(text: string): void {
    try {
      this.#claim();
      this.#file ??= this.#create();
      this.#size ??= this.#file.size();
      if (this.#torn) this.#cut(this.#file, this.#size);
      const whole = this.#head + text;
      this.#torn = true;
      this.#file.write(whole);
      this.#torn = false;
      this.#blank = false;
      this.#head = "";
      this.#size += Buffer.byteLength(whole);
    } catch (error) {
      const failure = this.#failure(error);
      try {
        // Half a line would spoil the next one.
        if (this.#torn) this.#cut(this.#file!, this.#size!);
      } catch {
        // Tried again before the next line.
      }
      throw failure;
    }
  }

  #cut(file: AppendFile, size: number): void {
    file.truncate(size);
    this.#torn = false;
  }

  #failure(error: unknown): AgentError {
    return storageError(cannotBeWritten(this.path), this.path, error);
  }

  #create(): AppendFile {
    this.#system.files.makeDirectory(this.path.slice(0, this.path.lastIndexOf("/")), 0o700);
    const file = this.#system.files.openAppend(this.path, 0o600);
    this.#blank = true;
    return file;
  }
}

/** Numbers the items of an ephemeral thread and keeps them in memory alone. `before` gives those of the thread it was forked from. */
export function ephemeralJournal(
  threadId: string,
  sequence = 0,
  before: () => Promise<PastItem[]> = async () => [],
): Journal {
  const past: PastItem[] = [];
  let last = sequence;
  return {
    threadId,
    path: null,
    append(records) {
      const sequences: number[] = [];
      for (const record of records) {
        if (record.type === "history.compacted") last += record.items.length;
        if (record.type !== "response.item") continue;
        sequences.push(++last);
        if (!record.summarising) past.push({ sequence: last, item: record.item, kinds: record.kinds ?? [] });
      }
      return sequences;
    },
    nextSequence: () => last + 1,
    past: async () => [...(await before()).filter((item) => item.sequence <= sequence), ...past],
    sync: async () => {},
    close: async () => {},
  };
}
