import { clientToolsIn } from "../protocol/codex-0.169/rollout-client-tools.ts";
import type { StoredThread, ThreadMeta } from "../kernel/journal-port.ts";
import { agentOriginOf } from "../protocol/codex-0.169/rollout-agents.ts";
import { type JsonObject, numberOr, objectOr, peekLine, stringOr } from "../protocol/codex-0.169/rollout.ts";
import type { FileSystem } from "../system/ports.ts";
import { resolveChain, type Segment } from "./chain.ts";
import { type Place, ThreadFold } from "./fold-thread.ts";
import { readLines } from "./lines/read-lines.ts";
import { nothingTold, type WriterState } from "./record-writer.ts";
import { type RolloutFile, segmentId } from "./rollout-files.ts";

export interface LoadedThread {
  thread: StoredThread;
  head: RolloutFile;
  /** Length of the head file when it was read. */
  size: number;
  /** Where the next line belongs: behind the last whole line. */
  goodSize: number;
  /** The last whole line has no newline yet. */
  newlineMissing: boolean;
  /** What follows it never got to the disk as a whole. */
  torn: boolean;
  state: WriterState;
  /** Behind the last line. */
  end: Place;
  turnEnds: ReadonlyMap<string, Place>;
}

const textOf = (meta: JsonObject, key: string): string => stringOr(meta[key]) ?? "";

function gitOf(meta: JsonObject): ThreadMeta["git"] {
  const git = objectOr(meta["git"]);
  if (!git) return null;
  const commitHash = stringOr(git["commit_hash"]);
  const branch = stringOr(git["branch"]);
  const repositoryUrl = stringOr(git["repository_url"]);
  return {
    ...(commitHash !== null && { commitHash }),
    ...(branch !== null && { branch }),
    ...(repositoryUrl !== null && { repositoryUrl }),
  };
}

export function metaOf(meta: JsonObject, file: RolloutFile): ThreadMeta {
  const instructions = meta["base_instructions"];
  return {
    id: file.threadId,
    path: file.path,
    createdAtMs: Date.parse(textOf(meta, "timestamp")) || 0,
    cwd: textOf(meta, "cwd"),
    originator: textOf(meta, "originator"),
    source: meta["source"] ?? null,
    agent: agentOriginOf(meta),
    modelProvider: stringOr(meta["model_provider"]),
    sessionId: stringOr(meta["session_id"]) ?? file.threadId,
    threadSource: stringOr(meta["thread_source"]),
    version: textOf(meta, "cli_version"),
    baseInstructions: stringOr(objectOr(instructions)?.["text"]) ?? stringOr(instructions),
    git: gitOf(meta),
    forkedFromId: stringOr(meta["forked_from_id"]),
    forkedFromOrdinal: numberOr(meta["forked_from_ordinal_exclusive"]),
    windowId: stringOr(objectOr(meta["context_window"])?.["window_id"]),
    clientTools: clientToolsIn(meta["dynamic_tools"]),
    legacy: meta["history_mode"] !== "paginated",
  };
}

type Tail = Pick<LoadedThread, "goodSize" | "newlineMissing" | "torn">;

function foldSegment(fold: ThreadFold, segment: Segment): Tail {
  const tail = { goodSize: 0, newlineMissing: false, torn: false };
  for (const line of readLines(segment.bytes, segment.end)) {
    tail.torn = line.complete
      ? line.text.includes("\0") && segment.endOrdinal === null && !wentOn(segment, line.end, fold.nextOrdinal)
      : !isWhole(line.text);
    if (tail.torn || !fold.add(line, segment.file, segment.endOrdinal)) break;
    tail.goodSize = line.end;
    tail.newlineMissing = !line.complete;
  }
  fold.endFile(segment.file.path);
  return tail;
}

/** Lines that can stand between the end of a turn and the start of the next. */
const betweenTurns = new Set([
  "thread_settings_applied",
  "turn_aborted",
  "function_call_output",
  "custom_tool_call_output",
  "tool_search_output",
]);

/**
 * Zeros where a line should be are what a power cut leaves of something that had not been synced; nothing behind them
 * was, then, and only what is before them is sound. Unless somebody, such as the real Codex, went on behind them: the
 * lines are numbered as if nothing were missing, or a turn began after work of another one, or a whole turn is there.
 * We sync before a turn begins, so that ours never leave the second, and the third next to never.
 */
function wentOn({ bytes, end }: Segment, from: number, nextOrdinal: number): boolean {
  const rest = { size: bytes.size - from, read: (start: number, to: number) => bytes.read(from + start, from + to) };
  let numbered = false;
  let worked = false;
  let begun = false;
  for (const { text } of readLines(rest, end - from)) {
    const head = peekLine(text);
    if (head === null) continue;
    if (!numbered && head.ordinal === nextOrdinal) return true;
    numbered ||= head.ordinal !== null;
    if (begun && head.payloadType === "task_complete") return true;
    if (worked && head.payloadType === "task_started") return true;
    begun ||= head.payloadType === "task_started";
    worked ||= !begun && !betweenTurns.has(head.payloadType ?? "");
  }
  return false;
}

/** Leaves out what lies behind the place. */
function cutAt(segments: readonly Segment[], place: Place): Segment[] {
  const at = segments.findIndex((segment) => segment.file.path === place.path);
  const last = segments[at];
  return last
    ? [...segments.slice(0, at), { ...last, end: place.endByte, endOrdinal: place.endOrdinal }]
    : [...segments];
}

/** A last line that only lacks its newline counts. */
function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Reads a thread with everything that it goes on from, up to `cut` when given. AgentError `thread_damaged`. */
export function loadThread(
  files: FileSystem,
  rollouts: readonly RolloutFile[],
  head: RolloutFile,
  name: string | null,
  cut?: Place,
): LoadedThread {
  const fold = new ThreadFold();
  const segments = resolveChain(files, rollouts, head, fold.warnings);
  const own = segments.at(-1)!;
  let tail: Tail = { goodSize: 0, newlineMissing: false, torn: false };
  for (const segment of cut ? cutAt(segments, cut) : segments) tail = foldSegment(fold, segment);
  const meta = metaOf(own.meta, head);
  const thread = fold.finish(meta, name);
  return {
    thread,
    head,
    size: own.bytes.size,
    ...tail,
    state: {
      ordinal: meta.legacy ? null : fold.nextOrdinal,
      sequence: fold.sequence,
      order: fold.order,
      turnOpens: false,
      failure: null,
      rootTurn: null,
      told: nothingTold,
    },
    end: fold.place ?? {
      path: head.path,
      segmentId: segmentId(head),
      endOrdinal: fold.nextOrdinal,
      endByte: tail.goodSize,
    },
    turnEnds: fold.turnEnds,
  };
}
