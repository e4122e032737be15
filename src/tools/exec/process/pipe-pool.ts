import { execFile } from "node:child_process";
import { chmodSync, closeSync, constants, mkdirSync, openSync, readdirSync, unlinkSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { helperProgram } from "../../../system/helper-program.ts";

/** Both ends of a pipe. The reader does not block; whoever takes them closes them. */
export interface PipeEnds {
  reader: number;
  writer: number;
  /** To be called when both are closed; `drained`: the end was read, that is, nobody has it open for writing. */
  done(drained: boolean): void;
}

/** As many as run side by side as a rule: a pipe is used again when its command has ended. */
const batch = 12;
/** Names on one command line. */
const mostAtOnce = 100;

/** What is not there any more is removed. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Looked for again by removeOrphans.
  }
}

function removeOrphans(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(/^pipe-(\d+)-/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(pid) || pid === process.pid) continue;
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") remove(join(directory, name));
    }
  }
}

/** Null when the pipe has been removed. */
function open(path: string, done: PipeEnds["done"]): PipeEnds | null {
  let reader: number;
  try {
    reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY), done };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}

/** New pipes for all threads of this process: making some costs a process, however many. */
class Supply {
  readonly directory: string;
  readonly fresh: string[] = [];
  users = 0;
  #waiting = 0;
  #filling: Promise<void> | null = null;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** One that nobody has had before. */
  async take(): Promise<string> {
    this.#waiting++;
    try {
      for (;;) {
        const path = this.fresh.pop();
        if (path !== undefined) return path;
        await this.fill();
      }
    } finally {
      this.#waiting--;
    }
  }

  fill(): Promise<void> {
    this.#filling ??= this.#make().finally(() => (this.#filling = null));
    return this.#filling;
  }

  async #make(): Promise<void> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    chmodSync(this.directory, 0o700);
    removeOrphans(this.directory);
    const name = randomBytes(6).toString("hex");
    const paths = Array.from({ length: Math.max(batch, Math.min(this.#waiting, mostAtOnce)) }, (_, index) =>
      join(this.directory, `pipe-${process.pid}-${name}-${index}`),
    );
    await new Promise<void>((resolve, reject) => {
      execFile(helperProgram("mkfifo") ?? "/usr/bin/mkfifo", ["-m", "600", ...paths], (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    if (this.users === 0) paths.forEach(remove);
    else this.fresh.push(...paths);
  }
}

const supplies = new Map<string, Supply>();

/**
 * Real pipes for the output of commands. What Node makes for a child are sockets: `> /dev/stderr` fails on those, and
 * output and errors on two of them lose their order. Node cannot make a pipe, so named ones are made ahead of
 * need, in a private directory. One that nobody writes to any more is as good as new for commands of the same thread:
 * somebody may still read from it. One that a left-over process may still write to is removed.
 */
export class PipePool {
  readonly #supply: Supply;
  readonly #free: string[] = [];
  readonly #taken = new Set<string>();
  #closed = false;

  constructor(directory: string) {
    let supply = supplies.get(directory);
    if (supply === undefined) supplies.set(directory, (supply = new Supply(directory)));
    this.#supply = supply;
    supply.users++;
  }

  /** Makes some in the background. */
  warm(): void {
    if (!this.#closed && this.#free.length + this.#supply.fresh.length === 0) this.#supply.fill().catch(() => {});
  }

  async take(): Promise<PipeEnds> {
    for (;;) {
      if (this.#closed) throw new Error("the thread is closed");
      const path = this.#free.pop() ?? (await this.#supply.take());
      if (this.#closed) {
        remove(path);
        continue;
      }
      let ends: PipeEnds | null = null;
      try {
        ends = open(path, (drained) => this.#done(path, drained));
      } finally {
        if (ends === null) remove(path);
        else this.#taken.add(path);
      }
      if (ends !== null) return ends;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const path of [...this.#free.splice(0), ...this.#taken]) remove(path);
    this.#taken.clear();
    if (--this.#supply.users > 0) return;
    for (const path of this.#supply.fresh.splice(0)) remove(path);
    supplies.delete(this.#supply.directory);
  }

  #done(path: string, drained: boolean): void {
    if (!this.#taken.delete(path)) return;
    if (drained && !this.#closed) this.#free.push(path);
    else remove(path);
  }
}
