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

/**
 * Real pipes for the output of commands. What Node makes for a child are sockets: `> /dev/stderr` fails on those, and
 * output and errors on two of them lose their order. Node cannot make a pipe, so named ones are made ahead of
 * need, in a private directory. One that nobody writes to any more is as good as new; one that a left-over process
 * may still write to is removed.
 */
export class PipePool {
  readonly #directory: string;
  readonly #free: string[] = [];
  readonly #taken = new Set<string>();
  #filling: Promise<void> | null = null;
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes some in the background. */
  warm(): void {
    if (!this.#closed && this.#free.length === 0) this.#fill().catch(() => {});
  }

  async take(): Promise<PipeEnds> {
    for (;;) {
      if (this.#closed) throw new Error("the thread is closed");
      const path = this.#free.pop();
      if (path === undefined) {
        await this.#fill();
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
    this.#closed = true;
    for (const path of [...this.#free.splice(0), ...this.#taken]) remove(path);
    this.#taken.clear();
  }

  #done(path: string, drained: boolean): void {
    if (!this.#taken.delete(path)) return;
    if (drained) this.#free.push(path);
    else remove(path);
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#make().finally(() => (this.#filling = null));
    return this.#filling;
  }

  async #make(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    chmodSync(this.#directory, 0o700);
    removeOrphans(this.#directory);
    const name = randomBytes(6).toString("hex");
    const paths = Array.from({ length: batch }, (_, index) =>
      join(this.#directory, `pipe-${process.pid}-${name}-${index}`),
    );
    await new Promise<void>((resolve, reject) => {
      execFile(helperProgram("mkfifo") ?? "/usr/bin/mkfifo", ["-m", "600", ...paths], (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    if (this.#closed) paths.forEach(remove);
    else this.#free.push(...paths);
  }
}
