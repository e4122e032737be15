import { listOfPaths } from "../../system/byte-paths.ts";
import type { System } from "../../system/ports.ts";
import { type Change, compare, emptyFolder } from "./changes.ts";
import { type Beginning, isOlder, leftOutOf } from "./left-out.ts";
import type { Snapshot } from "./snapshot.ts";

/** The end of a turn without what was there before it although its beginning left that out: else it would count as made by the turn. */
export async function withoutOlder(
  end: Snapshot,
  beginning: Beginning,
  system: System,
  patched: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Pick<Snapshot, "tree" | "empty">> {
  const { git, looked, snapshot } = beginning;
  const [changes = []] = await compare(git, [[snapshot, end]]);
  const added = changes.filter(({ path, before }) => before === null && !patched.has(path));
  if (added.length === 0) return end;
  const folder = (await system.folders()).open(git.folder);
  const leftOut = new Set(snapshot.leftOut.map(({ path }) => path));
  const gone = new Set(changes.filter(({ after }) => after === null).map(({ path, before }) => nameAnd(path, before)));
  // An ignored file is in the end alone if the user's repository has come to track it, or another thread has patched it.
  const mayBeIgnored = end.tracked || end.previous !== looked;
  const suspects = added.filter(({ path, after }) => {
    if (leftOut.has(path)) return true;
    // What was moved as it is comes back at its old place.
    if (after !== emptyFolder && gone.has(nameAnd(path, after))) return false;
    const entry = folder.look(path);
    return mayBeIgnored || (entry !== null && isOlder(entry, beginning));
  });
  if (suspects.length === 0) return end;
  const paths = suspects.map(({ path }) => path);
  const older = await leftOutOf(beginning, folder, paths, signal);
  if (older.size === 0) return end;
  const tree = await git.whileLocked(
    () =>
      git.onOwnIndex(async (index) => {
        await git.run(["read-tree", end.tree], { index, signal });
        const input = listOfPaths([...older.keys()]);
        await git.run(["update-index", "-z", "--force-remove", "--stdin"], { index, input, signal });
        return git.line(["write-tree"], { index, signal });
      }),
    signal,
  );
  return { tree, empty: end.empty.filter((path) => !older.has(path)) };
}

const nameAnd = (path: string, state: Change["before"]): string => `${path.slice(path.lastIndexOf("/") + 1)}/${state}`;
