import type { FileHandle } from "node:fs/promises";

/** Characters of a line that are shown. */
export const lineLimit = 500;
/** Bytes of a line that are held: enough for the shown characters whatever their width. */
const heldBytes = lineLimit * 4;
const chunkBytes = 64 * 1024;
const sniffedBytes = 8 * 1024;

export interface Line {
  /** From 1. */
  number: number;
  /** Without its line break, cut to the limit. */
  text: string;
}

export class BinaryFileError extends Error {}

/**
 * The lines of a file, split at `\n` alone. Memory does not grow with the file or with the length of a line.
 * @throws {BinaryFileError} when there is a NUL byte among the first 8 KiB.
 */
export async function* readLines(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Line> {
  let number = 1;
  let held: Buffer[] = [];
  let heldLength = 0;
  let pending = false;
  const hold = (bytes: Buffer): void => {
    const part = bytes.subarray(0, heldBytes - heldLength);
    if (part.length > 0) held.push(part);
    heldLength += part.length;
  };
  const finish = (): Line => {
    const line = { number: number++, text: cut(Buffer.concat(held).toString("utf8")) };
    held = [];
    heldLength = 0;
    pending = false;
    return line;
  };
  for await (const chunk of chunks(handle, signal)) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      hold(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    if (start < chunk.length) {
      hold(chunk.subarray(start));
      pending = true;
    }
  }
  if (pending) yield finish();
}

async function* chunks(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    signal.throwIfAborted();
    // A new buffer each time: the lines that are held point into it.
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) return;
    const chunk = buffer.subarray(0, bytesRead);
    if (position === 0 && chunk.subarray(0, sniffedBytes).includes(0)) throw new BinaryFileError();
    position += bytesRead;
    yield chunk;
  }
}

function cut(text: string): string {
  const line = text.endsWith("\r") ? text.slice(0, -1) : text;
  if (line.length <= lineLimit) return line;
  const last = line.charCodeAt(lineLimit - 1);
  // Half of a surrogate pair is no character.
  return `${line.slice(0, last >= 0xd800 && last <= 0xdbff ? lineLimit - 1 : lineLimit)}…`;
}
