import { AgentError, messageOf } from "../protocol/errors.ts";

const noSpace = "Free some space on its disk";
const notWritable = "Make its folder writable, or point CODEX_HOME to one that is";
const noDescriptors = "Raise the limit on open files (`ulimit -n`)";

const advice: Readonly<Record<string, string>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EFBIG: "Raise the limit on the size of files (`ulimit -f`)",
  EMFILE: noDescriptors,
  ENFILE: noDescriptors,
  EIO: "Check its disk",
  EROFS: notWritable,
  EACCES: notWritable,
  EPERM: notWritable,
};

/** Nothing was tried yet: the same may work in a moment. */
export const isForNow = (error: unknown): boolean => advice[(error as { code?: string }).code ?? ""] === noDescriptors;

/** AgentError `storage_failed`: `what` is a sentence with the path in it, `error` is the system's. */
export function storageError(what: string, path: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const { code = "" } = error as { code?: string };
  const message = `${what}: ${messageOf(error)}. ${advice[code] ?? "Check that its folder can be written"}, then resume the thread.`;
  return new AgentError("storage_failed", message, { cause: error, details: { path } });
}

export const cannotBeWritten = (path: string): string => `The thread file ${path} cannot be written`;

/** Does the work; what it throws of the system's becomes a `storage_failed`. */
export function storing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageError(cannotBeWritten(path), path, error);
  }
}
