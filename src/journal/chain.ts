import { AgentError } from "../protocol/errors.ts";
import {
  codexLineTypes,
  type JsonObject,
  numberOr,
  objectOr,
  parseRolloutLine,
  stringOr,
} from "../protocol/codex-0.169/rollout.ts";
import type { HistoryBase } from "../protocol/codex-0.169/rollout-payloads.ts";
import type { FileSystem } from "../system/ports.ts";
import { openRollout, readLines, type RolloutBytes } from "./lines/read-lines.ts";
import { type RolloutFile, segmentId } from "./rollout-files.ts";

/** A file of a thread's past, with how much of it counts. */
export interface Segment {
  file: RolloutFile;
  bytes: RolloutBytes;
  meta: JsonObject;
  /** Bytes that count. */
  end: number;
  /** Lines from this ordinal on do not count; null in the thread's own file. */
  endOrdinal: number | null;
}

// A chain this long is no work of a user's hands.
const longestChain = 256;

const damaged = (path: string, what: string): AgentError =>
  new AgentError("thread_damaged", `The thread file ${path} cannot be used: ${what}.`, { details: { path } });

function readMeta(file: RolloutFile, bytes: RolloutBytes): JsonObject {
  for (const line of readLines(bytes)) {
    const parsed = parseRolloutLine(line.text);
    if (parsed?.type === "session_meta") return parsed.payload;
    if (parsed && codexLineTypes.has(parsed.type)) break;
    if (!parsed) break;
  }
  throw damaged(file.path, "its first line is not a session_meta");
}

export function historyBaseOf(meta: JsonObject): HistoryBase | null {
  const base = objectOr(meta["history_base"]);
  const segment = base && stringOr(base["thread_id"]);
  const endOrdinal = base && numberOr(base["end_ordinal_exclusive"]);
  if (base === null || segment === null || endOrdinal === null) return null;
  return { segmentId: segment, endOrdinal, endByte: numberOr(base["end_byte_offset"]) ?? Number.MAX_SAFE_INTEGER };
}

/** Does the file hold the lines that the base counts, with a line's end at its offset? */
function fits(bytes: RolloutBytes, base: HistoryBase): boolean {
  if (base.endByte > bytes.size || base.endByte < 1) return false;
  const from = Math.max(0, base.endByte - 2 ** 22);
  const tail = Buffer.from(bytes.read(from, base.endByte)).toString("utf8");
  if (!tail.endsWith("\n")) return false;
  let end = tail.length - 1;
  while (end > 0) {
    const start = tail.lastIndexOf("\n", end - 1) + 1;
    const line = parseRolloutLine(tail.slice(start, end));
    if (line && line.ordinal !== null) return line.ordinal === base.endOrdinal - 1;
    end = start - 1;
  }
  return false;
}

/** The file that a base names; of several copies, the one that holds the place where the base ends. */
function findBase(
  files: FileSystem,
  rollouts: readonly RolloutFile[],
  base: HistoryBase,
): { file: RolloutFile; bytes: RolloutBytes; exact: boolean } | null {
  let found: { file: RolloutFile; bytes: RolloutBytes; exact: boolean } | null = null;
  for (const file of rollouts) {
    if (segmentId(file) !== base.segmentId) continue;
    const bytes = openRollout(files, file);
    found = { file, bytes, exact: fits(bytes, base) };
    if (found.exact) break;
  }
  return found;
}

/**
 * The files that make up the thread of `head`, oldest first, `head` last. AgentError `thread_damaged` when one is
 * missing, when they name each other in a circle, or when the chain has no end.
 */
export function resolveChain(
  files: FileSystem,
  rollouts: readonly RolloutFile[],
  head: RolloutFile,
  warnings: string[],
): Segment[] {
  const bytes = openRollout(files, head);
  const segments: Segment[] = [{ file: head, bytes, meta: readMeta(head, bytes), end: bytes.size, endOrdinal: null }];
  const seen = new Set([head.path]);
  for (;;) {
    const first = segments[0]!;
    const base = historyBaseOf(first.meta);
    if (base === null) return segments;
    const found = findBase(files, rollouts, base);
    if (!found) throw damaged(first.file.path, `it goes on from ${base.segmentId}, whose file is missing`);
    const { file, bytes: past, exact } = found;
    if (seen.has(file.path)) throw damaged(first.file.path, "its past leads back to itself");
    if (segments.length >= longestChain) {
      throw damaged(head.path, `its past is spread over more than ${longestChain} files`);
    }
    seen.add(file.path);
    // The ordinals alone say where the past ends when the offset is not that of a line.
    if (!exact) {
      warnings.push(
        `${file.path} has changed since thread ${first.file.threadId} was made from it; the first ${base.endOrdinal} lines are used as far as they are there.`,
      );
    }
    segments.unshift({
      file,
      bytes: past,
      meta: readMeta(file, past),
      end: exact ? base.endByte : past.size,
      endOrdinal: base.endOrdinal,
    });
  }
}
