import { listOfPaths } from "../../system/byte-paths.ts";
import type { System } from "../../system/ports.ts";
import { type Beginning, leftOutOf } from "./left-out.ts";
import { limits, unusualMode } from "./listing.ts";
import type { ShadowGit } from "./shadow-git.ts";
import { noteModes, type Snapshot } from "./snapshot.ts";

export interface WithPaths {
  readonly snapshot: Snapshot;
  /** Paths of files that are too large to be kept, or cannot be read. */
  readonly unkept: readonly string[];
}

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
    if (entry.kind === "directory") continue;
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
