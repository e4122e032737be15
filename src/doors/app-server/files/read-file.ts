import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { refused } from "../request-error.ts";

/** Codex's limit is 512 MiB; in base64 a little less is the longest string that Node can hold. */
const limit = 384 * 2 ** 20;

/** The whole of a regular file, links followed. Never waits for whoever should write into a pipe. */
export async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw refused(`path \`${path}\` is not a file`);
    if (stat.size > limit) throw tooLarge();
    return await contentOf(file);
  } finally {
    await file.close();
  }
}

/** Of some files (`/proc`) the size is only known at their end; others grow while they are read. */
async function contentOf(file: FileHandle): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let total = 0;
  for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
    pieces.push(piece as Buffer);
    total += (piece as Buffer).length;
    if (total > limit) throw tooLarge();
  }
  return Buffer.concat(pieces, total);
}

const tooLarge = (): Error => refused(`file is too large to read: limit is ${limit} bytes`);
