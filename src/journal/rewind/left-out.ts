import { listOfPaths, pathsOfList } from "../../system/byte-paths.ts";
import type { FolderEntry, RootedFolder } from "../../system/ports.ts";
import { statesIn } from "./changes.ts";
import type { ShadowGit } from "./shadow-git.ts";
import type { Snapshot } from "./snapshot.ts";

/** A folder as a turn found it, before its first effect. */
export interface Beginning {
  readonly git: ShadowGit;
  readonly at: number;
  /** What the user's own repository ignored then without telling others. */
  readonly excludes: string;
  /** Tree of the look at it; what patches write has been added to the snapshot. */
  readonly looked: string;
  readonly snapshot: Snapshot;
}

/** The system's times of files lag behind its clock by less than this. */
const clockMs = 10;
/** Longer lists of arguments are no faster than to look at everything. */
const mostArguments = 200;

/** Born is not enough to have been there: a file that was moved is as old as before. */
export const isOlder = ({ bornMs }: FolderEntry, { at }: Beginning): boolean => bornMs < at - clockMs;

/** What a beginning does not hold and was there all the same, files, links and folders; what else is there came later. */
export async function leftOutOf(
  beginning: Beginning,
  folder: RootedFolder,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, FolderEntry>> {
  const { git, snapshot } = beginning;
  const guides = new Set(paths.flatMap(ignoreFilesOf));
  const named = [...new Set([...paths, ...guides])];
  const only = named.length <= mostArguments && named.every((each) => !/[\uDC80-\uDCFF]/.test(each));
  const args = [
    "ls-tree",
    "-z",
    "-t",
    "--full-tree",
    ...(only ? [snapshot.tree, "--", ...named] : ["-r", snapshot.tree]),
  ];
  const held = statesIn(await git.run(args, { signal }));
  const others = new Map<string, FolderEntry>();
  for (const path of paths) {
    const entry = held.has(path) ? null : folder.look(path);
    if (entry !== null && entry.kind !== "other") others.set(path, entry);
  }
  if (others.size === 0) return others;
  const ignored = await ignoredOf(git, [...others.keys()], signal);
  for (const { path } of snapshot.leftOut) ignored.add(path);
  /** By folder: what was ignored in it may not be any more, or it lies in a repository that was not looked through. */
  const mayHide = new Map<string, boolean>();
  const changed = new Set([...guides].filter((guide) => folder.fingerprint(guide) !== (held.get(guide) ?? null)));
  const excludesChanged = git.ownExcludes() !== beginning.excludes;
  const mayBeLeftOut = (path: string): boolean => {
    const [parent = ""] = foldersAbove(path);
    const known = mayHide.get(parent);
    if (known !== undefined) return known;
    const repository = foldersAbove(path).find((each) => folder.look(`${each}/.git`) !== null);
    const may =
      excludesChanged ||
      ignoreFilesOf(path).some((each) => changed.has(each)) ||
      (repository !== undefined && !held.has(repository));
    mayHide.set(parent, may);
    return may;
  };
  for (const [path, entry] of others) {
    if (!ignored.has(path) && !(isOlder(entry, beginning) && mayBeLeftOut(path))) others.delete(path);
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
