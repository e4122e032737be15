import { AgentError } from "../../protocol/errors.ts";
import { formatRolloutLine, parseRolloutLine } from "../../protocol/codex-0.169/rollout.ts";
import { isoTime } from "../../protocol/codex-0.169/rollout-payloads.ts";
import { createIds } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { Place } from "../fold-thread.ts";
import { loadThread, type LoadedThread } from "../load-thread.ts";
import { openRollout, readLines } from "../lines/read-lines.ts";
import { generationsOf, listRollouts, newRolloutPath } from "../rollout-files.ts";
import { storing } from "../storage-error.ts";

/** Loads a thread with the places where its turns end. AgentError `thread_not_found`. */
export function loadForRevert({ files }: System, codexHome: string, threadId: string): LoadedThread {
  const rollouts = listRollouts(files, `${codexHome}/sessions`);
  const head = generationsOf(rollouts, threadId).at(-1);
  if (head === undefined) throw new AgentError("thread_not_found", `no rollout found for thread id ${threadId}`);
  const archived = listRollouts(files, `${codexHome}/archived_sessions`);
  return loadThread(files, [...rollouts, ...archived], head, null);
}

/**
 * Lets the thread go on from an earlier place, as Codex does it: a new file of the same thread, which names what comes before it;
 * null: nothing. No line is changed or removed. Returns the new file's path. Only while the thread is locked.
 */
export function writeGeneration(system: System, codexHome: string, loaded: LoadedThread, past: Place | null): string {
  const { files, clock } = system;
  if (loaded.thread.meta.legacy) {
    throw new AgentError(
      "not_supported",
      `Thread ${loaded.head.threadId} is of an old form in which nothing can be taken back; fork it instead (codex-agent fork), or take back its files alone (--files).`,
    );
  }
  const [first] = readLines(openRollout(files, loaded.head));
  const meta = first === undefined ? null : (parseRolloutLine(first.text)?.payload ?? null);
  if (meta === null) throw new AgentError("thread_damaged", `The thread file ${loaded.head.path} has no first line.`);
  const { history_base: _base, timestamp: _timestamp, ...kept } = meta;
  const now = clock.now();
  const generation = createIds(clock, system.random).uuid();
  const path = newRolloutPath(codexHome, `${loaded.head.threadId}_${generation}`, now);
  const base = past && {
    history_base: { thread_id: past.segmentId, end_ordinal_exclusive: past.endOrdinal, end_byte_offset: past.endByte },
  };
  const line = formatRolloutLine(isoTime(now), past?.endOrdinal ?? 0, "session_meta", {
    ...kept,
    timestamp: isoTime(now),
    ...base,
  });
  storing(path, () => {
    files.makeDirectory(path.slice(0, path.lastIndexOf("/")), 0o700);
    files.writeAtomic(path, line, 0o600);
  });
  return path;
}
