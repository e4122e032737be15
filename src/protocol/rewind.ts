/** What a rewind takes back. */
export type RewindScope = "files" | "chat" | "both";
export const rewindScopes: readonly RewindScope[] = ["files", "chat", "both"];

/** A file of which something is told. Bytes of a name that are no UTF-8 are lone surrogates U+DC80 to U+DCFF. */
export interface RewindFile {
  /** The workspace folder. */
  folder: string;
  /** Relative to it. */
  path: string;
  /** `restore`: as it was before; `create`: it is there again; `delete`: the agent made it. */
  action: "restore" | "create" | "delete";
}

/** What keeps a rewind from being done unasked. */
export interface RewindConflict {
  folder: string | null;
  /** Null for what concerns no file in particular. */
  path: string | null;
  why: string;
  /** Whether `overwrite` goes on all the same, and what is there now is lost (but for `undo`). */
  canOverwrite: boolean;
}

export interface RewindReport {
  threadId: string;
  scope: RewindScope;
  /** Turns that stay. */
  kept: number;
  /** Turns that are taken back, or brought back by `undo`; the text is that of the prompt. */
  turns: { turnId: string; text: string }[];
  files: RewindFile[];
  conflicts: RewindConflict[];
  /** Files that could not be written in the end. */
  failed: { folder: string; path: string; why: string }[];
  /** What is not covered, or cannot be told apart. */
  notes: string[];
  /** False for a preview, and where conflicts were in the way: nothing was changed then. */
  done: boolean;
}

export interface DiffFile {
  folder: string;
  path: string;
  status: "added" | "deleted" | "changed";
  /** Lines; null of a file that is no text. */
  added: number | null;
  removed: number | null;
}

export interface DiffReport {
  threadId: string;
  /** Null: all of the thread's. */
  turnId: string | null;
  files: DiffFile[];
  /** Unified, as git writes it. */
  diff: string;
  notes: string[];
}
