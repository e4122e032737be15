import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { FileSystem } from "../../system/ports.ts";
import { decompressZstd } from "../../system/zstd.ts";
import type { RolloutFile } from "../rollout-files.ts";

/** The bytes of a rollout, whether or not it is compressed. */
export interface RolloutBytes {
  readonly size: number;
  read(start: number, end: number): Uint8Array;
}

/** AgentError `thread_damaged` for a compressed file that cannot be unpacked. */
export function openRollout(files: FileSystem, file: RolloutFile): RolloutBytes {
  if (file.compressed) {
    const content = unpack(files, file.path);
    return { size: content.length, read: (start, end) => content.subarray(start, end) };
  }
  const size = files.stat(file.path)?.size ?? 0;
  return { size, read: (start, end) => files.readRange(file.path, start, end) };
}

function unpack(files: FileSystem, path: string): Uint8Array {
  const packed = files.readBytes(path);
  try {
    return decompressZstd(packed);
  } catch (cause) {
    const message = `The thread file ${path} cannot be unpacked: ${messageOf(cause)}.`;
    throw new AgentError("thread_damaged", message, { cause, details: { path } });
  }
}

export interface FileLine {
  text: string;
  start: number;
  /** Behind the newline. */
  end: number;
  /** False for a last line without a newline. */
  complete: boolean;
}

const newline = 0x0a;
const chunkBytes = 2 ** 20;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The lines of the first `end` bytes, empty ones left out. Holds one chunk of `step` bytes and one line at a time. */
export function* readLines(bytes: RolloutBytes, end: number = bytes.size, step = chunkBytes): Generator<FileLine> {
  // A long line arrives in pieces, which are joined once, when its end is met.
  let pieces: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < end; at += step) {
    const chunk = asBuffer(bytes.read(at, Math.min(end, at + step)));
    let from = 0;
    for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
      const last = chunk.subarray(from, to);
      const text = (pieces.length > 0 ? Buffer.concat([...pieces, last]) : last).toString("utf8");
      pieces = [];
      from = to + 1;
      const lineStart = start;
      start = at + from;
      if (text.trim() !== "") yield { text, start: lineStart, end: start, complete: true };
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  }
  if (pieces.length === 0) return;
  const text = Buffer.concat(pieces).toString("utf8");
  if (text.trim() !== "") yield { text, start, end, complete: false };
}
