import { AgentError } from "../../protocol/errors.ts";
import type { RewindConflict, RewindReport, RewindScope } from "../../protocol/rewind.ts";
import type { StoredTurn } from "../../protocol/threads.ts";
import { createIds } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { LoadedThread } from "../load-thread.ts";
import { lockThread } from "../thread-lock.ts";
import { planFolder, putBack, recordFolder, stepsOf, tellConflicts, tellFiles, type FolderWork } from "./put-back.ts";
import { loadForRevert, writeGeneration } from "./revert-chat.ts";
import { type KnownRewind, readRewinds, type RewindRecord, writeRewind } from "./rewind-records.ts";
import { changesOfTurns, type TurnChanges } from "./turn-files.ts";

export interface RewindPlace {
  readonly system: System;
  readonly codexHome: string;
  readonly runtimeHome: string;
}

export interface RewindRequest {
  readonly threadId: string;
  /** Turns that are kept, or the id of the last of them. */
  readonly to: number | string;
  readonly scope: RewindScope;
  readonly preview: boolean;
  readonly overwrite: boolean;
}

/** Takes turns back. @throws AgentError what to tell the user; nothing was changed then. */
export async function rewindThread(place: RewindPlace, request: RewindRequest): Promise<RewindReport> {
  if (request.preview) return rewindLocked(place, request);
  return whileLocked(place, request.threadId, () => rewindLocked(place, request));
}

/** Nobody writes the thread meanwhile. An unknown one leaves no lock file behind. */
export async function whileLocked<Result>(
  { system, codexHome }: RewindPlace,
  threadId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  loadForRevert(system, codexHome, threadId);
  const lock = await lockThread(system, codexHome, threadId);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** @throws AgentError for turns that cannot be taken back: known before the thread is closed for it. */
export async function checkTarget(place: RewindPlace, request: RewindRequest): Promise<void> {
  await targetOf(place, request);
}

/** The turns that are to be taken back. */
async function targetOf(place: RewindPlace, { threadId, to, scope }: RewindRequest) {
  const loaded = loadForRevert(place.system, place.codexHome, threadId);
  const turns = loaded.thread.turns;
  const begun = await unfinishedRewind(place, threadId, loaded);
  const kept = turnsKept(turns, to);
  if (begun !== null && (begun.record.kept !== kept || begun.record.scope !== scope)) {
    const { record } = begun;
    throw new AgentError(
      "usage",
      `a rewind of this thread was cut off; finish it (codex-agent rewind ${threadId} --to ${record.kept} --${record.scope}) or take it back (--undo) first`,
    );
  }
  const dropped = turns.slice(kept).map((turn, at) => ({ turn, number: kept + at + 1 }));
  if (dropped.length === 0) {
    throw new AgentError(
      "usage",
      turns.length === 0
        ? "the thread has no turns, so there is nothing to take back"
        : `the thread has ${count(turns.length, "turn")}, so there is nothing to take back behind turn ${kept}`,
    );
  }
  if (scope !== "files") placeOfEnd(loaded, turns, kept);
  return { loaded, turns, begun, kept, dropped };
}

async function rewindLocked(place: RewindPlace, request: RewindRequest): Promise<RewindReport> {
  const { system, runtimeHome } = place;
  const { threadId, scope, overwrite } = request;
  const { loaded, turns, begun, kept, dropped } = await targetOf(place, request);
  const changes: TurnChanges =
    scope === "chat"
      ? { folders: [], gaps: [], notes: [] }
      : await changesOfTurns(system, runtimeHome, threadId, dropped);
  const work = await Promise.all(
    changes.folders.map(({ git, histories, now, first }) => planFolder(system, git, histories, now, first)),
  );
  const gaps = changes.gaps.map((why): RewindConflict => ({ folder: null, path: null, why, canOverwrite: true }));
  const report: RewindReport = {
    threadId,
    scope,
    kept,
    turns: dropped.map(({ turn }) => ({ turnId: turn.id, text: promptOf(turn) })),
    files: tellFiles(work, overwrite),
    conflicts: [...gaps, ...tellConflicts(work)],
    failed: [],
    notes: [...changes.notes, ...(begun === null ? [] : ["this rewind was cut off before, and is finished now"])],
    done: false,
  };
  if (request.preview || (report.conflicts.length > 0 && !overwrite)) return report;
  const record = begun?.record ?? (await recordOf(place, report, work, overwrite, loaded));
  if (begun === null) await writeRewind(system, runtimeHome, threadId, record);
  const failed = await putBack(system, work, overwrite);
  const head =
    scope === "files" ? null : writeGeneration(system, place.codexHome, loaded, placeOfEnd(loaded, turns, kept));
  await writeRewind(system, runtimeHome, threadId, { type: "done", id: record.id, head });
  return { ...report, failed, done: true };
}

async function recordOf(
  { system }: RewindPlace,
  report: RewindReport,
  work: readonly FolderWork[],
  overwrite: boolean,
  loaded: LoadedThread,
): Promise<RewindRecord> {
  const folders: RewindRecord["folders"][number][] = [];
  for (const each of work) if (stepsOf(each, overwrite).length > 0) folders.push(await recordFolder(each, overwrite));
  return {
    type: "started",
    id: createIds(system.clock, system.random).uuid(),
    at: system.clock.now(),
    scope: report.scope,
    kept: report.kept,
    turns: report.turns,
    folders,
    chat: report.scope === "files" ? null : loaded.end,
  };
}

/** A rewind that was begun and has not ended. One that only lacks its last word gets it. */
export async function unfinishedRewind(
  { system, runtimeHome }: RewindPlace,
  threadId: string,
  loaded: LoadedThread,
): Promise<KnownRewind | null> {
  const last = readRewinds(system, runtimeHome, threadId).at(-1);
  if (last === undefined || last.done !== null) return null;
  const { record } = last;
  // The conversation comes last: where it has been taken back, all the rest was.
  if (record.chat === null || loaded.head.path === record.chat.path) return last;
  await writeRewind(system, runtimeHome, threadId, { type: "done", id: record.id, head: loaded.head.path });
  return null;
}

/** Where the conversation has to end; null: before the first turn. */
function placeOfEnd(loaded: LoadedThread, turns: readonly StoredTurn[], kept: number): LoadedThread["end"] | null {
  if (kept === 0) return null;
  const place = loaded.turnEnds.get(turns[kept - 1]!.id);
  if (place !== undefined) return place;
  throw new AgentError(
    "not_supported",
    `the file of this thread does not say where turn ${kept} ends; fork the thread`,
  );
}

export function turnsKept(turns: readonly StoredTurn[], to: number | string): number {
  if (typeof to === "number") {
    if (to <= turns.length) return to;
    throw new AgentError("turn_not_found", `the thread has ${count(turns.length, "turn")}; ${to} cannot be kept`);
  }
  const at = turns.findIndex(({ id }) => id === to);
  if (at < 0)
    throw new AgentError("turn_not_found", `the thread has no turn ${to}; codex-agent sessions show lists them`);
  return at + 1;
}

export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

export function promptOf({ items }: StoredTurn): string {
  const prompt = items.find((item) => item.type === "userMessage");
  return (prompt?.content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
