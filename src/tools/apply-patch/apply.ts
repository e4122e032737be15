import { lstatSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode, kindAt, Transaction, type FileWrite } from "./transaction.ts";
import { Conflict } from "./held-folders.ts";
import type { Content } from "./preview.ts";
import type { FileEdit, PatchPlan } from "./plan.ts";

export type ApplyResult = { ok: true } | { ok: false; message: string };

function contentNow(path: string): Content {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return { type: "link", target: readlinkSync(path) };
    // Reading from a named pipe would wait for ever.
    if (!stat.isFile()) throw new Conflict();
    return { type: "file", bytes: readFileSync(path), mode: stat.mode & 0o7777 };
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return { type: "absent" };
    throw error;
  }
}

function confirmUnchanged({ path, before }: FileEdit): void {
  const now = contentNow(path);
  const same =
    before.type === "file"
      ? now.type === "file" && now.bytes.equals(before.bytes)
      : before.type === "link"
        ? now.type === "link" && now.target === before.target
        : now.type === "absent";
  if (!same) throw new Conflict();
}

/** The path was free of links when policy judged it; a folder that became a link since would lead the write elsewhere. */
function confirmFolder({ path }: FileEdit): void {
  let folder = dirname(path);
  while (kindAt(folder) === "absent") folder = dirname(folder);
  if (realpathSync(folder) !== folder) throw new Conflict();
}

function failureText(error: unknown, edit: FileEdit, kept: readonly string[]): string {
  const failed = `Failed to ${edit.after.type === "absent" ? "delete" : "write"} file ${edit.path}`;
  const reason = error instanceof Conflict ? "it changed after the patch was checked" : errorCode(error);
  const left = kept.length === 0 ? "" : `; not everything could be undone, former files are kept in ${kept.join(", ")}`;
  return `${failed}: ${reason}${left}`;
}

/**
 * Makes all changes of a plan without problems, or none. Everything is staged and checked first; when a change fails
 * all the same, those before it are taken back.
 */
export function applyPlan(plan: PatchPlan): ApplyResult {
  const transaction = new Transaction();
  const removals = plan.edits.filter((edit) => edit.after.type === "absent");
  const writes = plan.edits.filter((edit): edit is FileEdit & FileWrite => edit.after.type === "file");
  let current: FileEdit | undefined;
  function each<Edit extends FileEdit>(edits: readonly Edit[], act: (edit: Edit) => void): void {
    for (const edit of edits) {
      current = edit;
      act(edit);
    }
  }
  try {
    each(plan.edits, confirmFolder);
    each(plan.edits, confirmUnchanged);
    each(writes, (edit) => {
      if (kindAt(dirname(edit.path)) === "folder") transaction.stage(edit);
    });
    // A file may have to go before a folder can take its name.
    each(removals, (edit) => transaction.remove(edit.path));
    each(writes, (edit) => {
      transaction.makeFolders(edit.path);
      transaction.write(edit);
    });
    return { ok: true };
  } catch (error) {
    const kept = transaction.rollBack();
    if (current === undefined) throw error;
    return { ok: false, message: failureText(error, current, kept) };
  } finally {
    transaction.close();
  }
}
