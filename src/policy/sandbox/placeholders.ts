import { namedUuid } from "../../system/hash.ts";
import { joinPath } from "../../system/paths.ts";
import type { FileSystem, Processes } from "../../system/ports.ts";

/**
 * Empty folders that stand, while commands run, where a protected one does not exist yet: nothing can be laid over what is
 * not there. Commands share them, also those of other processes of ours: each process leaves a note in `notes` for every
 * one that it uses, and the last one removes the folder. What a crash left behind goes with the next use.
 */
export class Placeholders {
  readonly #files: FileSystem;
  readonly #processes: Processes;
  readonly #notes: string;
  readonly #uses = new Map<string, number>();

  constructor(files: FileSystem, processes: Processes, notes: string) {
    this.#files = files;
    this.#processes = processes;
    this.#notes = notes;
  }

  /** @throws what the file system says when one cannot be made. */
  hold(paths: readonly string[]): void {
    for (const path of paths) {
      const uses = this.#uses.get(path) ?? 0;
      if (uses === 0) {
        this.#files.makeDirectory(this.#notes, 0o700);
        this.#files.makeDirectory(joinPath(this.#notes, this.#noteOf(path)), 0o700);
        this.#files.makeDirectory(path);
      }
      this.#uses.set(path, uses + 1);
    }
  }

  release(paths: readonly string[]): void {
    for (const path of paths) {
      const uses = (this.#uses.get(path) ?? 1) - 1;
      if (uses > 0) this.#uses.set(path, uses);
      else {
        this.#uses.delete(path);
        this.#leave(path);
      }
    }
  }

  /** Whether the folder is one of ours, or of a process that died with it. */
  isHeld(path: string): boolean {
    return this.#uses.has(path) || this.#notesOn(path).length > 0;
  }

  #leave(path: string): void {
    this.#files.removeDirectory(joinPath(this.#notes, this.#noteOf(path)));
    let others = false;
    for (const { name, pid } of this.#notesOn(path)) {
      if (this.#processes.isAlive(pid)) others = true;
      else this.#files.removeDirectory(joinPath(this.#notes, name));
    }
    // Not empty: somebody from outside has made use of it meanwhile, and keeps it.
    if (!others) this.#files.removeDirectory(path);
  }

  #notesOn(path: string): { name: string; pid: number }[] {
    const prefix = `${namedUuid(path)}@`;
    const names = this.#files.stat(this.#notes) === null ? [] : this.#files.list(this.#notes);
    return names
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({ name, pid: Number(name.slice(prefix.length)) }));
  }

  #noteOf(path: string): string {
    return `${namedUuid(path)}@${this.#processes.pid}`;
  }
}
