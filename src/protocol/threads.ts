import type { ThreadItem } from "./items.ts";

/** Who made a thread, and of what. */
export interface ThreadOrigin {
  /** The thread at the root of its tree of agents: its own id for a thread of a user's. */
  sessionId: string;
  forkedFromId: string | null;
  /** Of a sub-agent's thread. */
  parentThreadId: string | null;
  agent: { nickname: string; role: string | null } | null;
  originator: string;
  /** A word, such as `exec`, or an object such as `{ subagent: ... }`. */
  source: unknown;
  threadSource: string | null;
  /** Of the program that made it. */
  version: string;
  git: GitInfo | null;
  /** Made before ordinals existed, and kept so. */
  legacy: boolean;
}

export interface GitInfo {
  commitHash?: string;
  branch?: string;
  repositoryUrl?: string;
}

/** A thread, as lists show it. Times are milliseconds since the Unix epoch. */
export interface ThreadSummary {
  id: string;
  origin: ThreadOrigin;
  /** The rollout file; null of an ephemeral thread. */
  path: string | null;
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
