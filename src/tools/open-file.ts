import * as fs from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { ToolResult } from "./tool.ts";
import { fileProblem, softError } from "./results.ts";

export interface OpenedFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * Opens a regular file for reading, or says why not. Never waits on a pipe or a device: it is opened without
 * blocking, and looked at only then, so that nothing can be put in its place between the look and the read.
 */
export async function openFile(path: string): Promise<OpenedFile | ToolResult> {
  let handle: FileHandle;
  try {
    handle = await fs.promises.open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    return softError(`cannot read \`${path}\`: ${fileProblem(error)}.`);
  }
  try {
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, size: stat.size, [Symbol.asyncDispose]: () => handle.close() };
    await handle.close();
    return softError(`\`${path}\` is ${stat.isDirectory() ? "a directory" : "not a regular file"}.`);
  } catch (error) {
    await handle.close();
    return softError(`cannot read \`${path}\`: ${fileProblem(error)}.`);
  }
}

export const isOpened = (value: OpenedFile | ToolResult): value is OpenedFile => "handle" in value;
