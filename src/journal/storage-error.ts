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

/** AgentError `storage_failed`: `what` names the file, `error` is the system's. */
export function storageError(what: string, path: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const { code = "" } = error as { code?: string };
  const message = `${what} ${path} cannot be written: ${messageOf(error)}. ${advice[code] ?? "Check that its folder can be written"}, then resume the thread.`;
  return new AgentError("storage_failed", message, { cause: error, details: { path } });
}

/** Does the work; what it throws of the system's becomes a `storage_failed`. */
export function storing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageError("The thread file", path, error);
  }
}
