import type { FileSystem } from "../system/ports.ts";

/** A rollout on disk, as its name tells. */
export interface RolloutFile {
  path: string;
  threadId: string;
  /** Null for the file that a thread began with; a UUIDv7 for each one that a revert made. */
  generation: string | null;
  /** Local start time in the name: `YYYY-MM-DDTHH-MM-SS`. */
  started: string;
  compressed: boolean;
}

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const namePattern = new RegExp(
  `^rollout-(\\d{4}-\\d{2}-\\d{2}T\\d{2}-\\d{2}-\\d{2})-(${uuid})(?:_(${uuid}))?\\.jsonl(\\.zst)?$`,
);

export function parseRolloutName(directory: string, name: string): RolloutFile | null {
  const found = namePattern.exec(name);
  if (!found) return null;
  return {
    path: `${directory}/${name}`,
    threadId: found[2]!,
    generation: found[3] ?? null,
    started: found[1]!,
    compressed: found[4] !== undefined,
  };
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Where a thread that starts now is kept. The name holds local time, which is what Codex does. */
export function newRolloutPath(home: string, threadId: string, nowMs: number): string {
  const now = new Date(nowMs);
  const year = String(now.getFullYear()).padStart(4, "0");
  const [month, day] = [two(now.getMonth() + 1), two(now.getDate())];
  const time = `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
  return `${home}/sessions/${year}/${month}/${day}/rollout-${year}-${month}-${day}T${time}-${threadId}.jsonl`;
}

// sessions/YYYY/MM/DD is the usual depth; a file may also lie directly in sessions/.
const deepest = 4;

/** Every rollout below the folder; of a file and its compressed copy, the file. */
export function listRollouts(files: FileSystem, folder: string): RolloutFile[] {
  const found = new Map<string, RolloutFile>();
  const walk = (directory: string, depth: number): void => {
    let names: string[];
    try {
      names = files.list(directory);
    } catch {
      return;
    }
    for (const name of names) {
      const file = parseRolloutName(directory, name);
      if (file) {
        const key = file.compressed ? file.path.slice(0, -".zst".length) : file.path;
        if (!file.compressed || !found.has(key)) found.set(key, file);
      } else if (depth < deepest && !name.includes(".")) {
        walk(`${directory}/${name}`, depth + 1);
      }
    }
  };
  walk(folder, 0);
  return [...found.values()];
}

/** The id by which a `history_base` names a file: its generation's, or its thread's when it is the first file. */
export const segmentId = (file: RolloutFile): string => file.generation ?? file.threadId;

/** Oldest first. Generations are UUIDv7 and sort by their time. */
export function byGeneration(a: RolloutFile, b: RolloutFile): number {
  const [left, right] = [a.generation ?? "", b.generation ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return a.path < b.path ? -1 : 1;
}

/** The files of one thread, oldest generation first. */
export const generationsOf = (rollouts: readonly RolloutFile[], threadId: string): RolloutFile[] =>
  rollouts.filter((file) => file.threadId === threadId).sort(byGeneration);

/** Every rollout below a home, those that were put away among them. */
export const allRollouts = (files: FileSystem, codexHome: string): RolloutFile[] =>
  ["sessions", "archived_sessions"].flatMap((folder) => listRollouts(files, `${codexHome}/${folder}`));
