import { namedUuid } from "../../system/hash.ts";
import { joinPath } from "../../system/paths.ts";
import type { FileSystem, Processes } from "../../system/ports.ts";

/**
 * Empty folders that stand, while commands run, where a protected one does not exist yet: what is not there cannot be made
 * read-only. Other processes of ours may need the same ones at the same time: each leaves a note in `notes` for every folder
 * that it uses, until it closes, and only the last one removes the folder. What a crash left goes with the next use.
 */
export class Placeholders {
  readonly #files: FileSystem;
  readonly #processes: Processes;
  readonly #notes: string;
  readonly #uses = new Map<string, number>();
  readonly #noted = new Set<string>();

  constructor(files: FileSystem, processes: Processes, notes: string) {
    this.#files = files;
    this.#processes = processes;
    this.#notes = notes;
  }

  /** @throws what the file system says when one cannot be made. */
  hold(paths: readonly string[]): void {
    for (const path of paths) {
      if (!this.#noted.has(path)) {
        this.#files.makeDirectory(joinPath(this.#notes, `${namedUuid(path)}@${this.#processes.pid}`), 0o700);
        this.#noted.add(path);
      }
      const uses = this.#uses.get(path) ?? 0;
      if (uses === 0) this.#files.makeDirectory(path);
      this.#uses.set(path, uses + 1);
    }
  }

  release(paths: readonly string[]): void {
    const unused = paths.filter((path) => {
      const uses = (this.#uses.get(path) ?? 0) - 1;
      if (uses > 0) this.#uses.set(path, uses);
      else this.#uses.delete(path);
      return uses === 0;
    });
    this.#remove(unused);
  }

  /** Whether the folder is one of these, made by this process or by another. */
  isHeld(path: string): boolean {
    return this.#uses.has(path) || this.#othersNotes(path, this.#listNotes()).length > 0;
  }

  /** Removes all that this process made. */
  close(): void {
    const noted = [...this.#noted];
    this.#uses.clear();
    this.#remove(noted);
    for (const path of noted) {
      this.#files.removeDirectory(joinPath(this.#notes, `${namedUuid(path)}@${this.#processes.pid}`));
    }
    this.#noted.clear();
  }

  #remove(paths: readonly string[]): void {
    if (paths.length === 0) return;
    const names = this.#listNotes();
    for (const path of paths) {
      const others = this.#othersNotes(path, names);
      const alive = others.filter(({ pid }) => this.#processes.isAlive(pid));
      for (const { name, pid } of others) {
        if (!alive.some((each) => each.pid === pid)) this.#files.removeDirectory(joinPath(this.#notes, name));
      }
      // One that is not empty stays: somebody outside has made use of it meanwhile.
      if (alive.length === 0) this.#files.removeDirectory(path);
    }
  }

  #listNotes(): string[] {
    return this.#files.stat(this.#notes) === null ? [] : this.#files.list(this.#notes);
  }

  #othersNotes(path: string, names: readonly string[]): { name: string; pid: number }[] {
    const prefix = `${namedUuid(path)}@`;
    return names
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({ name, pid: Number(name.slice(prefix.length)) }))
      .filter(({ pid }) => pid !== this.#processes.pid);
  }
}
