import type { Journal, JournalRecord } from "../kernel/journal-port.ts";
import { AgentError, messageOf } from "../protocol/errors.ts";
import type { Ids } from "../system/ids.ts";
import type { AppendFile, System } from "../system/ports.ts";
import { type WriterState, writeRecords } from "./record-writer.ts";
import type { ThreadLock } from "./thread-lock.ts";

export interface RolloutJournalOptions {
  system: System;
  ids: Ids;
  threadId: string;
  path: string;
  state: WriterState;
  /** Rejects with `thread_locked`. */
  lock: Promise<ThreadLock>;
  /** Null for a thread whose file comes with its first records. */
  file: AppendFile | null;
  /** What a new file begins with. */
  head: string;
}

/** A thread's one writer; appends to its rollout and never rewrites a line. */
export class RolloutJournal implements Journal {
  readonly threadId: string;
  readonly path: string;
  readonly #system: System;
  readonly #ids: Ids;
  readonly #lock: Promise<ThreadLock>;
  #state: WriterState;
  #file: AppendFile | null;
  #head: string;
  #size: number | null = null;
  #closed = false;

  constructor(options: RolloutJournalOptions) {
    this.threadId = options.threadId;
    this.path = options.path;
    this.#system = options.system;
    this.#ids = options.ids;
    this.#state = options.state;
    this.#file = options.file;
    this.#head = options.head;
    this.#lock = options.lock;
    // Whoever syncs or closes meets the rejection.
    this.#lock.catch(() => {});
  }

  append(records: readonly JournalRecord[]): number[] {
    if (this.#closed) throw new AgentError("internal", `The journal of thread ${this.threadId} is closed.`);
    if (records.length === 0) return [];
    const { clock, processes } = this.#system;
    const writer = { threadId: this.threadId, pid: processes.pid, nowMs: clock.now(), newUuid: this.#ids.uuid };
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
    await this.#file?.sync();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#file?.close();
    const lock = await this.#lock.catch(() => null);
    await lock?.release();
  }

  #write(text: string): void {
    try {
      this.#file ??= this.#create();
      this.#size ??= this.#file.size();
      const whole = this.#head + text;
      this.#file.write(whole);
      this.#head = "";
      this.#size += Buffer.byteLength(whole);
    } catch (error) {
      // Half a line would spoil the next one.
      if (this.#file && this.#size !== null) this.#file.truncate(this.#size);
      const { code } = error as { code?: string };
      const advice = code === "ENOSPC" ? "Free some space on its disk" : "Check that its folder can be written";
      throw new AgentError(
        "internal",
        `The thread file ${this.path} cannot be written: ${messageOf(error)}. ${advice}, then resume the thread.`,
        { cause: error, details: { path: this.path } },
      );
    }
  }

  #create(): AppendFile {
    this.#system.files.makeDirectory(this.path.slice(0, this.path.lastIndexOf("/")), 0o700);
    return this.#system.files.openAppend(this.path, 0o600);
  }
}

/** Numbers the items of an ephemeral thread and keeps nothing. */
export function ephemeralJournal(threadId: string, sequence = 0): Journal {
  let last = sequence;
  return {
    threadId,
    path: null,
    append: (records) => records.filter((record) => record.type === "response.item").map(() => ++last),
    nextSequence: () => last + 1,
    sync: async () => {},
    close: async () => {},
  };
}
