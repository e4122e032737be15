import { accessSync, constants, lstatSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, isAbsolute, join, parse, sep } from "node:path";

/** What stands at a path, as far as a patch is concerned. `mode` null: whatever new files get. */
export type Content =
  | { type: "absent" }
  | { type: "file"; bytes: Buffer; mode: number | null }
  | { type: "link"; target: string };

/** Where a path leads. */
export interface Location {
  /** Where the bytes are: every link resolved, of folders too. */
  path: string;
  /** The link that the path itself names, its folder resolved; null when it names none. */
  link: string | null;
  kind: "file" | "directory" | "other" | "missing";
}

/** Why a path leads nowhere: the words of the operating system. */
export class PathFault extends Error {
  override readonly name = "PathFault";
}

const systemErrors: Record<string, string> = {
  ENOENT: "No such file or directory (os error 2)",
  EACCES: "Permission denied (os error 13)",
  ENOTDIR: "Not a directory (os error 20)",
  ENAMETOOLONG: "Filename too long (os error 36)",
  ELOOP: "Symbolic link loop (os error 40)",
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";
const fault = (code: string): PathFault => new PathFault(systemErrors[code] ?? code);

/** The file system with changes on top that are not made yet. */
export class Preview {
  readonly #changes = new Map<string, Content>();
  readonly #originals = new Map<string, Content>();
  readonly #newFolders = new Set<string>();

  #look(path: string): Location["kind"] | "link" {
    const changed = this.#changes.get(path);
    if (changed !== undefined) return changed.type === "absent" ? "missing" : "file";
    if (this.#newFolders.has(path)) return "directory";
    let stat;
    try {
      stat = lstatSync(path);
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return "missing";
      throw fault(codeOf(error));
    }
    if (stat.isSymbolicLink()) return "link";
    if (stat.isDirectory()) return "directory";
    return stat.isFile() ? "file" : "other";
  }

  /**
   * Follows a normalised absolute path link by link.
   * @throws {PathFault} when it cannot lead to a file, not even to a new one.
   */
  locate(path: string): Location {
    let folder = parse(path).root;
    const pending = path
      .slice(folder.length)
      .split(sep)
      .filter((name) => name !== "");
    let link: string | null = null;
    let followed = 0;
    /** How many of the pending names come out of links: folders are made for the path's own names only. */
    let fromLinks = 0;
    while (pending.length > 0) {
      const name = pending.shift()!;
      if (fromLinks > 0) fromLinks--;
      if (name === "." || name === "..") {
        if (name === "..") folder = dirname(folder);
        continue;
      }
      const here = join(folder, name);
      const kind = this.#look(here);
      const last = pending.length === 0;
      if (kind === "link") {
        if (++followed > 40) throw fault("ELOOP");
        if (last) link ??= here;
        const target = readlinkSync(here);
        const names = target.split(sep).filter((part) => part !== "");
        if (isAbsolute(target)) folder = parse(target).root;
        pending.unshift(...names);
        fromLinks += names.length;
      } else if (kind === "missing") {
        if (fromLinks > 0) throw fault("ENOENT");
        return { path: join(here, ...pending), link, kind };
      } else if (last) return { path: here, link, kind };
      else if (kind !== "directory") throw fault("ENOTDIR");
      else folder = here;
    }
    return { path: folder, link, kind: "directory" };
  }

  /** @throws {PathFault} */
  #current(path: string, kind: Location["kind"] | "link"): Content {
    const changed = this.#changes.get(path);
    if (changed !== undefined) return changed;
    let content: Content = { type: "absent" };
    try {
      if (kind === "link") content = { type: "link", target: readlinkSync(path) };
      else if (kind === "file") {
        content = { type: "file", bytes: readFileSync(path), mode: lstatSync(path).mode & 0o7777 };
      }
    } catch (error) {
      throw fault(codeOf(error));
    }
    if (!this.#originals.has(path)) this.#originals.set(path, content);
    return content;
  }

  /** @throws {PathFault} */
  read(location: Location): Extract<Content, { type: "file" }> {
    const content = this.#current(location.path, location.kind);
    if (content.type !== "file") throw fault("ENOENT");
    return content;
  }

  /** @throws {PathFault} when the place cannot take a file. */
  write(location: Location, bytes: Buffer, mode: number | null): void {
    if (location.kind === "directory" || location.kind === "other") throw new PathFault("not a file");
    const before = this.#current(location.path, location.kind);
    if (before.type === "file" && !this.#changes.has(location.path)) {
      try {
        accessSync(location.path, constants.W_OK);
      } catch (error) {
        throw fault(codeOf(error));
      }
    }
    const keptMode = before.type === "file" ? before.mode : null;
    this.#changes.set(location.path, { type: "file", bytes, mode: mode ?? keptMode });
    for (let folder = dirname(location.path); this.#look(folder) === "missing"; folder = dirname(folder)) {
      this.#newFolders.add(folder);
    }
  }

  /** Removes the link, not what it leads to. */
  remove(location: Location): void {
    const path = location.link ?? location.path;
    this.#current(path, location.link === null ? location.kind : "link");
    this.#changes.set(path, { type: "absent" });
  }

  /** What was read and what shall be, of every path that was touched, in the order of the first touch. */
  touched(): { path: string; before: Content; after: Content }[] {
    return [...this.#originals].map(([path, before]) => ({ path, before, after: this.#changes.get(path) ?? before }));
  }
}
