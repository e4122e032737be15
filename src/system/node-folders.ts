import * as fs from "node:fs";
import { createHash } from "node:crypto";
import { bytesOfPath, pathOfBytes } from "./byte-paths.ts";
import type { Content, FolderEntry, Folders, RootedFolder } from "./ports.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const isAbsent = (error: unknown): boolean => codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

/** With `/proc` a folder that is held open is a path, so that nobody can put a link in the place of one that was checked. */
const throughDescriptors = fs.existsSync("/proc/self/fd");

/** A folder that is held open; `at` is the path of an entry of it. */
interface Held {
  at(name: string): Buffer | string;
  close(): void;
}

/** @throws ENOTDIR where the entry is a link, or no folder. */
function hold(path: Buffer | string): Held {
  const descriptor = fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const close = (): void => fs.closeSync(descriptor);
  if (throughDescriptors) {
    const prefix = Buffer.from(`/proc/self/fd/${descriptor}/`);
    return { at: (name) => Buffer.concat([prefix, bytesOfPath(name)]), close };
  }
  const prefix = Buffer.concat([Buffer.from(path), Buffer.from("/")]);
  return { at: (name) => Buffer.concat([prefix, bytesOfPath(name)]), close };
}

/** @throws EINVAL for a path that could lead out of its folder. */
function namesOf(path: string): string[] {
  const names = path.split("/");
  if (names.every((each) => each !== "" && each !== "." && each !== "..")) return names;
  throw failure("EINVAL", "no path below a folder");
}

let temporaryCount = 0;

/** The files below one folder. No link is followed on the way to any of them, nor at its end. */
class NodeRootedFolder implements RootedFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  look(path: string): FolderEntry | null {
    return this.#inside(path, null, (parent, name) => {
      const stats = fs.lstatSync(parent.at(name), { throwIfNoEntry: false });
      if (stats === undefined) return null;
      const kind = stats.isFile()
        ? "file"
        : stats.isDirectory()
          ? "directory"
          : stats.isSymbolicLink()
            ? "link"
            : "other";
      const { size, mtimeMs: modifiedMs, ctimeMs: changedMs } = stats;
      const bornMs = stats.birthtimeMs || changedMs;
      return { kind, size, mode: stats.mode & 0o7777, modifiedMs, changedMs, bornMs };
    });
  }

  read(path: string): Content | null {
    return this.#inside(path, null, (parent, name) => {
      const stats = fs.lstatSync(parent.at(name), { throwIfNoEntry: false });
      if (stats?.isSymbolicLink())
        return { type: "link", target: fs.readlinkSync(parent.at(name), { encoding: "buffer" }) };
      if (!stats?.isFile()) return null;
      const descriptor = fs.openSync(parent.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        return { type: "file", bytes: fs.readFileSync(descriptor), executable: (stats.mode & 0o100) !== 0 };
      } finally {
        fs.closeSync(descriptor);
      }
    });
  }

  isReadable(path: string): boolean {
    return this.#inside(path, false, (parent, name) => {
      try {
        fs.closeSync(fs.openSync(parent.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
        return true;
      } catch (error) {
        // A link is read by itself.
        return codeOf(error) === "ELOOP";
      }
    });
  }

  entries(path: string): string[] {
    const names = (folder: Held): string[] =>
      fs.readdirSync(folder.at("."), { encoding: "buffer" }).map((name) => pathOfBytes(name));
    if (path === "") return this.#with(hold(this.root), names);
    return this.#inside(path, [], (parent, name) => this.#with(hold(parent.at(name)), names));
  }

  fingerprint(path: string): string | null {
    return this.#inside(path, null, (parent, name) => fingerprintAt(parent.at(name)));
  }

  isWritable(path: string): boolean {
    const writable = (folder: Held): boolean => {
      try {
        fs.accessSync(folder.at("."), fs.constants.W_OK | fs.constants.X_OK);
        return true;
      } catch {
        return false;
      }
    };
    if (path === "") return this.#with(hold(this.root), writable);
    return this.#inside(path, false, (parent, name) => this.#with(hold(parent.at(name)), writable));
  }

  put(path: string, content: Content, expected: string | null, mode: number | null): void {
    const done = this.#inside(path, false, (parent, name) => {
      const target = parent.at(name);
      const temporary = parent.at(`.codex-agent-${process.pid}-${++temporaryCount}.tmp`);
      const before = fs.lstatSync(target, { throwIfNoEntry: false });
      if (before?.isDirectory()) throw failure("EISDIR", "a folder is in the way");
      // Left by a process of the same number that was killed: in containers they are often the same.
      fs.rmSync(temporary as Buffer, { force: true });
      try {
        if (content.type === "link") fs.symlinkSync(Buffer.from(content.target), temporary);
        else writeFile(temporary, content, before, mode);
        // As late as can be: what was changed after everything was looked at is left alone.
        if (fingerprintAt(target) !== expected) throw failure("EBUSY", "it was changed meanwhile");
        fs.renameSync(temporary, target);
      } catch (error) {
        fs.rmSync(temporary as Buffer, { force: true });
        throw error;
      }
      return true;
    });
    if (!done) throw failure("ENOENT", "its folder is not there");
  }

  remove(path: string, expected: string): void {
    this.#inside(path, null, (parent, name) => {
      const target = parent.at(name);
      const now = fingerprintAt(target);
      if (now === null) return null;
      if (now !== expected) throw failure("EBUSY", "it was changed meanwhile");
      fs.unlinkSync(target);
      return null;
    });
  }

  makeDirectories(path: string): void {
    const names = namesOf(path);
    let parent = hold(this.root);
    try {
      for (const name of names) {
        try {
          fs.mkdirSync(parent.at(name));
        } catch (error) {
          if (codeOf(error) !== "EEXIST") throw error;
        }
        const next = hold(parent.at(name));
        parent.close();
        parent = next;
      }
    } finally {
      parent.close();
    }
  }

  removeDirectory(path: string): boolean {
    return this.#inside(path, false, (parent, name) => {
      try {
        fs.rmdirSync(parent.at(name));
        return true;
      } catch (error) {
        if (["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR", "EBUSY"].includes(codeOf(error) ?? "")) return false;
        throw error;
      }
    });
  }

  /** Holds each folder on the way; `absent` where one is missing, or a link. */
  #inside<Result>(path: string, absent: Result, work: (parent: Held, name: string) => Result): Result {
    const names = namesOf(path);
    const name = names.pop()!;
    let parent = hold(this.root);
    try {
      for (const each of names) {
        const next = hold(parent.at(each));
        parent.close();
        parent = next;
      }
      return work(parent, name);
    } catch (error) {
      if (isAbsent(error) || codeOf(error) === "ELOOP") return absent;
      throw error;
    } finally {
      parent.close();
    }
  }

  #with<Result>(folder: Held, work: (folder: Held) => Result): Result {
    try {
      return work(folder);
    } finally {
      folder.close();
    }
  }
}

/** Keeps owner and rights of the file that was there; git knows of the rights only whether it can be executed. */
function writeFile(
  path: Buffer | string,
  content: Extract<Content, { type: "file" }>,
  before: fs.Stats | undefined,
  mode: number | null,
): void {
  const usual = content.executable ? 0o777 : 0o666;
  const kept = mode ?? (before?.isFile() ? before.mode & 0o777 : null);
  // What only its owner may read is nobody else's on the way either.
  const descriptor = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kept === null ? usual : 0o600);
  try {
    let written = 0;
    while (written < content.bytes.length) written += fs.writeSync(descriptor, content.bytes, written);
    if (before?.isFile()) {
      try {
        fs.fchownSync(descriptor, before.uid, before.gid);
      } catch {
        // Only its owner or root may.
      }
    }
    if (kept !== null) fs.fchmodSync(descriptor, content.executable ? kept | ((kept & 0o444) >> 2) : kept & ~0o111);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** `MODE OID` as git would keep it; null: nothing is there; of what git keeps nothing of, its kind. */
function fingerprintAt(path: Buffer | string): string | null {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isSymbolicLink()) return `120000 ${blobId(fs.readlinkSync(path, { encoding: "buffer" }))}`;
  if (!stats.isFile()) return stats.isDirectory() ? "directory" : "other";
  const descriptor = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const hash = createHash("sha1").update(`blob ${fs.fstatSync(descriptor).size}\0`);
    const piece = Buffer.allocUnsafe(2 ** 18);
    for (let count = fs.readSync(descriptor, piece); count > 0; count = fs.readSync(descriptor, piece)) {
      hash.update(piece.subarray(0, count));
    }
    return `${(stats.mode & 0o100) === 0 ? "100644" : "100755"} ${hash.digest("hex")}`;
  } finally {
    fs.closeSync(descriptor);
  }
}

const blobId = (bytes: Uint8Array): string =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

export const nodeFolders: Folders = {
  open: (root) => new NodeRootedFolder(root),
};
