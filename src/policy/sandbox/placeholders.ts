import { messageOf } from "../../protocol/errors.ts";
import { joinPath, parentOf } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";
import { WallsError } from "./mount-plan.ts";

/** `made`: the folder was made for this, and goes with the last note. `kept`: it is the user's own. */
const notePattern = /^codex-agent-(made|kept)-(\d+)$/;

/**
 * How long they stand when the last command has ended. The kernel makes whoever removes a folder wait until the mounts
 * over it are taken apart, which it does after the command's end; and the next command is often near.
 */
const lingerMs = 1000;

/**
 * Empty folders that stand, while commands run, where a protected one does not exist yet: what is not there cannot be
 * guarded. Others need the same ones at the same time, our own processes and the real Codex; so each process puts a note into
 * every folder that it uses, and nobody can remove a folder that has one. What a crash left goes with the next use.
 */
export class Placeholders {
  readonly #files: System["files"];
  readonly #processes: System["processes"];
  readonly #clock: System["clock"];
  readonly #uses = new Map<string, { count: number; note: string }>();
  #lingering = new AbortController();

  constructor({ files, processes, clock }: Pick<System, "files" | "processes" | "clock">) {
    this.#files = files;
    this.#processes = processes;
    this.#clock = clock;
  }

  /**
   * Holds those of the paths where nothing is but a placeholder, or an empty folder of the user's, and returns them. None of
   * the paths is a link.
   * @throws {WallsError} where none can be made now, though a command could make something there. Then none is held.
   */
  hold(paths: readonly string[]): string[] {
    const held: string[] = [];
    try {
      for (const path of paths) if (this.#hold(path)) held.push(path);
    } catch (error) {
      this.release(held);
      throw error;
    }
    return held;
  }

  #hold(path: string): boolean {
    const use = this.#uses.get(path);
    const count = (use?.count ?? 0) + 1;
    if (use !== undefined && this.#stillAlone(path, use.note)) {
      this.#uses.set(path, { ...use, count });
      return true;
    }
    const found = this.#files.lstat(path);
    const names = found === null ? [] : found.kind === "directory" ? this.#contents(path) : null;
    if (names === null || !names.every((name) => notePattern.test(name))) {
      // Somebody has put something there meanwhile. A command that holds it leaves it when it ends.
      if (use?.count === 0) {
        this.#uses.delete(path);
        this.#leave(path, use.note);
      }
      return false;
    }
    const kept = found !== null && !names.some((name) => notePattern.exec(name)?.[1] === "made");
    const note = joinPath(path, `codex-agent-${kept ? "kept" : "made"}-${this.#processes.pid}`);
    try {
      this.#files.makeDirectory(note);
    } catch (error) {
      if (kept || this.#isOutOfReach(path, (error as NodeJS.ErrnoException).code)) return false;
      // Without the note it would be taken for the user's own.
      if (found === null) this.#remove(path);
      throw new WallsError(
        `${path} cannot be guarded: ${messageOf(error)}; see to it that a folder can be made there, or run read-only`,
      );
    }
    this.#uses.set(path, { count, note });
    return true;
  }

  release(paths: readonly string[]): void {
    for (const path of paths) {
      const use = this.#uses.get(path);
      if (use !== undefined && use.count > 0) use.count--;
    }
    if (this.#uses.size > 0) void this.#leaveSoon();
  }

  /** Takes all notes away. */
  close(): void {
    this.#lingering.abort();
    for (const [path, { note }] of this.#uses) this.#leave(path, note);
    this.#uses.clear();
  }

  async #leaveSoon(): Promise<void> {
    this.#lingering.abort();
    this.#lingering = new AbortController();
    try {
      await this.#clock.sleep(lingerMs, this.#lingering.signal);
    } catch {
      // Another command has ended since.
      return;
    }
    for (const [path, { count, note }] of this.#uses) {
      if (count > 0) continue;
      this.#uses.delete(path);
      this.#leave(path, note);
    }
  }

  #leave(path: string, note: string): void {
    let made = false;
    for (const name of this.#contents(path)) {
      const [, kind, pid] = notePattern.exec(name) ?? [];
      if (kind === "made") made = true;
      const own = joinPath(path, name) === note;
      if (own || (pid !== undefined && !this.#processes.isAlive(Number(pid)))) {
        this.#remove(joinPath(path, name));
      }
    }
    // Stays where there is anything left in it.
    if (made) this.#remove(path);
  }

  /** A command may have closed the folder around it to writing: then it stays. */
  #remove(path: string): void {
    try {
      this.#files.removeDirectory(path);
    } catch {
      // An empty folder does no harm.
    }
  }

  /** Nothing but notes is in it, ours among them. */
  #stillAlone(path: string, note: string): boolean {
    const names = this.#contents(path);
    return names.every((name) => notePattern.test(name)) && names.some((name) => joinPath(path, name) === note);
  }

  /**
   * Whether a command can make nothing at a path where making a folder failed so, or finds something there already. In a folder
   * of its own it can give itself the right, and on a full disk make room.
   */
  #isOutOfReach(path: string, code: string | undefined): boolean {
    if (code === "EROFS" || code === "EEXIST" || code === "ENOTDIR") return true;
    if (code !== "EACCES" && code !== "EPERM") return false;
    let folder = path;
    while (this.#files.stat(folder) === null && parentOf(folder) !== folder) folder = parentOf(folder);
    return this.#files.stat(folder)?.ownerId !== this.#processes.userId;
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
