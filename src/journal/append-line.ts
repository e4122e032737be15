import type { FileSystem } from "../system/ports.ts";

/**
 * Adds a line to a file of lines that no process holds open. What a power cut or a kill left of the last line does not spoil
 * this one, and nothing of this one is left where it cannot be written whole.
 * @returns the size of the file then, in bytes.
 */
export function appendLine(files: FileSystem, path: string, line: object): number {
  const file = files.openAppend(path, 0o600);
  try {
    const size = file.size();
    const isTorn = size > 0 && files.readRange(path, size - 1, size)[0] !== newline;
    const text = `${isTorn ? "\n" : ""}${JSON.stringify(line)}\n`;
    try {
      file.write(text);
    } catch (error) {
      const left = files.readRange(path, size, file.size());
      // Others append, too, and not all of them take a lock.
      if (left.length > 0 && Buffer.from(text).subarray(0, left.length).equals(left)) file.truncate(size);
      throw error;
    }
    return file.size();
  } finally {
    file.close();
  }
}

const newline = 0x0a;
