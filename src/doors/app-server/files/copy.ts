import { constants, type BigIntStats } from "node:fs";
import { chmod, copyFile, lstat, mkdir, open, readlink, realpath, stat, symlink } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { refused } from "../request-error.ts";
import { namesIn, pathOf, type RawPath } from "./raw-names.ts";

/** Copies a file, a link as a link, or with `recursive` a folder, whose pipes and devices are passed over. */
export async function copyPath(source: string, destination: string, recursive: boolean): Promise<void> {
  const found = await lstat(source, { bigint: true });
  if (found.isSymbolicLink()) return symlink(await readlink(source), destination);
  if (found.isFile()) return copyContent(source, destination, found);
  if (!found.isDirectory()) throw refused("fs/copy only supports regular files, directories, and symlinks");
  if (!recursive) throw refused("fs/copy requires recursive: true when sourcePath is a directory");
  const from = await realpath(source);
  const to = await realDestination(destination);
  if (to === from || to.startsWith(`${from === sep ? "" : from}${sep}`))
    throw refused("fs/copy cannot copy a directory to itself or one of its descendants");
  await mkdir(destination, { recursive: true });
  await copyFolder(Buffer.from(source), Buffer.from(destination));
}

/** Where a path that may not be there yet leads to. */
async function realDestination(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    return join(await realDestination(dirname(path)), path.slice(dirname(path).length));
  }
}

/** Step by step, not by recursion: trees can be deeper than a stack. */
async function copyFolder(source: RawPath, destination: RawPath): Promise<void> {
  const waiting = [{ source, destination }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of await namesIn(next.source)) {
      const from = pathOf(next.source, name);
      const to = pathOf(next.destination, name);
      const found = await lstat(from, { bigint: true });
      if (found.isSymbolicLink()) await symlink(await readlink(from, { encoding: "buffer" }), to);
      else if (found.isFile()) await copyContent(from, to, found);
      else if (found.isDirectory()) {
        await mkdir(to, { recursive: true });
        waiting.push({ source: from, destination: to });
      }
    }
  }
}

async function copyContent(source: RawPath | string, destination: RawPath | string, from: BigIntStats): Promise<void> {
  const there = await stat(destination, { bigint: true }).catch(() => null);
  // Over itself it would be emptied before it is read.
  if (there !== null && there.dev === from.dev && there.ino === from.ino) return;
  // A pipe would be waited for.
  if (there !== null && !there.isFile() && !there.isDirectory()) {
    const file = await open(destination, constants.O_WRONLY | constants.O_NONBLOCK);
    await file.close();
  }
  await copyFile(source, destination, constants.COPYFILE_FICLONE);
  await chmod(destination, Number(from.mode & 0o7777n)).catch(() => undefined);
}
