import { listOfPaths, pathsOfList } from "../../system/byte-paths.ts";
import type { FolderEntry, RootedFolder, System } from "../../system/ports.ts";
import type { State } from "./changes.ts";
import { limits, unusualMode } from "./listing.ts";
import type { ShadowGit } from "./shadow-git.ts";
import { noteModes, type Snapshot } from "./snapshot.ts";

/** A folder as a turn found it, before its first effect. */
export interface Beginning {
  readonly git: ShadowGit;
  readonly at: number;
  readonly snapshot: Snapshot;
}

export interface WithPaths {
  readonly snapshot: Snapshot;
  /** Paths of files that are too large to be kept, or cannot be read. */
  readonly unkept: readonly string[];
}

/** The system's times of files lag behind its clock by less than this. */
const clockMs = 10;

/** The snapshot with those of the files in it that were there although it left them out, as they are now. */
export async function withPaths(
  beginning: Beginning,
  system: System,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<WithPaths> {
  const { git, snapshot } = beginning;
  const folder = (await system.folders()).open(git.folder);
  const kept: string[] = [];
  const unkept: string[] = [];
  const modes = new Map<string, number>();
  for (const [path, entry] of await leftOutOf(beginning, folder, paths, signal)) {
    const fits = entry.kind === "link" || (entry.size <= limits.fileBytes && folder.isReadable(path));
    (fits ? kept : unkept).push(path);
    const mode = fits ? unusualMode(entry) : null;
    if (mode !== null) modes.set(path, mode);
  }
  if (kept.length === 0) return { snapshot, unkept };
  const tree = await git.whileLocked(() => {
    noteModes(git, system, modes);
    return git.onOwnIndex((index) => treeWith(git, snapshot.tree, kept, { index, signal }));
  }, signal);
  return { snapshot: { ...snapshot, tree }, unkept };
}

/** The files and links that a snapshot does not hold and that were there all the same; what else is there came later. */
async function leftOutOf(
  { git, at, snapshot }: Beginning,
  folder: RootedFolder,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, FolderEntry>> {
  const guides = new Set(paths.flatMap(ignoreFilesOf));
  const args = ["ls-tree", "-z", "-t", "--full-tree", snapshot.tree, "--", ...new Set([...paths, ...guides])];
  const held = new Map<string, State>();
  for (const line of pathsOfList(await git.run(args, { signal }))) {
    const [mode, , oid] = line.slice(0, line.indexOf("\t")).split(" ");
    held.set(line.slice(line.indexOf("\t") + 1), `${mode} ${oid}`);
  }
  const others = new Map<string, FolderEntry>();
  for (const path of paths) {
    const entry = held.has(path) ? null : folder.look(path);
    if (entry?.kind === "file" || entry?.kind === "link") others.set(path, entry);
  }
  if (others.size === 0) return others;
  const ignored = await ignoredOf(git, [...others.keys()], signal);
  for (const { path } of snapshot.leftOut) ignored.add(path);
  const changed = new Set([...guides].filter((guide) => folder.fingerprint(guide) !== (held.get(guide) ?? null)));
  /** What was ignored may not be any more, and not every repository inside of the folder is looked through. */
  const mayBeLeftOut = (path: string): boolean => {
    const repository = foldersAbove(path).find((each) => folder.look(`${each}/.git`) !== null);
    return ignoreFilesOf(path).some((each) => changed.has(each)) || (repository !== undefined && !held.has(repository));
  };
  for (const [path, { bornMs }] of others) {
    // Born is not enough: a file that was moved is as old as before.
    if (!ignored.has(path) && !(bornMs < at - clockMs && mayBeLeftOut(path))) others.delete(path);
  }
  return others;
}

/** Of the paths, those that the folder ignores by now. */
async function ignoredOf(git: ShadowGit, paths: readonly string[], signal: AbortSignal): Promise<Set<string>> {
  // It takes no paths that are to be read literally: the dot keeps a colon from having a meaning.
  const output = await git.run(["--no-literal-pathspecs", "check-ignore", "--no-index", "-z", "--stdin"], {
    input: listOfPaths(paths.map((path) => `./${path}`)),
    fine: [0, 1],
    signal,
  });
  return new Set(pathsOfList(output).map((path) => path.slice(2)));
}

/** The innermost first, without the root. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) folders.push(path.slice(0, end));
  return folders;
}

const ignoreFilesOf = (path: string): string[] => [
  ".gitignore",
  ...foldersAbove(path).map((each) => `${each}/.gitignore`),
];

async function treeWith(
  git: ShadowGit,
  tree: string,
  paths: readonly string[],
  on: { index: string; signal: AbortSignal },
): Promise<string> {
  await git.run(["read-tree", tree], on);
  await git.run(["update-index", "-z", "--add", "--stdin"], { ...on, input: listOfPaths(paths) });
  return git.line(["write-tree"], on);
}
