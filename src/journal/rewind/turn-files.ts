import { messageOf } from "../../protocol/errors.ts";
import type { StoredTurn } from "../../protocol/threads.ts";
import type { System } from "../../system/ports.ts";
import { compare, type History, joined } from "./changes.ts";
import { ShadowGit } from "./shadow-git.ts";
import { coveredFolders, readLog, workedIn, type TurnSnapshots } from "./snapshot-log.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** What turns did to one folder. */
export interface FolderChanges {
  readonly git: ShadowGit;
  readonly histories: readonly History[];
  /** As the first of the turns found it. */
  readonly first: Pick<Snapshot, "tree" | "empty">;
  /** As it is now. */
  readonly now: Snapshot;
}

export interface TurnChanges {
  readonly folders: readonly FolderChanges[];
  /** What cannot be known of the turns' files. */
  readonly gaps: readonly string[];
  readonly notes: readonly string[];
}

const effects = new Set(["commandExecution", "fileChange", "mcpToolCall"]);

/** What turns did to files. `numbers` are how the turns are called. */
export async function changesOfTurns(
  system: System,
  runtimeHome: string,
  threadId: string,
  turns: readonly { turn: StoredTurn; number: number }[],
): Promise<TurnChanges> {
  const gaps: string[] = [];
  const notes: string[] = [];
  const folders: FolderChanges[] = [];
  const seen = new Set<string>();
  const missed = new Map<string, string>();
  for (const { folder, home } of coveredFolders(system, runtimeHome)) {
    const log = readLog(system, home);
    const known = turns.flatMap(({ turn }) => log.filter((each) => each.turn === turn.id).slice(-1));
    for (const each of known) {
      seen.add(each.turn);
      if (each.missed !== null) missed.set(each.turn, each.missed);
    }
    if (!known.some(({ begin }) => begin !== null)) continue;
    try {
      const changes = await changesIn(system, runtimeHome, folder, known, log);
      if (typeof changes === "string") gaps.push(`${folder}: ${changes}`);
      else folders.push(changes);
      notes.push(...othersIn(folder, known, log, threadId));
    } catch (error) {
      gaps.push(messageOf(error));
    }
  }
  for (const { turn, number } of turns) {
    const why = missed.get(turn.id);
    if (why !== undefined) gaps.push(`the files of turn ${number} were not looked at before it began: ${why}`);
    else if (!seen.has(turn.id) && turn.items.some(({ type }) => effects.has(type))) {
      gaps.push(`turn ${number} ran tools while no snapshots were taken, so nobody knows which files it changed`);
    }
  }
  const left = folders.flatMap(({ now }) => now.leftOut);
  if (left.length > 0) {
    const names = left.slice(0, 3).map(({ path }) => path);
    notes.push(
      `${left.length} ${left.length === 1 ? "file is" : "files are"} not covered (over 10 MiB, or unreadable): ${names.join(", ")}${left.length > 3 ? ", ..." : ""}`,
    );
  }
  return { folders, gaps, notes };
}

async function changesIn(
  system: System,
  runtimeHome: string,
  folder: string,
  turns: readonly TurnSnapshots[],
  log: readonly TurnSnapshots[],
): Promise<FolderChanges | string> {
  const git = ShadowGit.open(system, runtimeHome, folder, workedIn(system, runtimeHome));
  if (system.files.stat(folder)?.kind !== "directory") return "the folder is not there any more";
  const taken = await takeSnapshot(git, system);
  if (taken.type === "not covered") return taken.why;
  const now = taken.snapshot;
  const whole = turns.flatMap(({ begin, end, turn }) => {
    if (begin === null) return [];
    // Of a turn that was cut off: whoever looked next saw the least of what came later.
    const next = log.find((each) => each.begin !== null && each.turn !== turn && each.begin.at > begin.at);
    return [{ begin, end: end ?? next?.begin ?? now, unsure: end === null }];
  });
  const changes = await compare(
    git,
    whole.map(({ begin, end }) => [begin, end] as const),
  );
  const histories = joined(whole.map(({ unsure }, at) => ({ changes: changes[at]!, unsure })));
  return { git, histories, first: whole[0]!.begin, now };
}

/** Says which other threads worked in the folder at the same time. */
function othersIn(
  folder: string,
  turns: readonly TurnSnapshots[],
  log: readonly TurnSnapshots[],
  threadId: string,
): string[] {
  const own = new Set(turns.map(({ turn }) => turn));
  const others = new Set<string>();
  for (const { begin, end } of turns) {
    for (const other of log) {
      if (own.has(other.turn) || other.thread === threadId || begin === null || other.begin === null) continue;
      const overlap = other.begin.at < (end?.at ?? Infinity) && (other.end?.at ?? other.begin.at) > begin.at;
      if (overlap) others.add(other.thread);
    }
  }
  return [...others].map(
    (thread) => `thread ${thread} worked in ${folder} at the same time: what it changed counts as this thread's`,
  );
}
