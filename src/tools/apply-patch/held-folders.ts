import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** linux/fcntl.h; also of folders that may not be listed. */
const O_PATH = 0x200000;

/** The files are no longer as they were when the patch was planned. */
export class Conflict extends Error {}

/**
 * Folders held open by descriptors, so that no link that somebody puts into a path between a look and a write leads that
 * write elsewhere. Where the system does not show what a descriptor stands for, paths are taken as they are.
 */
export class HeldFolders {
  readonly #held = new Map<string, number>();

  /**
   * The file of a path without links, as a path that stays with its folder.
   * @throws {Conflict} when the folder is no longer where it was.
   */
  at(path: string): string {
    const folder = dirname(path);
    if (process.platform !== "linux") return path;
    let descriptor = this.#held.get(folder);
    if (descriptor === undefined) {
      descriptor = openSync(folder, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      this.#held.set(folder, descriptor);
      if (readlinkSync(`/proc/self/fd/${descriptor}`) !== folder) throw new Conflict();
    }
    return join(`/proc/self/fd/${descriptor}`, basename(path));
  }

  close(): void {
    for (const descriptor of this.#held.values()) closeSync(descriptor);
    this.#held.clear();
  }
}
