import { listOfPaths, pathsOfList } from "../../system/byte-paths.ts";
import type { System } from "../../system/ports.ts";
import { limits } from "./listing.ts";
import type { ShadowGit } from "./shadow-git.ts";
import type { Snapshot } from "./snapshot.ts";

export interface WithPaths {
  readonly snapshot: Snapshot;
  /** Paths of files that are too large to be kept, or cannot be read. */
  readonly unkept: readonly string[];
}

/** A snapshot with files in it that are ignored, as they are now. */
export async function withPaths(
  git: ShadowGit,
  system: System,
  snapshot: Snapshot,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<WithPaths> {
  const listed = await git.run(["ls-tree", "-z", "--name-only", "--full-tree", snapshot.tree, "--", ...paths], {
    signal,
  });
  const known = new Set(pathsOfList(listed));
  const folder = (await system.folders()).open(git.folder);
  const kept: string[] = [];
  const unkept: string[] = [];
  for (const path of paths) {
    const entry = known.has(path) ? null : folder.look(path);
    if (entry?.kind !== "file" && entry?.kind !== "link") continue;
    const fits = entry.kind === "link" || (entry.size <= limits.fileBytes && folder.isReadable(path));
    (fits ? kept : unkept).push(path);
  }
  if (kept.length === 0) return { snapshot, unkept };
  const add = (index: string): Promise<string> => treeWith(git, snapshot.tree, kept, { index, signal });
  const tree = await git.whileLocked(() => git.onOwnIndex(add), signal);
  return { snapshot: { ...snapshot, tree }, unkept };
}

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
