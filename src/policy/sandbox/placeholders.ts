import { joinPath } from "../../system/paths.ts";
import type { FileSystem, Processes } from "../../system/ports.ts";

/** `made`: the folder was made for this, and goes with the last note. `kept`: it is the user's own. */
const notePattern = /^codex-agent-(made|kept)-(\d+)$/;

/**
 * Empty folders that stand, while commands run, where a protected one does not exist yet: what is not there cannot be
 * guarded. Others need the same ones at the same time, our own processes and the real Codex; so each process puts a note into
 * every folder that it uses, and nobody can remove a folder that has one. What a crash left goes with the next use.
 */
export class Placeholders {
  readonly #files: FileSystem;
  readonly #processes: Processes;
  readonly #uses = new Map<string, { count: number; note: string }>();

  constructor(files: FileSystem, processes: Processes) {
    this.#files = files;
    this.#processes = processes;
  }

  /**
   * Holds those of the paths where nothing is but a placeholder, or an empty folder of the user's, and returns them. Where
   * none can be made, a command cannot make anything either.
   */
  hold(paths: readonly string[]): string[] {
    return paths.filter((path) => {
      const use = this.#uses.get(path);
      if (use !== undefined) {
        use.count++;
        return true;
      }
      const found = this.#files.lstat(path);
      const names = found === null ? [] : found.kind === "directory" ? this.#contents(path) : null;
      if (names === null || !names.every((name) => notePattern.test(name))) return false;
      const joined = names.some((name) => notePattern.exec(name)?.[1] === "made");
      const note = joinPath(path, `codex-agent-${found === null || joined ? "made" : "kept"}-${this.#processes.pid}`);
      if (!this.#make(note)) return false;
      this.#uses.set(path, { count: 1, note });
      return true;
    });
  }

  release(paths: readonly string[]): void {
    for (const path of paths) {
      const use = this.#uses.get(path);
      if (use === undefined || --use.count > 0) continue;
      this.#uses.delete(path);
      this.#leave(path, use.note);
    }
  }

  /** Takes all notes away. */
  close(): void {
    for (const [path, { note }] of this.#uses) this.#leave(path, note);
    this.#uses.clear();
  }

  #leave(path: string, note: string): void {
    let made = false;
    for (const name of this.#contents(path)) {
      const [, kind, pid] = notePattern.exec(name) ?? [];
      if (kind === "made") made = true;
      const own = joinPath(path, name) === note;
      if (own || (pid !== undefined && !this.#processes.isAlive(Number(pid)))) {
        this.#files.removeDirectory(joinPath(path, name));
      }
    }
    // Stays where there is anything left in it.
    if (made) this.#files.removeDirectory(path);
  }

  #make(note: string): boolean {
    try {
      this.#files.makeDirectory(note);
      return true;
    } catch {
      return false;
    }
  }

  #contents(path: string): string[] {
    try {
      return this.#files.list(path);
    } catch {
      // Gone meanwhile, or not ours to read: then it is not ours to use either.
      return ["?"];
    }
  }
}
