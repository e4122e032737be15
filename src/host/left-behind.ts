import type { JournalStore } from "../kernel/journal-port.ts";
import type { ChildCommand, System } from "../system/ports.ts";

/**
 * Commands that outlived the process that ran them. They are ended while other work goes on; what still runs when the
 * host closes is ended faster.
 */
export class LeftBehind {
  readonly #system: System;
  readonly #hurry = new AbortController();
  readonly #work = new Set<Promise<void>>();
  #looked = false;

  constructor(system: System) {
    this.#system = system;
  }

  /** Asks the commands of a thread that was opened for writing to end; returns how many were running. */
  end(children: readonly ChildCommand[]): number {
    const { count, done } = this.#system.processes.endOrphans(children, this.#hurry.signal);
    if (count > 0) this.#keep(done);
    return count;
  }

  /** Looks for threads of others whose process has died. Once: who dies later is found by the next start. */
  look(store: JournalStore, except: ReadonlySet<string>): void {
    if (this.#looked) return;
    this.#looked = true;
    this.#keep(store.clearDeadWriters(except).then((children) => void this.end(children)));
  }

  async close(): Promise<void> {
    this.#hurry.abort();
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch(() => undefined).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }
}

/** What the user is told of commands that still ran. */
export const orphansWarning = (count: number): string =>
  `The program that wrote this thread died and left ${count === 1 ? "a command" : `${count} commands`} running, which ${count === 1 ? "is" : "are"} being ended.`;
