import { closeSync, fdatasync, fstatSync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { AppendFile } from "./ports.ts";

const settled = (run: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

// The file's own, those by day, month and year, `sessions`, the home, and the folder that holds the home.
const foldersAbove = 6;

// Not ours to read, or on a file system whose folders cannot be synced: what can be done has been done.
const passedOver = new Set(["EACCES", "EPERM", "EINVAL", "ENOTSUP"]);

async function syncFolder(folder: string): Promise<void> {
  try {
    const descriptor = openSync(folder, "r");
    try {
      await settled((done) => fsync(descriptor, done));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!passedOver.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** A file survives a power cut only when the names that lead to it do. */
async function syncFolders(path: string): Promise<void> {
  const folders: string[] = [];
  for (let folder = dirname(path); folders.length < foldersAbove; folder = dirname(folder)) folders.push(folder);
  // Two at a time: Node has four threads, and looks up host names in them, too.
  const rest = folders.values();
  await Promise.all(
    [rest, rest].map(async () => {
      for (const folder of rest) await syncFolder(folder);
    }),
  );
}

export function openAppendFile(path: string, mode: number | undefined): AppendFile {
  const descriptor = openSync(path, "a", mode);
  // Whoever made the file may have ended before it synced anything.
  let naming: Promise<void> | null = null;
  const name = (): Promise<void> => (naming ??= syncFolders(path));
  let open = true;
  return {
    path,
    size: () => fstatSync(descriptor).size,
    write(text) {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
      // The names are there already, so that nobody has to wait for them later; whoever syncs tries what failed again.
      if (naming === null) name().catch(() => (naming = null));
    },
    async sync() {
      await settled((done) => fdatasync(descriptor, done));
      try {
        await name();
      } catch (error) {
        naming = null;
        throw error;
      }
    },
    truncate(length) {
      ftruncateSync(descriptor, length);
      fsyncSync(descriptor);
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
