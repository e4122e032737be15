import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";
import { messageOf } from "../../protocol/errors.ts";
import { internalError, refused, RequestError } from "./request-error.ts";

/** As the C library that Codex is built with puts them; Node's words are those of libuv. */
const words: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EAGAIN: "Resource temporarily unavailable",
  EBADF: "Bad file descriptor",
  EBUSY: "Resource busy",
  ECHILD: "No child process",
  EDQUOT: "Quota exceeded",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "I/O error",
  EISDIR: "Is a directory",
  ELOOP: "Symbolic link loop",
  EMFILE: "No file descriptors available",
  EMLINK: "Too many links",
  ENAMETOOLONG: "Filename too long",
  ENFILE: "Too many open files in system",
  ENODEV: "No such device",
  ENOENT: "No such file or directory",
  ENOEXEC: "Exec format error",
  ENOMEM: "Out of memory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTEMPTY: "Directory not empty",
  ENXIO: "No such device or address",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  EROFS: "Read-only file system",
  ESPIPE: "Invalid seek",
  ETXTBSY: "Text file busy",
  EXDEV: "Cross-device link",
};

const numbers = constants.errno as Readonly<Record<string, number>>;

/** `No such file or directory (os error 2)`; null for what the system did not say. */
export function osErrorText(error: unknown): string | null {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  const number = code === undefined ? undefined : numbers[code];
  if (code === undefined || (number === undefined && errno === undefined)) return null;
  const text = words[code] ?? getSystemErrorMessage(errno ?? -number!);
  return `${text} (os error ${number ?? -errno!})`;
}

/** What a client is answered where the system would not. */
export function osFault(error: unknown, before = ""): Error {
  if (error instanceof RequestError) return error;
  if ((error as NodeJS.ErrnoException).code === "ERR_INVALID_ARG_VALUE") return refused(`${before}${nulByte}`);
  return new RequestError(internalError, `${before}${osErrorText(error) ?? messageOf(error)}`);
}

const nulByte = "file name contained an unexpected NUL byte";
