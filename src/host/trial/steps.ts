import type { FolderEntry, RootedFolder } from "../../system/ports.ts";
import { mostEntries, type Written } from "./written.ts";

/** One change of a real folder; paths are relative to it. `expected`: the fingerprint without which it is left alone. */
export type Step =
  | { readonly type: "remove"; readonly path: string; readonly expected: string }
  | { readonly type: "removeFolder"; readonly path: string }
  | { readonly type: "makeFolder"; readonly path: string }
  | {
      readonly type: "put";
      readonly path: string;
      /** Null: nothing is there, or what is there goes with a step before. */
      readonly expected: string | null;
      readonly mode: number;
      readonly bytes: number;
    };

export interface Steps {
  /** In an order in which they can be made: what goes, folders, what comes. */
  readonly steps: readonly Step[];
  /** Changed by somebody else since the command began. */
  readonly touched: readonly string[];
  /** What is left out of it, by why. */
  readonly left: ReadonlyMap<string, readonly string[]>;
}

const rights = 0o777;
/** File systems note times by a clock that ticks no finer. */
const clockMs = 10;

const unreadable = "unreadable";

/** Of what this user may not read, {@link unreadable}. */
function fingerprintOf(folder: RootedFolder, path: string): string | null {
  try {
    return folder.fingerprint(path);
  } catch {
    return unreadable;
  }
}

/** What has to be done to a real folder so that it becomes what the command saw. Null where that is too much. */
export function stepsFor(
  written: readonly Written[],
  from: RootedFolder,
  real: RootedFolder,
  begunMs: number,
): Steps | null {
  const gone: Step[] = [];
  const emptied: Step[] = [];
  const made: Step[] = [];
  const put: Step[] = [];
  const touched: string[] = [];
  const left = new Map<string, string[]>();
  const leave = (why: string, path: string): void => void left.set(why, [...(left.get(why) ?? []), path]);
  const mark = (path: string, entry: FolderEntry | null): void => {
    if (entry !== null && entry.kind !== "directory" && entry.changedMs > begunMs - clockMs) touched.push(path);
  };
  const all = new Set(written.map(({ path }) => path));
  const cleared = new Set<string>();
  const clear = (path: string, entry: FolderEntry): void => {
    if (cleared.has(path)) return;
    cleared.add(path);
    mark(path, entry);
    if (entry.kind !== "directory") {
      const expected = fingerprintOf(real, path);
      if (expected === unreadable) leave(unreadable, path);
      else if (expected !== null) gone.push({ type: "remove", path, expected });
      return;
    }
    for (const name of real.entries(path)) {
      const inner = real.look(`${path}/${name}`);
      if (inner !== null) clear(`${path}/${name}`, inner);
    }
    emptied.push({ type: "removeFolder", path });
  };
  /** Below these, only what was written is there. */
  const closed = new Set<string>();
  for (const { kind, path, beside } of written) {
    if (gone.length + emptied.length + made.length + put.length > mostEntries) return null;
    const entry = real.look(path);
    if (beside !== null) leave(beside, path);
    if (kind === "special") leave("special", path);
    else if (kind === "gone") {
      if (entry !== null) clear(path, entry);
    } else if (kind === "folder" || kind === "opaque") {
      const isClosed = kind === "opaque" || closed.has(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
      if (isClosed) closed.add(path);
      if (entry?.kind === "directory") {
        if (isClosed) {
          for (const name of real.entries(path)) {
            const inner = all.has(`${path}/${name}`) ? null : real.look(`${path}/${name}`);
            if (inner !== null) clear(`${path}/${name}`, inner);
          }
        }
        if ((entry.mode & rights) !== ((from.look(path)?.mode ?? 0) & rights)) leave("rights", path);
        continue;
      }
      if (entry !== null) clear(path, entry);
      made.push({ type: "makeFolder", path });
    } else {
      const now = from.look(path);
      if (now === null) continue;
      if (entry?.kind === "directory") clear(path, entry);
      const expected = entry?.kind === "directory" ? null : fingerprintOf(real, path);
      const wanted = fingerprintOf(from, path);
      if (expected === unreadable || wanted === unreadable) {
        leave(unreadable, path);
        continue;
      }
      const sameRights = kind === "link" || (entry !== null && (entry.mode & rights) === (now.mode & rights));
      if (expected !== null && sameRights && expected === wanted) continue;
      mark(path, entry);
      if ((now.mode & 0o7000) !== 0) leave("special rights", path);
      put.push({ type: "put", path, expected, mode: now.mode & rights, bytes: now.size });
    }
  }
  return { steps: [...gone, ...emptied, ...made, ...put], touched, left };
}
