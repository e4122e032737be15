import type { AuditEntry, AuditThread } from "../../protocol/audit.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { agentOriginOf } from "../../protocol/codex-0.169/rollout-agents.ts";
import { parseRolloutLine, stringOr } from "../../protocol/codex-0.169/rollout.ts";
import type { System } from "../../system/ports.ts";
import { metaOf } from "../load-thread.ts";
import { openRollout, readLines } from "../lines/read-lines.ts";
import { rewindHistory } from "../rewind/rewind-records.ts";
import { generationsOf, allRollouts, type RolloutFile } from "../rollout-files.ts";
import { AuditFold, entryOf } from "./audit-fold.ts";

export interface AuditHomes {
  readonly codex: string;
  readonly runtime: string;
}

/** At a time; who wants to see an older one names it. */
const mostThreads = 100;

/**
 * What threads did, from their own files: all of these, also what a rewind has taken out of the conversation. With an id, that
 * thread and its sub-agents; else the newest ones of the home. @throws AgentError `thread_not_found`
 */
export function readAudit(
  system: System,
  homes: AuditHomes,
  threadId: string | null,
): { threads: AuditThread[]; older: number } {
  const { files } = system;
  const rollouts = allRollouts(files, homes.codex);
  const all = new Map(rollouts.toSorted(byStart).map((file) => [file.threadId, file]));
  if (threadId !== null && !all.has(threadId)) {
    throw new AgentError("thread_not_found", `no rollout found for thread id ${threadId}`);
  }
  const from = threadId === null ? [...all.keys()].slice(-mostThreads) : [...all.keys()];
  const read = new Map<string, AuditThread>();
  const parents = new Map(from.map((id) => [id, parentOf(all.get(id)!, system)]));
  const wanted = threadId === null ? from : family(threadId, parents);
  for (const id of wanted) {
    const thread = readThread(generationsOf(rollouts, id), system);
    thread.entries.push(...rewindsOf(id, homes, system));
    thread.entries.sort((one, other) => (one.atMs ?? 0) - (other.atMs ?? 0));
    read.set(id, thread);
  }
  return { threads: underParents([...read.values()]), older: threadId === null ? all.size - from.length : 0 };
}

const byStart = (one: RolloutFile, other: RolloutFile): number =>
  one.started === other.started ? (one.threadId < other.threadId ? -1 : 1) : one.started < other.started ? -1 : 1;

/** A thread and everything below it. */
function family(root: string, parents: ReadonlyMap<string, string | null>): string[] {
  const found = new Set([root]);
  // Sub-agents are made after their parents.
  for (const [id, parent] of parents) if (parent !== null && found.has(parent)) found.add(id);
  return [...found];
}

/** Each thread, followed by those of its sub-agents; those that are their own parents in the end stand behind all others. */
function underParents(threads: readonly AuditThread[]): AuditThread[] {
  const ids = new Set(threads.map(({ id }) => id));
  const children = Map.groupBy(threads, ({ parentThreadId }) =>
    parentThreadId !== null && ids.has(parentThreadId) ? parentThreadId : null,
  );
  const told = new Set<AuditThread>();
  const tell = (thread: AuditThread): void => {
    if (told.has(thread)) return;
    told.add(thread);
    children.get(thread.id)?.forEach(tell);
  };
  children.get(null)?.forEach(tell);
  threads.forEach(tell);
  return [...told];
}

/** Of a sub-agent; only the first line is read. */
function parentOf(file: RolloutFile, { files }: System): string | null {
  try {
    const [first] = readLines(openRollout(files, file));
    const meta = first === undefined ? null : parseRolloutLine(first.text);
    return meta?.type === "session_meta" ? (agentOriginOf(meta.payload)?.parentThreadId ?? null) : null;
  } catch {
    return null;
  }
}

function readThread(files: readonly RolloutFile[], system: System): AuditThread {
  const fold = new AuditFold();
  const [first] = files;
  const thread: AuditThread = {
    id: first!.threadId,
    path: first!.path,
    cwd: "",
    source: "unknown",
    createdAtMs: null,
    parentThreadId: null,
    agent: null,
    entries: fold.entries,
    warnings: [],
  };
  for (const file of files) {
    let damaged = 0;
    try {
      for (const { text, complete } of readLines(openRollout(system.files, file))) {
        const line = parseRolloutLine(text);
        if (line === null && complete) damaged++;
        else if (line === null) thread.warnings.push(`The last line of ${file.path} was cut off while it was written.`);
        else if (line.type === "session_meta" && file === first) Object.assign(thread, headOf(line.payload, file));
        else if (line.type !== "session_meta") fold.add(line);
      }
    } catch (error) {
      thread.warnings.push(messageOf(error));
    }
    if (damaged > 0) {
      thread.warnings.push(
        `${damaged} ${damaged === 1 ? "line" : "lines"} of ${file.path} cannot be read, and may have told more.`,
      );
    }
  }
  return thread;
}

function headOf(payload: Record<string, unknown>, file: RolloutFile): Partial<AuditThread> {
  const meta = metaOf(payload, file);
  return {
    cwd: meta.cwd,
    source: meta.agent !== null ? "agent" : (stringOr(meta.source) ?? "unknown"),
    createdAtMs: meta.createdAtMs || null,
    parentThreadId: meta.agent?.parentThreadId ?? null,
    agent: meta.agent === null ? null : (meta.agent.path ?? meta.agent.nickname),
  };
}

function rewindsOf(threadId: string, { runtime }: AuditHomes, system: System): AuditEntry[] {
  return rewindHistory(system, runtime, threadId).map(({ record, done, undone }) =>
    entryOf({
      kind: "rewind",
      atMs: record.at,
      what: `rewind to ${record.kept} ${record.kept === 1 ? "turn" : "turns"} (${record.scope})`,
      outcome: undone ? "undone" : done === null ? "not finished" : "done",
      decision: "allow",
      by: "person",
    }),
  );
}
