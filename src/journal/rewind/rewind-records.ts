import type { RewindScope } from "../../protocol/rewind.ts";
import type { System } from "../../system/ports.ts";
import type { Place } from "../fold-thread.ts";
import { rewindHome } from "./shadow-git.ts";
import { keptDays } from "./snapshot-log.ts";
import type { Snapshot } from "./snapshot.ts";

type Tree = Pick<Snapshot, "tree" | "empty">;

/** A rewind as it was begun. The trees hold the paths that it is about, and no others. */
export interface RewindRecord {
  readonly type: "started";
  readonly id: string;
  readonly at: number;
  readonly scope: RewindScope;
  readonly kept: number;
  readonly turns: readonly { turnId: string; text: string }[];
  readonly folders: readonly { folder: string; before: Tree; after: Tree }[];
  /** Where the conversation ended; null where it stays. */
  readonly chat: Place | null;
}

type Line =
  | RewindRecord
  /** `head`: the file that the thread goes on in; null where the conversation stays. */
  | { readonly type: "done"; readonly id: string; readonly head: string | null }
  | { readonly type: "undone"; readonly id: string };

/** A rewind that was not undone. */
export interface KnownRewind {
  readonly record: RewindRecord;
  /** Null while it is not finished. */
  done: { head: string | null } | null;
}

/** Every rewind of a thread, also those that were undone, oldest first. */
export function rewindHistory(
  system: System,
  runtimeHome: string,
  threadId: string,
): readonly (KnownRewind & { undone: boolean })[] {
  return allRecords(system, pathOf(runtimeHome, threadId));
}

export const recordsFolder = (runtimeHome: string): string => `${rewindHome(runtimeHome)}/threads`;
const pathOf = (runtimeHome: string, threadId: string): string => `${recordsFolder(runtimeHome)}/${threadId}.jsonl`;

/** The rewinds of a thread, without those that were undone, oldest first. */
export function readRewinds(system: System, runtimeHome: string, threadId: string): KnownRewind[] {
  return readRecords(system, pathOf(runtimeHome, threadId));
}

const readRecords = (system: System, path: string): KnownRewind[] =>
  allRecords(system, path).filter(({ undone }) => !undone);

function allRecords({ files }: System, path: string): (KnownRewind & { undone: boolean })[] {
  let text: string;
  try {
    text = files.readText(path);
  } catch {
    return [];
  }
  const known = new Map<string, KnownRewind & { undone: boolean }>();
  for (const each of text.split("\n")) {
    let line: Line;
    try {
      line = JSON.parse(each) as Line;
    } catch {
      continue;
    }
    const rewind = known.get(line.id);
    if (line.type === "started") known.set(line.id, { record: line, done: null, undone: false });
    else if (rewind === undefined) continue;
    else if (line.type === "undone") rewind.undone = true;
    else rewind.done = { head: line.head };
  }
  return [...known.values()];
}

/** Resolves when the line would survive a power cut. */
export async function writeRewind({ files }: System, runtimeHome: string, threadId: string, line: Line): Promise<void> {
  files.makeDirectory(recordsFolder(runtimeHome), 0o700);
  const file = files.openAppend(pathOf(runtimeHome, threadId), 0o600);
  try {
    file.write(`\n${JSON.stringify(line)}`);
    await file.sync();
  } finally {
    file.close();
  }
}

export function dropRewinds({ files }: System, runtimeHome: string, threadId: string): void {
  files.remove(pathOf(runtimeHome, threadId));
}

/** The trees of a folder that rewinds need, so that they can be undone. */
export function treesOfRewinds(system: System, runtimeHome: string, folder: string): string[] {
  let names: string[];
  try {
    names = system.files.list(recordsFolder(runtimeHome));
  } catch {
    return [];
  }
  return names
    .flatMap((name) => readRecords(system, `${recordsFolder(runtimeHome)}/${name}`))
    .filter(({ record }) => record.at > system.clock.now() - keptDays * 86_400_000)
    .flatMap(({ record }) => record.folders)
    .flatMap((each) => (each.folder === folder ? [each.before.tree, each.after.tree] : []));
}
