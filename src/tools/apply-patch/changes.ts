import { unifiedDiff } from "./unified-diff.ts";
import type { FileChange, FileChangeKind, PatchedFile } from "../../protocol/items.ts";

/** What the patch does to one file, all operations on it taken together. */
interface FileRecord {
  path: string;
  kind: FileChangeKind;
  movePath: string | null;
  before: string;
  after: string;
}

/** Adds up the operations of a patch to one change a file. Paths are absolute and as written, links unresolved. */
export class ChangeList {
  /** By where the file is now. */
  readonly #records = new Map<string, FileRecord>();

  add(path: string, content: string): void {
    const known = this.#records.get(path);
    if (known === undefined) this.#records.set(path, { path, kind: "add", movePath: null, before: "", after: content });
    else {
      if (known.kind === "delete") known.kind = "update";
      known.after = content;
    }
  }

  delete(path: string, content: string): void {
    const known = this.#records.get(path);
    this.#records.delete(path);
    if (known?.kind === "add") return;
    const source = known?.path ?? path;
    this.#records.set(source, {
      path: source,
      kind: "delete",
      movePath: null,
      before: known?.before ?? content,
      after: "",
    });
  }

  update(path: string, target: string | null, before: string, after: string): void {
    const record = this.#records.get(path) ?? { path, kind: "update", movePath: null, before, after };
    record.after = after;
    this.#records.delete(path);
    if (target !== null && target !== path) {
      this.#overwrite(target);
      if (record.kind === "add") record.path = target;
      else record.movePath = target === record.path ? null : target;
    }
    this.#records.set(target ?? path, record);
  }

  /** A move covers the file at the target; one that came there from elsewhere is then gone from elsewhere too. */
  #overwrite(target: string): void {
    const known = this.#records.get(target);
    this.#records.delete(target);
    if (known !== undefined && known.path !== target && known.kind !== "add") {
      this.#records.set(known.path, { ...known, kind: "delete", movePath: null, after: "" });
    }
  }

  /** Sorted by path. */
  files(): PatchedFile[] {
    return [...this.#records.values()]
      .map(({ path, kind, movePath, before, after }) => ({
        path,
        movePath,
        before: kind === "add" ? null : before,
        after: kind === "delete" ? null : after,
      }))
      .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  /** Sorted by path. */
  fileChanges(): FileChange[] {
    const changes = [...this.#records.values()].map(({ path, kind, movePath, before, after }): FileChange => {
      const diff = kind === "add" ? after : kind === "delete" ? before : unifiedDiff(before, after);
      return movePath === null ? { path, kind, diff } : { path, kind, movePath, diff };
    });
    return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }
}
