import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { HeldFolders } from "./held-folders.ts";
import type { Content } from "./preview.ts";

export const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

export function kindAt(path: string): "absent" | "folder" | "file" {
  try {
    return lstatSync(path).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return "absent";
    throw error;
  }
}

const besides = (path: string): string => join(dirname(path), `.codex-agent-${randomBytes(8).toString("hex")}`);

/** Not every file system has hard links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** Unlike a bare rename, fails when there is a file at the target already. */
function linkOrMove(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) === "EEXIST") throw error;
    renameSync(from, to);
  }
}

interface Undo {
  restore(): void;
  /** Holds the former file until the end. */
  backup: string | null;
}

/** A file that is to be written; `before` is what is there now. */
export interface FileWrite {
  path: string;
  before: Content;
  after: Extract<Content, { type: "file" }>;
}

/** File changes that can be taken back. Paths are free of links; what becomes one meanwhile is not followed. */
export class Transaction {
  readonly #folders = new HeldFolders();
  readonly #undo: Undo[] = [];
  /** New contents on their way to a path. */
  readonly #temporaries = new Set<string>();
  /** Former files, until it is certain that they are not needed. */
  readonly #backups = new Set<string>();
  readonly #staged = new Map<string, string>();

  /**
   * Writes the new bytes beside the file, so that a full disk shows before anything has changed. Where a file could not
   * be replaced without losing its owner or its other names, nothing is staged: it is then written in place.
   */
  stage({ path, before, after }: FileWrite): void {
    const existing = before.type === "file" ? lstatSync(this.#at(path)) : null;
    if (existing !== null && existing.nlink > 1) return;
    const temporary = besides(path);
    this.#temporaries.add(temporary);
    let descriptor: number | undefined;
    try {
      descriptor = openSync(this.#at(temporary), "wx");
      writeFileSync(descriptor, after.bytes);
      const made = fstatSync(descriptor);
      if (existing !== null && (existing.uid !== made.uid || existing.gid !== made.gid)) {
        fchownSync(descriptor, existing.uid, existing.gid);
      }
      // After the change of owner, which clears some mode bits.
      if (after.mode !== null) fchmodSync(descriptor, after.mode);
    } catch (error) {
      if (existing !== null && ["EACCES", "EPERM", "EROFS"].includes(errorCode(error))) return;
      throw error;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
    this.#staged.set(path, temporary);
  }

  remove(path: string): void {
    const backup = besides(path);
    this.#rename(path, backup);
    this.#backups.add(backup);
    this.#undo.push({ restore: () => this.#rename(backup, path), backup });
  }

  makeFolders(path: string): void {
    const missing: string[] = [];
    for (let folder = dirname(path); kindAt(folder) === "absent"; folder = dirname(folder)) missing.unshift(folder);
    for (const folder of missing) {
      mkdirSync(this.#at(folder));
      this.#undo.push({ restore: () => rmdirSync(this.#at(folder)), backup: null });
    }
  }

  /** Its folder exists. */
  write(file: FileWrite): void {
    const { path, before, after } = file;
    if (!this.#staged.has(path)) this.stage(file);
    const temporary = this.#staged.get(path);
    if (before.type !== "file") {
      linkOrMove(this.#at(temporary!), this.#at(path));
      this.#undo.push({ restore: () => unlinkSync(this.#at(path)), backup: null });
    } else if (temporary === undefined) {
      this.#writeInPlace(path, before.bytes, after.bytes);
    } else {
      const backup = besides(path);
      this.#backups.add(backup);
      linkOrCopy(this.#at(path), this.#at(backup));
      this.#rename(temporary, path);
      this.#undo.push({ restore: () => this.#rename(backup, path), backup });
    }
  }

  #at(path: string): string {
    return this.#folders.at(path);
  }

  #rename(from: string, to: string): void {
    renameSync(this.#at(from), this.#at(to));
  }

  #writeInPlace(path: string, before: Buffer, after: Buffer): void {
    const replace = (bytes: Buffer): void => {
      const descriptor = openSync(this.#at(path), constants.O_WRONLY | constants.O_NOFOLLOW);
      try {
        ftruncateSync(descriptor, 0);
        writeFileSync(descriptor, bytes);
      } finally {
        closeSync(descriptor);
      }
    };
    this.#undo.push({ restore: () => replace(before), backup: null });
    replace(after);
  }

  /** Takes back what was done, last first. Returns where former files are kept that could not be put back. */
  rollBack(): string[] {
    // First, since a folder that was made can only be removed when it is empty.
    this.#removeFiles(this.#temporaries);
    const kept: string[] = [];
    for (const { restore, backup } of this.#undo.toReversed()) {
      try {
        restore();
      } catch {
        if (backup === null) continue;
        this.#backups.delete(backup);
        kept.push(backup);
      }
    }
    return kept;
  }

  /** Ends the transaction: removes backups and unused temporary files. */
  close(): void {
    this.#removeFiles(this.#temporaries);
    this.#removeFiles(this.#backups);
    this.#folders.close();
  }

  /** What was to be done is done or undone by now; a file that cannot be removed is no reason to call it failed. */
  #removeFiles(paths: Iterable<string>): void {
    for (const path of paths) {
      try {
        rmSync(this.#at(path), { force: true });
      } catch {
        continue;
      }
    }
  }
}
