import type { FileChange } from "./items.ts";

/** A host that a trial run wanted to reach. */
export interface TrialHost {
  host: string;
  port: number;
  /** Null: it was reached, and what was done there is done. */
  refusal: string | null;
}

/** What stands in the way of carrying changes over. Paths are absolute; bytes that are no UTF-8 are lone surrogates. */
export interface TrialConflict {
  path: string;
  why: string;
}

/** What a command did in a view of the workspace. Nothing of it is in the workspace yet. */
export interface TrialReport {
  /** Files and links, sorted by path. Of a changed file that is no text, and of rights alone, a line says so in place of the diff. */
  changes: FileChange[];
  /** Folders, where that says more than the files in them: empty ones that were made, all that were removed. */
  folders: { path: string; action: "make" | "remove" }[];
  hosts: TrialHost[];
  /** Changed by somebody else since the command was started. */
  conflicts: TrialConflict[];
  /** What cannot be carried over, or only in part, a sentence each. */
  notes: string[];
  /** Why nothing of it can be carried over; null where it can. */
  refusal: string | null;
}
