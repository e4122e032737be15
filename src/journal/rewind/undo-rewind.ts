import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { RewindConflict, RewindReport } from "../../protocol/rewind.ts";
import { compare } from "./changes.ts";
import { planFolder, putBack, tellConflicts, tellFiles, type FolderWork } from "./put-back.ts";
import { loadForRevert, writeGeneration } from "./revert-chat.ts";
import { readRewinds, writeRewind } from "./rewind-records.ts";
import { count, unfinishedRewind, whileLocked, type RewindPlace, type RewindRequest } from "./rewind-thread.ts";
import { ShadowGit } from "./shadow-git.ts";
import { workedIn } from "./snapshot-log.ts";
import { takeSnapshot } from "./snapshot.ts";

/** Takes the last rewind of a thread back, one that was cut off too. @throws AgentError; nothing was changed then. */
export async function undoRewind(
  place: RewindPlace,
  request: Pick<RewindRequest, "threadId" | "preview" | "overwrite">,
): Promise<RewindReport> {
  if (request.preview) return undoLocked(place, request);
  return whileLocked(place, request.threadId, () => undoLocked(place, request));
}

/** @throws AgentError where nothing can be undone: known before the thread is closed for it. */
export async function checkLastRewind(place: RewindPlace, threadId: string): Promise<void> {
  await lastRewind(place, threadId);
}

async function lastRewind(place: RewindPlace, threadId: string) {
  const { system, codexHome, runtimeHome } = place;
  const loaded = loadForRevert(system, codexHome, threadId);
  await unfinishedRewind(place, threadId, loaded);
  const last = readRewinds(system, runtimeHome, threadId).at(-1);
  if (last === undefined)
    throw new AgentError("usage", "nothing of this thread was taken back, so there is nothing to undo");
  return { loaded, last };
}

async function undoLocked(
  place: RewindPlace,
  { threadId, preview, overwrite }: Pick<RewindRequest, "threadId" | "preview" | "overwrite">,
): Promise<RewindReport> {
  const { system, codexHome, runtimeHome } = place;
  const { loaded, last } = await lastRewind(place, threadId);
  const { record, done } = last;
  const conflicts: RewindConflict[] = [];
  const work: FolderWork[] = [];
  for (const { folder, before, after } of record.folders) {
    try {
      const git = ShadowGit.open(system, runtimeHome, folder, workedIn(system, runtimeHome));
      const taken = await takeSnapshot(git, system);
      if (taken.type === "not covered") throw new AgentError("not_supported", `${folder}: ${taken.why}`);
      const [changes = []] = await compare(git, [[before, after]]);
      const histories = changes.map((change) => ({
        ...change,
        left: new Set([change.after]),
        touched: false,
        unsure: false,
      }));
      work.push(await planFolder(system, git, histories, taken.snapshot, before));
    } catch (error) {
      conflicts.push({ folder, path: null, why: messageOf(error), canOverwrite: true });
    }
  }
  const later = loaded.thread.turns.length - record.kept;
  const moved = done?.head !== null && done !== null && done.head !== loaded.head.path;
  if (done?.head && (later > 0 || moved)) {
    const why = `the thread went on since (${count(Math.max(later, 0), "turn")}): its conversation would be lost from sight`;
    conflicts.push({ folder: null, path: null, why, canOverwrite: true });
  }
  const report: RewindReport = {
    threadId,
    scope: record.scope,
    kept: record.kept + record.turns.length,
    turns: [...record.turns],
    files: tellFiles(work, overwrite),
    conflicts: [...conflicts, ...tellConflicts(work)],
    failed: [],
    notes: [],
    done: false,
  };
  if (preview || (report.conflicts.length > 0 && !overwrite)) return report;
  const failed = await putBack(system, work, overwrite);
  // One that was cut off before the conversation's turn came has changed nothing of it.
  if (done?.head && record.chat !== null) writeGeneration(system, codexHome, loaded, record.chat);
  await writeRewind(system, runtimeHome, threadId, { type: "undone", id: record.id });
  return { ...report, failed, done: true };
}
