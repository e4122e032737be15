import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { readFile } from "../system/read-file.ts";
import { configError, configErrorAt } from "./config-error.ts";

const nothingThere = new Set(["ENOENT", "ENOTDIR"]);

export const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** The text of a configuration file, a byte order mark left out; null when there is none. Throws a clear error otherwise. */
export function readConfigText(file: string): string | null {
  let bytes: Buffer;
  try {
    // Asked first, for most of these files do not exist and a thrown error is slow.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return null;
    bytes = readFile(file);
  } catch (error) {
    const code = errorCode(error);
    throw configError(code === "EINVAL" ? `${file} is not a regular file` : `${file} cannot be read (${code})`);
  }
  const text = bytes.toString("utf8");
  if (!isUtf8(bytes)) {
    throw configErrorAt(file, text, { offset: text.indexOf("\ufffd"), length: 1 }, "the file is not valid UTF-8 here");
  }
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

export interface Head {
  readonly bytes: Buffer;
  /** Size of the whole file. */
  readonly size: number;
}

/**
 * The first bytes of a regular file, links followed; null when it is anything else or missing.
 * Throws Node's error when the file is there and cannot be read.
 */
export function readHead(file: string, maxBytes: number): Head | null {
  let descriptor: number;
  try {
    // Without O_NONBLOCK a named pipe would wait for a writer for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (nothingThere.has(errorCode(error)) || errorCode(error) === "ELOOP" || errorCode(error) === "ENXIO") return null;
    throw error;
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return null;
    const bytes = Buffer.alloc(Math.min(stat.size, maxBytes));
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    return { bytes: bytes.subarray(0, length), size: stat.size };
  } finally {
    closeSync(descriptor);
  }
}
