import { bytesOfPath, pathsOfList } from "../../system/byte-paths.ts";
import type { ShadowGit } from "./shadow-git.ts";
import type { Snapshot } from "./snapshot.ts";

/** `MODE OID` of a file or link, `folder` for one that is empty; null: nothing. */
export type State = string | null;
export const emptyFolder = "folder";

/** How a path was and is. */
export interface Change {
  readonly path: string;
  readonly before: State;
  readonly after: State;
}

/** What several turns did to a path, one after the other. */
export interface History extends Change {
  /** Every state in which one of the turns left it. */
  readonly left: ReadonlySet<State>;
  /** Somebody else changed it between two of the turns. */
  readonly touched: boolean;
  /** The turn that changed it last was cut off: what came behind its beginning may be anybody's. */
  readonly unsure: boolean;
}

type Tree = Pick<Snapshot, "tree" | "empty">;

/** Differences of pairs of snapshots, in the order of the pairs. */
export async function compare(git: ShadowGit, pairs: readonly (readonly [Tree, Tree])[]): Promise<Change[][]> {
  const found: Change[][] = [];
  for (const [before, after] of pairs) {
    const changes = before.tree === after.tree ? [] : await compareTrees(git, before.tree, after.tree);
    const [was, is] = [new Set(before.empty), new Set(after.empty)];
    for (const path of was) if (!is.has(path)) changes.push({ path, before: emptyFolder, after: null });
    for (const path of is) if (!was.has(path)) changes.push({ path, before: null, after: emptyFolder });
    found.push(changes);
  }
  return found;
}

async function compareTrees(git: ShadowGit, before: string, after: string): Promise<Change[]> {
  const output = await git.run(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, after]);
  const fields = pathsOfList(output);
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = "", newMode, oldOid, newOid] = fields[at]!.slice(1).split(" ");
    changes.push({
      path: fields[at + 1]!,
      before: oldMode === "000000" ? null : `${oldMode} ${oldOid}`,
      after: newMode === "000000" ? null : `${newMode} ${newOid}`,
    });
  }
  return changes;
}

/** What turns did to each path, as one. */
export function joined(turns: readonly { changes: readonly Change[]; unsure: boolean }[]): History[] {
  const paths = new Map<string, History>();
  for (const { changes, unsure } of turns) {
    for (const change of changes) {
      const earlier = paths.get(change.path);
      paths.set(change.path, {
        path: change.path,
        before: earlier === undefined ? change.before : earlier.before,
        after: change.after,
        left: new Set([...(earlier?.left ?? []), change.after]),
        touched: earlier !== undefined && (earlier.touched || earlier.after !== change.before),
        unsure: unsure || earlier?.unsure === true,
      });
    }
  }
  return [...paths.values()].toSorted((one, other) => Buffer.compare(bytesOfPath(one.path), bytesOfPath(other.path)));
}

/** The state of every path of a snapshot. */
export async function statesOf(git: ShadowGit, { tree, empty }: Tree): Promise<Map<string, State>> {
  const states = statesIn(await git.run(["ls-tree", "-r", "-z", "--full-tree", tree]));
  for (const path of empty) states.set(path, emptyFolder);
  return states;
}

/** The states that `ls-tree -z` tells of. */
export function statesIn(listed: Uint8Array): Map<string, State> {
  const states = new Map<string, State>();
  for (const line of pathsOfList(listed)) {
    const tab = line.indexOf("\t");
    const [mode, , oid] = line.slice(0, tab).split(" ");
    states.set(line.slice(tab + 1), `${mode} ${oid}`);
  }
  return states;
}

/** All folders that a snapshot knows of. */
export function foldersOf(states: ReadonlyMap<string, State>): Set<string> {
  const folders = new Set<string>();
  for (const [path, state] of states) {
    if (state === emptyFolder) folders.add(path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}
