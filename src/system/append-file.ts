import { closeSync, fdatasync, fstatSync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { AppendFile } from "./ports.ts";

const settled = (run: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

// Enough for a file in folders by year, month and day.
const newFolders = 4;

/** A new file survives a power cut only when the folders that name it do, which may be new themselves. */
async function syncFolders(path: string): Promise<void> {
  let folder = dirname(path);
  for (let level = 0; level < newFolders; level++, folder = dirname(folder)) {
    const descriptor = openSync(folder, "r");
    try {
      await settled((done) => fsync(descriptor, done));
    } finally {
      closeSync(descriptor);
    }
  }
}

export function openAppendFile(path: string, mode: number | undefined): AppendFile {
  const descriptor = openSync(path, "a", mode);
  let isNew = fstatSync(descriptor).size === 0;
  let open = true;
  return {
    path,
    size: () => fstatSync(descriptor).size,
    write(text) {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    },
    async sync() {
      await settled((done) => fdatasync(descriptor, done));
      if (isNew) await syncFolders(path);
      isNew = false;
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
