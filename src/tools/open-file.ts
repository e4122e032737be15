import * as fs from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { leadsTo, openedPath, PlaceChanged, placeProblem, type Place } from "./place.ts";
import type { ToolResult } from "./tool.ts";
import { softError } from "./results.ts";

export interface OpenedFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly size: number;
}

const flags = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;

/**
 * Opens a regular file for reading, or says why not. Never waits on a pipe or a device: it is opened without
 * blocking, and looked at only then, so that nothing can be put in its place between the look and the read.
 */
export async function openFile(place: Place): Promise<OpenedFile | ToolResult> {
  const { path } = place;
  let handle: FileHandle | undefined;
  try {
    const real = leadsTo(place);
    handle = await fs.promises.open(real, flags);
    if (openedPath(handle.fd, real) !== real) throw new PlaceChanged();
    const stat = await handle.stat();
    if (stat.isFile()) {
      const opened = handle;
      return { handle: opened, size: stat.size, [Symbol.asyncDispose]: () => opened.close() };
    }
    await handle.close();
    return softError(`\`${path}\` is ${stat.isDirectory() ? "a directory" : "not a regular file"}.`);
  } catch (error) {
    await handle?.close();
    return softError(`cannot read \`${path}\`: ${placeProblem(error, place)}.`);
  }
}

export const isOpened = (value: OpenedFile | ToolResult): value is OpenedFile => "handle" in value;
