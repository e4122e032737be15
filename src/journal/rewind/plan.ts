import type { RootedFolder } from "../../system/ports.ts";
import { emptyFolder, type History, type State } from "./changes.ts";

/** One path to be put back. */
export interface Step {
  readonly path: string;
  readonly now: State;
  readonly wanted: State;
}

export interface Conflict {
  readonly path: string;
  readonly why: string;
  /** Null where nobody can put it back, whatever is asked for. */
  readonly step: Step | null;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly conflicts: readonly Conflict[];
  /** Paths that are as they are wanted already. */
  readonly done: number;
}

const isFile = (state: State): boolean => state !== null && state !== emptyFolder;

/** What has to be done for every path to be as it was before, and what stands in the way. Looks, and changes nothing. */
export function makePlan(histories: readonly History[], now: ReadonlyMap<string, State>, folder: RootedFolder): Plan {
  const steps: Step[] = [];
  const conflicts: Conflict[] = [];
  let done = 0;
  const going = new Set(
    histories.filter(({ before, after }) => before === null && after !== null).map(({ path }) => path),
  );
  for (const history of histories) {
    const { path, before: wanted, after } = history;
    const current = now.get(path) ?? null;
    // What they made and unmade themselves concerns them only while it is as one of them left it.
    const theirs = wanted !== after || history.touched || history.left.has(current);
    const there = folder.look(path)?.kind;
    // Something that no snapshot holds: too large by now, say.
    const hidden = current === null && there !== undefined && there !== "directory";
    if (!theirs || (current === wanted && !hidden) || (wanted === emptyFolder && there === "directory")) {
      done++;
      continue;
    }
    const step: Step = { path, now: current, wanted };
    // What an earlier rewind left behind is a state of the turns, too. An empty folder is no loss.
    const ours = history.left.has(current) || (!isFile(current) && !isFile(after));
    const why =
      obstacle(folder, path, current, wanted, going) ??
      (history.touched
        ? "somebody else changed it between the turns"
        : !ours
          ? current === null
            ? "it was removed since"
            : "it was changed since"
          : history.unsure && isFile(current ?? wanted)
            ? "its turn was cut off: the change may be yours"
            : null);
    if (why === null) steps.push(step);
    else if (typeof why === "string") conflicts.push({ path, why, step });
    else conflicts.push({ path, why: why.fixed, step: null });
  }
  for (const { path } of steps) {
    if (!folder.isWritable(nearestFolder(folder, path))) {
      conflicts.push({ path, why: "its folder cannot be written", step: null });
    }
  }
  const blocked = new Set(conflicts.map(({ path }) => path));
  return { steps: steps.filter(({ path }) => !blocked.has(path)), conflicts, done };
}

/** What keeps a path from being put back, even if what is there may be lost. */
function obstacle(
  folder: RootedFolder,
  path: string,
  current: State,
  wanted: State,
  going: ReadonlySet<string>,
): { fixed: string } | string | null {
  const entry = folder.look(path);
  if (entry?.kind === "directory" && isFile(wanted)) {
    return holdsOnly(folder, path, going) ? null : { fixed: "a folder with files is in its place" };
  }
  if (entry?.kind === "other") return { fixed: "something that is no file is in its place" };
  if (entry !== null && entry.kind !== "directory" && current === null) {
    return { fixed: "what is there now is not covered by snapshots" };
  }
  for (let end = path.indexOf("/"); end > 0; end = path.indexOf("/", end + 1)) {
    const above = path.slice(0, end);
    const kind = folder.look(above)?.kind;
    if (kind !== undefined && kind !== "directory" && !going.has(above)) {
      return { fixed: `${kind === "link" ? "a link" : "a file"} is in the place of its folder` };
    }
  }
  return null;
}

/** The folder that a path lies in, or would have to be made in. */
function nearestFolder(folder: RootedFolder, path: string): string {
  let parent = path;
  do parent = parent.includes("/") ? parent.slice(0, parent.lastIndexOf("/")) : "";
  while (parent !== "" && folder.look(parent)?.kind !== "directory");
  return parent;
}

/** Whether nothing is left of a folder when all of these paths are gone. */
function holdsOnly(folder: RootedFolder, path: string, going: ReadonlySet<string>): boolean {
  return folder.entries(path).every((name) => {
    const inside = `${path}/${name}`;
    return going.has(inside) || (folder.look(inside)?.kind === "directory" && holdsOnly(folder, inside, going));
  });
}
