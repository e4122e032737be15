import type { System } from "../../system/ports.ts";
import { appendLine } from "../append-line.ts";
import type { Snapshot } from "./snapshot.ts";
import { rewindHome } from "./shadow-git.ts";

/** What a folder's log says; a line each. Times are milliseconds since the Unix epoch. */
export type SnapshotLine =
  | ({ type: "begin" | "end"; thread: string; turn: string; at: number } & Pick<Snapshot, "tree" | "empty">)
  /** The folder was not looked at before the turn changed something. */
  | { type: "missed"; thread: string; turn: string; at: number; why: string };

/** What a turn did to a folder, as far as snapshots tell. */
export interface TurnSnapshots {
  readonly thread: string;
  readonly turn: string;
  begin: (Pick<Snapshot, "tree" | "empty"> & { at: number }) | null;
  /** Null of a turn that was cut off. */
  end: (Pick<Snapshot, "tree" | "empty"> & { at: number }) | null;
  /** Why there is no beginning. */
  missed: string | null;
}

/** Snapshots older than this are forgotten. */
export const keptDays = 90;

const logOf = (home: string): string => `${home}/log.jsonl`;

/** Appends to the log of a folder's snapshots. */
export function writeLog(system: System, home: string, line: SnapshotLine): void {
  appendLine(system.files, logOf(home), line);
}

/** What the log says, in the order of the beginnings. Lines that cannot be read are passed over. */
export function readLog(system: System, home: string): TurnSnapshots[] {
  const turns = new Map<string, TurnSnapshots>();
  for (const line of readLines(system, home)) {
    const key = `${line.thread} ${line.turn}`;
    let known = turns.get(key);
    if (known === undefined) {
      known = { thread: line.thread, turn: line.turn, begin: null, end: null, missed: null };
      turns.set(key, known);
    }
    if (line.type === "missed") known.missed = line.why;
    else known[line.type] = { tree: line.tree, empty: line.empty, at: line.at };
  }
  return [...turns.values()];
}

function readLines(system: System, home: string): SnapshotLine[] {
  let text: string;
  try {
    text = system.files.readText(logOf(home));
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as SnapshotLine];
    } catch {
      return [];
    }
  });
}

/** When the first and the last line were written; null where there is none. Looks at little of the log. */
export function timesOf({ files }: System, home: string): { first: number; last: number } | null {
  const path = logOf(home);
  const size = files.stat(path)?.size ?? 0;
  if (size === 0) return null;
  const times = (start: number, end: number): number[] => {
    const piece = Buffer.from(files.readRange(path, Math.max(start, 0), Math.min(end, size))).toString("latin1");
    return [...piece.matchAll(/"at":(\d+)/g)].map(([, at]) => Number(at));
  };
  const first = times(0, 65_536)[0];
  const last = times(size - 2 ** 20, size).at(-1);
  return first === undefined || last === undefined ? null : { first, last };
}

/** The folders that have snapshots: where they lie, and where theirs are kept. */
export function coveredFolders(system: System, runtimeHome: string): { folder: string; home: string }[] {
  const { files } = system;
  let names: string[];
  try {
    names = files.list(rewindHome(runtimeHome));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const home = `${rewindHome(runtimeHome)}/${name}`;
    try {
      const { folder } = JSON.parse(files.readText(`${home}/place.json`)) as { folder: string };
      return [{ folder, home }];
    } catch {
      return [];
    }
  });
}

/** Every folder that an agent has worked in, as far as snapshots tell: no program is taken from there. */
export const workedIn = (system: System, runtimeHome: string): string[] =>
  coveredFolders(system, runtimeHome).map(({ folder }) => folder);

/** Leaves out threads that are gone, and what is old. Only while the folder's lock is held. Returns the trees that are left. */
export function trimLog(system: System, home: string, isGone: (thread: string) => boolean, nowMs: number): string[] {
  const lines = readLines(system, home);
  const kept = lines.filter(({ thread, at }) => !isGone(thread) && at > nowMs - keptDays * 86_400_000);
  if (kept.length < lines.length) {
    system.files.writeAtomic(logOf(home), kept.map((line) => `${JSON.stringify(line)}\n`).join(""), 0o600);
  }
  return kept.flatMap((line) => (line.type === "missed" ? [] : [line.tree]));
}
