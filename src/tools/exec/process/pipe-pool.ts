import { execFile } from "node:child_process";
import { chmodSync, closeSync, constants, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** Both ends of a pipe. The reader does not block; whoever takes them closes them. */
export interface PipeEnds {
  reader: number;
  writer: number;
}

const batch = 8;
const refillBelow = 3;

function removeOrphans(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(/^pipe-(\d+)-/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(pid) || pid === process.pid) continue;
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") rmSync(join(directory, name), { force: true });
    }
  }
}

/**
 * Real pipes for the output of commands. What Node makes for a child are sockets: `> /dev/stderr` fails on those, and
 * output and errors on two of them lose their order. Node cannot make a pipe, so named ones are made ahead of
 * need, in a private directory, and unlinked as soon as they are open.
 */
export class PipePool {
  readonly #directory: string;
  readonly #ready: string[] = [];
  #filling: Promise<void> | null = null;
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes some in the background. */
  warm(): void {
    if (!this.#closed && this.#ready.length < refillBelow) this.#fill().catch(() => {});
  }

  async take(): Promise<PipeEnds> {
    while (this.#ready.length === 0) {
      if (this.#closed) throw new Error("the thread is closed");
      await this.#fill();
    }
    const path = this.#ready.pop()!;
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { reader, writer: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(reader);
      throw error;
    } finally {
      rmSync(path, { force: true });
      this.warm();
    }
  }

  close(): void {
    this.#closed = true;
    for (const path of this.#ready.splice(0)) rmSync(path, { force: true });
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
      execFile("mkfifo", ["-m", "600", ...paths], (error) => (error === null ? resolve() : reject(error)));
    });
    if (this.#closed) for (const path of paths) rmSync(path, { force: true });
    else this.#ready.push(...paths);
  }
}
