import * as fs from "node:fs";
import { dirname } from "node:path";
import { openAppendFile } from "./append-file.ts";
import type { FileStat, FileSystem } from "./ports.ts";
import { readFile } from "./read-file.ts";

function statOf(stats: fs.Stats | undefined): FileStat | null {
  if (!stats) return null;
  const kind = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : stats.isSymbolicLink() ? "link" : "other";
  return { kind, size: stats.size, modifiedMs: stats.mtimeMs, mode: stats.mode & 0o7777, ownerId: stats.uid };
}

/** A path through something that is no directory has nothing at its end, just as a missing one. */
function nothingThere<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

function readRange(path: string, start: number, end: number): Uint8Array {
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const length = Math.min(end, fs.fstatSync(descriptor).size) - start;
    if (length <= 0) return new Uint8Array(0);
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = fs.readSync(descriptor, bytes, filled, length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Parents first, each by itself: Node's own recursion says ENOENT where a folder cannot be written. */
function makeDirectory(path: string, mode: number | undefined): void {
  try {
    fs.mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && dirname(path) !== path) {
      makeDirectory(dirname(path), mode);
      makeDirectory(path, mode);
    } else if (!isDirectory(path)) throw error;
  }
}

const isDirectory = (path: string): boolean =>
  nothingThere(() => fs.statSync(path, { throwIfNoEntry: false }))?.isDirectory() === true;

let temporaryCount = 0;

function writeReplacing(path: string, data: string | Uint8Array, mode: number | undefined, synced = false): void {
  const temporary = `${path}.${process.pid}-${++temporaryCount}.tmp`;
  try {
    const descriptor = fs.openSync(temporary, "wx", mode);
    try {
      fs.writeFileSync(descriptor, data);
      if (synced) fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

function writeAtomic(path: string, data: string | Uint8Array, mode: number | undefined): void {
  writeReplacing(path, data, mode, true);
  // The rename itself is durable only once the directory is.
  const directory = fs.openSync(dirname(path), "r");
  try {
    fs.fsyncSync(directory);
  } finally {
    fs.closeSync(directory);
  }
}

function removeDirectory(path: string): void {
  try {
    fs.rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR", "ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw error;
  }
}

export const nodeFiles: FileSystem = {
  readText: (path) => readFile(path).toString("utf8"),
  readBytes: readFile,
  readRange,
  list: (path) => fs.readdirSync(path),
  stat: (path) => statOf(nothingThere(() => fs.statSync(path, { throwIfNoEntry: false }))),
  lstat: (path) => statOf(nothingThere(() => fs.lstatSync(path, { throwIfNoEntry: false }))),
  // The system's own: Node's drops `..` before it looks at links.
  realPath: (path) => fs.realpathSync.native(path),
  makeDirectory,
  writeAtomic,
  writeReplacing: (path, data, mode) => writeReplacing(path, data, mode),
  rename: (from, to) => fs.renameSync(from, to),
  link: (from, to) => fs.linkSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  removeDirectory,
  openAppend: openAppendFile,
};
