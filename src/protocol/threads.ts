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
  /** Of its last turn, where whoever lists asks for it. */
  model?: string | null;
}

export interface ThreadPage {
  threads: ThreadSummary[];
  /** Where the next page begins; null behind the last. */
  next: string | null;
  /** Where a page in the other direction begins with the first thread of this one; null where there is none. */
  previous: string | null;
}

/** Which threads are listed; what is left out is no condition. */
export interface ThreadFilter {
  /** Their folders, absolute. */
  cwds?: readonly string[];
  providers?: readonly string[];
  /** In the name or the first prompt, as it is written. */
  search?: string;
  /** Ids; with `only`, no others. */
  only?: readonly string[];
  except?: readonly string[];
  /** Threads of sub-agents too; default: of users alone. */
  agents?: boolean;
  /** What made them, as in `ThreadOrigin.source`, words alone. */
  sources?: readonly string[];
  /** Kinds of sub-agents, of the threads that `agents` lets in. */
  agentKinds?: readonly AgentKind[];
  parentThreadId?: string;
}

export type AgentKind = "review" | "compact" | "thread_spawn" | "other";

export interface ThreadListParams {
  /** Default 20. */
  limit?: number;
  /** `next` or `previous` of a page. A page of the other direction begins with the thread that `previous` names. */
  cursor?: string | null;
  cwd?: string | null;
  archived?: boolean;
  /** Default `updated`. */
  sortBy?: "updated" | "created";
  /** Default: the newest first. */
  oldestFirst?: boolean;
  filter?: ThreadFilter;
  /** Tells the models of last turns. */
  models?: boolean;
  /** Those without a word of a user too. */
  unspoken?: boolean;
}

/** A turn of a stored thread, with what its user saw of it. */
export interface StoredTurn {
  id: string;
  /** The turn of a user's that it belongs to; its own id for such a turn. */
  rootTurnId: string;
  status: "completed" | "interrupted" | "failed" | "unfinished";
  items: ThreadItem[];
  /** Of each item, in the same order. */
  times: ItemTimes[];
  startedAtMs: number | null;
  completedAtMs: number | null;
  durationMs: number | null;
  /** Of a failed turn: what its user was told, and the word that Codex has for it. */
  error: { message: string; word: unknown } | null;
}

/** Milliseconds since the Unix epoch; null where a file does not say. */
export interface ItemTimes {
  startedAtMs: number | null;
  completedAtMs: number | null;
}
