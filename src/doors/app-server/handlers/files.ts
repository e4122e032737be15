import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rm, rmdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ClientMethod } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { absolutePath } from "../absolute-path.ts";
import { bytesOfBase64 } from "../base64.ts";
import type { Connection } from "../connection.ts";
import { copyPath } from "../files/copy.ts";
import { readWhole } from "../files/read-file.ts";
import { Watches } from "../files/watches.ts";
import { osFault } from "../os-error.ts";
import { refused } from "../request-error.ts";
import type { Handlers } from "./handlers.ts";

type Methods = Extract<ClientMethod, `fs/${string}`>;

const watches = new WeakMap<Connection, Watches>();

function watchesOf(connection: Connection): Watches {
  let found = watches.get(connection);
  if (found === undefined) {
    const made = new Watches((watchId, changedPaths) =>
      connection.notify({ method: "fs/changed", params: { watchId, changedPaths } }),
    );
    connection.onGone(() => made.removeAll());
    watches.set(connection, made);
    found = made;
  }
  return found;
}

/** What the system refuses is answered in its words. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw osFault(error);
  }
}

async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  // In place, as Codex does: links, rights and hard links stay. A pipe that nobody reads is an error at once.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK | constants.O_NOCTTY;
  const file = await open(path, flags, 0o666);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

async function removePath(path: string, recursive: boolean, force: boolean): Promise<void> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory()) await unlink(path);
    else if (recursive) await rm(path, { recursive: true });
    else await rmdir(path);
  } catch (error) {
    if (force && (error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
}

async function metadataOf(path: string): Promise<{
  isDirectory: boolean;
  isFile: boolean;
  isSymlink: boolean;
  createdAtMs: number;
  modifiedAtMs: number;
}> {
  const [found, link] = [await stat(path), await lstat(path)];
  return {
    isDirectory: found.isDirectory(),
    isFile: found.isFile(),
    isSymlink: link.isSymbolicLink(),
    createdAtMs: Math.floor(found.birthtimeMs),
    modifiedAtMs: Math.floor(found.mtimeMs),
  };
}

/** Entries whose target is there. */
async function entriesOf(path: string): Promise<{ fileName: string; isDirectory: boolean; isFile: boolean }[]> {
  const entries: { fileName: string; isDirectory: boolean; isFile: boolean }[] = [];
  for (const entry of await readdir(path, { withFileTypes: true, encoding: "buffer" })) {
    const link = entry.isSymbolicLink();
    const raw = Buffer.concat([Buffer.from(join(path, "/")), entry.name]);
    const found = link ? await stat(raw).catch(() => null) : entry;
    const fileName = entry.name.toString("utf8");
    if (found !== null) entries.push({ fileName, isDirectory: found.isDirectory(), isFile: found.isFile() });
  }
  return entries;
}

export const files: Handlers<Methods> = {
  async "fs/readFile"({ path }) {
    const bytes = await told(readWhole(absolutePath(path)));
    return { dataBase64: bytes.toString("base64") };
  },

  async "fs/writeFile"({ path, dataBase64 }) {
    const target = absolutePath(path);
    const bytes = bytesOfBase64(dataBase64);
    if ("problem" in bytes) throw refused(`fs/writeFile requires valid base64 dataBase64: ${bytes.problem}`);
    await told(writeWhole(target, bytes));
    return {};
  },

  async "fs/createDirectory"({ path, recursive }) {
    await told(mkdir(absolutePath(path), { recursive: recursive ?? true }));
    return {};
  },

  "fs/getMetadata": ({ path }) => told(metadataOf(absolutePath(path))),

  async "fs/readDirectory"({ path }) {
    return { entries: await told(entriesOf(absolutePath(path))) };
  },

  async "fs/remove"({ path, recursive, force }) {
    await told(removePath(absolutePath(path), recursive ?? true, force ?? true));
    return {};
  },

  async "fs/copy"({ sourcePath, destinationPath, recursive }) {
    await told(copyPath(absolutePath(sourcePath), absolutePath(destinationPath), recursive === true));
    return {};
  },

  async "fs/watch"({ path, watchId }, { connection }) {
    const watched = absolutePath(path);
    await told(watchesOf(connection).add(watchId, watched));
    return { path: watched };
  },

  async "fs/unwatch"({ watchId }, { connection }) {
    watchesOf(connection).remove(watchId);
    return {};
  },
};
