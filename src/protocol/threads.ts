import type { ThreadItem } from "./items.ts";

/** A stored thread, as lists show it. Times are milliseconds since the Unix epoch. */
export interface ThreadSummary {
  id: string;
  path: string;
  cwd: string;
  /** Given by the user; null without one. */
  name: string | null;
  /** The first prompt; empty when there is none. */
  preview: string;
  modelProvider: string | null;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ThreadPage {
  threads: ThreadSummary[];
  /** Where the next page begins; null behind the last. */
  next: string | null;
}

/** A turn of a stored thread, with what its user saw of it. */
export interface StoredTurn {
  id: string;
  status: "completed" | "interrupted" | "failed" | "unfinished";
  items: ThreadItem[];
  startedAtMs: number | null;
  completedAtMs: number | null;
}
