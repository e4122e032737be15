import { pathsOfList } from "../../system/byte-paths.ts";
import type { FileSystem, FolderEntry, RootedFolder } from "../../system/ports.ts";
import type { ShadowGit } from "./shadow-git.ts";

/** What is kept of a workspace at most. docs/rewind.md tells it. */
export const limits = {
  /** Of one file. */
  fileBytes: 10 * 2 ** 20,
  /** New or changed since the snapshot before. */
  newBytes: 2 * 2 ** 30,
  files: 100_000,
  emptyFolders: 1000,
  nestedRepositories: 200,
  nestedDepth: 5,
};

/** A file that a snapshot leaves out. */
export interface LeftOut {
  readonly path: string;
  readonly why: "size" | "unreadable";
}

/** What differs from the index, and what it cannot hold. */
export interface Listing {
  /** Files and links to be looked at again: new, changed or gone. */
  readonly changed: string[];
  /** Folders without anything in them. */
  readonly empty: string[];
  readonly leftOut: LeftOut[];
  /** In the index, and left out from now on. */
  readonly dropped: string[];
  /** How many of `changed` the index does not know. */
  readonly added: number;
  readonly newBytes: number;
  /** Rights of what is new, where they are unusual. */
  readonly modes: ReadonlyMap<string, number>;
}

/** Rights that git's two kinds of files stand for well enough. */
const usualModes = new Set([0o644, 0o755, 0o664, 0o775]);

/** The rights of a file where git's two kinds do not tell enough of them; else null. */
export function unusualMode({ kind, mode }: FolderEntry): number | null {
  const rights = mode & 0o777;
  return kind === "file" && !usualModes.has(rights) ? rights : null;
}

/** Looks through the workspace. `also` are paths to be looked at whether or not they are ignored. */
export async function listChanges(
  git: ShadowGit,
  folder: RootedFolder,
  also: readonly string[],
  isOurs: (path: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<Listing> {
  const output = await git.run(["ls-files", "-t", "-z", "-m", "-d", "-o", "--directory", "--exclude-standard"], {
    signal,
  });
  const changed = new Set<string>(also);
  const known = new Set<string>();
  const folders: string[] = [];
  for (const line of pathsOfList(output)) {
    const path = line.slice(2);
    if (line.startsWith("?") && path.endsWith("/")) folders.push(path.slice(0, -1));
    else changed.add(path);
    if (!line.startsWith("?")) known.add(path);
  }
  // What is a folder by now is not listed as one.
  for (const path of known) if (folder.look(path)?.kind === "directory") folders.push(path);
  const empty: string[] = [];
  if (folders.length > 0) {
    const found = await expand(git, folders, signal);
    for (const path of found) changed.add(path);
    for (const path of foldersWithout(folders, found)) findEmpty(folder, path, empty);
  }
  return { ...sort(folder, changed, known, isOurs), empty: empty.filter((path) => !isOurs(path)) };
}

function sort(
  folder: RootedFolder,
  candidates: ReadonlySet<string>,
  known: ReadonlySet<string>,
  isOurs: (path: string) => boolean,
): Omit<Listing, "empty"> {
  const changed: string[] = [];
  const gone: string[] = [];
  const leftOut: LeftOut[] = [];
  const dropped: string[] = [];
  const modes = new Map<string, number>();
  let newBytes = 0;
  let added = 0;
  for (const path of candidates) {
    if (isOurs(path)) continue;
    const entry = folder.look(path);
    const why =
      entry?.kind !== "file"
        ? null
        : entry.size > limits.fileBytes
          ? "size"
          : folder.isReadable(path)
            ? null
            : "unreadable";
    if (why !== null) {
      leftOut.push({ path, why });
      if (known.has(path)) dropped.push(path);
      continue;
    }
    // Pipes and sockets hold nothing; what is gone, or a folder now, is to be gone from the index.
    if (entry === null || entry.kind === "directory" || entry.kind === "other") {
      if (known.has(path)) gone.push(path);
      continue;
    }
    changed.push(path);
    newBytes += entry.size;
    if (!known.has(path)) added++;
    const mode = unusualMode(entry);
    if (mode !== null) modes.set(path, mode);
  }
  // A folder can only come when the file in its place has gone.
  return { changed: [...gone, ...changed], leftOut, dropped, added, newBytes, modes };
}

/** The files in folders of which the index knows nothing, and in the repositories among them. */
async function expand(git: ShadowGit, folders: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
  // A long list of arguments is no faster than to look everywhere.
  const few = folders.length <= 200 && folders.every((each) => each.length < 400 && !/[\uDC80-\uDCFF]/.test(each));
  const args = ["ls-files", "-z", "-o", "--exclude-standard", ...(few ? ["--", ...folders] : [])];
  const found: string[] = [];
  const nested: { path: string; depth: number }[] = [];
  const sortOut = (paths: readonly string[], prefix: string, depth: number): void => {
    for (const path of paths) {
      if (!path.endsWith("/")) found.push(prefix + path);
      else if (depth < limits.nestedDepth && !/[\uDC80-\uDCFF]/.test(path))
        nested.push({ path: prefix + path.slice(0, -1), depth: depth + 1 });
    }
  };
  sortOut(pathsOfList(await git.run(args, { signal })), "", 0);
  for (let at = 0; at < nested.length && at < limits.nestedRepositories; at++) {
    const { path, depth } = nested[at]!;
    const workTree = `${git.folder}/${path}`;
    const inside = await git.run(["ls-files", "-z", "-o", "--exclude-standard"], { workTree, index: "none", signal });
    sortOut(pathsOfList(inside), `${path}/`, depth);
  }
  return found;
}

function foldersWithout(folders: readonly string[], files: readonly string[]): string[] {
  const filled = new Set<string>();
  for (const file of files) {
    for (let end = file.lastIndexOf("/"); end > 0; end = file.lastIndexOf("/", end - 1)) filled.add(file.slice(0, end));
  }
  return folders.flatMap((each) => (filled.has(each) ? [`${each}/`] : [each]));
}

/** Collects folders that hold nothing; `path` ends with `/` where files are known to be in it. */
function findEmpty(folder: RootedFolder, path: string, empty: string[], depth = 0): void {
  if (empty.length >= limits.emptyFolders || depth > 40) return;
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  const names = folder.entries(plain);
  if (names.length === 0) {
    if (folder.look(plain)?.kind === "directory") empty.push(plain);
    return;
  }
  // A repository of its own, or so many entries that this would be work.
  if (names.includes(".git") || names.length > 1000) return;
  for (const name of names) {
    if (folder.look(`${plain}/${name}`)?.kind === "directory") findEmpty(folder, `${plain}/${name}`, empty, depth + 1);
  }
}

/** Of a user's repository, the files that it tracks although they are ignored. */
export async function trackedThoughIgnored(
  git: ShadowGit,
  index: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  try {
    const args = ["ls-files", "-z", "-c", "-i", "--exclude-standard"];
    return pathsOfList(await git.run(args, { foreignIndex: index, signal }));
  } catch {
    // An index in parts, or in a form that this git does not know.
    return [];
  }
}

/** The index of the repository that the folder is the root of; null where it is none. */
export function userIndex(files: FileSystem, folder: string): string | null {
  const stat = files.lstat(`${folder}/.git`);
  if (stat?.kind === "directory") return `${folder}/.git/index`;
  if (stat?.kind !== "file" || stat.size > 4096) return null;
  const place = /^gitdir: (.+)\n?$/.exec(files.readText(`${folder}/.git`))?.[1];
  if (place === undefined) return null;
  return `${place.startsWith("/") ? place : `${folder}/${place}`}/index`;
}
