import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Replaces a file by way of a temporary one beside it; links are followed, an existing mode is kept (new: 0600, folders 0700). */
export function writeAtomically(path: string, text: string): void {
  replaceAtomically(path, text, () => true);
}

/** The same; false, with nothing replaced, when `still` says at the last moment that it should not be. */
export function replaceAtomically(path: string, text: string, still: () => boolean): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const existing = statSync(path, { throwIfNoEntry: false });
  const target = existing === undefined ? path : realpathSync(path);
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const descriptor = openSync(temporary, "wx", existing === undefined ? 0o600 : existing.mode & 0o777);
    try {
      // It goes on after a short write, which a disk that is nearly full may do.
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const replaces = still();
    if (replaces) renameSync(temporary, target);
    else rmSync(temporary);
    return replaces;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
