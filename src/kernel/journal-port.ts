import type { ThreadItem } from "../protocol/items.ts";
import type { Permissions } from "../protocol/permissions.ts";
import type { ResponseItem } from "../protocol/response-items.ts";
import type { TokenUsage } from "../protocol/usage.ts";
import type { ChildCommand, ProcessMark } from "../system/ports.ts";

/**
 * The kernel's port to a thread's journal: what happened, in the kernel's words. Whoever implements it
 * decides how a record is written; times are milliseconds since the Unix epoch.
 */

export type JournalRecord =
  | { type: "turn.started"; turnId: string; startedAtMs: number; contextWindow: number | null; trigger: string }
  | {
      type: "response.item";
      turnId: string;
      item: ResponseItem;
      /** What each content part of a message made here is: `user.text`, `permissions.instructions`, ... */
      kinds?: readonly string[];
      /** Only for items made here; absent for what a model sent. */
      createdAtMs?: number;
      /** History sequence that the response was sampled through; equal for all items and outputs of one response. */
      sampledThrough: number;
    }
  /** What context the model has seen; `full: false` holds what changed (RFC 7396: null removes a key). */
  | { type: "world.state"; full: boolean; state: Record<string, unknown> }
  | {
      type: "turn.context";
      turnId: string;
      cwd: string;
      model: string;
      permissions: Permissions;
      effort: string | null;
      summary: string | null;
      /** The catalog's compaction hash of a stock model. */
      compactionHash?: string | null;
    }
  | {
      type: "settings.applied";
      model: string;
      provider: string;
      cwd: string;
      permissions: Permissions;
      effort: string | null;
    }
  | { type: "item.completed"; turnId: string; item: ThreadItem; startedAtMs: number; completedAtMs: number }
  /** One response's counts, with the sums of its turn and thread. */
  | { type: "usage"; turnId: string; responseId: string; usage: TokenUsage; turn: TokenUsage; thread: TokenUsage }
  | { type: "token.count"; total: TokenUsage; last: TokenUsage; contextWindow: number | null }
  | {
      type: "turn.completed";
      turnId: string;
      lastMessage: string | null;
      startedAtMs: number;
      completedAtMs: number;
      durationMs: number;
      firstTokenMs: number | null;
    }
  | {
      type: "turn.aborted";
      turnId: string;
      reason: string;
      startedAtMs: number;
      completedAtMs: number;
      durationMs: number;
    }
  /** Why the running turn failed; comes before its `turn.completed`, which then counts as a failure. */
  | { type: "error"; turnId: string; message: string; code: string }
  /** A call is about to run that could do harm if it ran again. */
  | { type: "call.started"; callId: string }
  /** A process runs for a call: should this one die, the next to open the thread ends it. */
  | { type: "child.started"; callId: string; process: ProcessMark };

/** The one writer of one thread. Not for concurrent use by several turns. */
export interface Journal {
  readonly threadId: string;
  /** The file that is appended to; null for an ephemeral thread. */
  readonly path: string | null;
  /**
   * Writes the records in order; they survive the end of this process when this returns, and a power cut after
   * `sync`. Returns the history sequences of the `response.item` records among them, in order.
   */
  append(records: readonly JournalRecord[]): number[];
  /** History sequence that the next `response.item` gets; 1 in an empty thread. */
  nextSequence(): number;
  /** Rejects with AgentError `thread_locked` when the thread turned out to have another writer. */
  sync(): Promise<void>;
  /** Gives the thread free for other writers. */
  close(): Promise<void>;
}

export interface GitInfo {
  commitHash?: string;
  branch?: string;
  repositoryUrl?: string;
}

/** Who makes a thread, and with what. */
export interface NewThread {
  /** UUIDv7. */
  id: string;
  cwd: string;
  /** `codex_exec`, a client's name, ... */
  originator: string;
  /** `exec`, `cli`, `vscode`, ... */
  source: string;
  modelProvider: string;
  /** The base prompt; `model` names whose it is, null when the user replaced it. */
  baseInstructions: { text: string; model: string | null };
  git: GitInfo | null;
  /** Id of the context window that the thread begins with. */
  windowId: string;
  /** Kept in memory only. */
  ephemeral?: boolean;
}

/** The head of a stored thread. Times are milliseconds since the Unix epoch. */
export interface ThreadMeta {
  id: string;
  path: string;
  createdAtMs: number;
  cwd: string;
  originator: string;
  /** A word, or an object such as `{subagent: ...}`. */
  source: unknown;
  modelProvider: string | null;
  baseInstructions: string | null;
  git: GitInfo | null;
  forkedFromId: string | null;
  /** Records of the source that are this thread's past, where it was forked. */
  forkedFromOrdinal: number | null;
  windowId: string | null;
  /** Made before ordinals existed, and kept so. */
  legacy: boolean;
}

export interface StoredTurn {
  id: string;
  status: "completed" | "interrupted" | "failed" | "unfinished";
  items: ThreadItem[];
  startedAtMs: number | null;
  completedAtMs: number | null;
}

/** The context of the last turn, as far as the file tells. */
export interface StoredContext {
  turnId: string;
  cwd: string;
  model: string;
  effort: string | null;
  summary: string | null;
  compactionHash: string | null;
  approvalPolicy: string;
  /** Codex's `sandbox_policy` as it stands in the file. */
  sandboxPolicy: Record<string, unknown>;
}

/** The fold over a thread's lines. */
export interface StoredThread {
  meta: ThreadMeta;
  /** In request order: items of a response as the model sent them, then the outputs in the order of their calls. */
  history: ResponseItem[];
  /** Highest history sequence given so far; 0 in a thread without any. */
  sequence: number;
  /** The thread's running total. */
  usage: TokenUsage;
  /** Usage of the last response alone. */
  lastUsage: TokenUsage | null;
  lastContext: StoredContext | null;
  /** Null when the model has to be told its context in full. */
  worldState: Record<string, unknown> | null;
  /** Calls that began to run and have no output. */
  startedCalls: ReadonlySet<string>;
  /** Commands that writers of this thread ran; nearly all have ended. */
  children: ChildCommand[];
  /** A turn that began and neither completed nor was aborted. */
  unfinishedTurn: string | null;
  /** How often the history was compacted. */
  windowNumber: number;
  /** Name given by the user, when there is one. */
  name: string | null;
  /** Damage that was passed over, in sentences for the user. */
  warnings: string[];
  turns: StoredTurn[];
}

export interface OpenThread {
  journal: Journal;
  thread: StoredThread;
}

export type ThreadQuery =
  | { by: "id"; id: string }
  /** The name given to a thread; the last naming wins. */
  | { by: "name"; name: string }
  /** The newest thread, of one directory or of all (`cwd: null`). */
  | { by: "last"; cwd: string | null };

export interface ThreadSummary {
  id: string;
  path: string;
  cwd: string;
  name: string | null;
  /** The first prompt; empty when there is none. */
  preview: string;
  modelProvider: string | null;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ListQuery {
  limit: number;
  /** `next` of the page before. */
  cursor?: string | null;
  /** Only threads of this directory. */
  cwd?: string | null;
}

export interface ThreadPage {
  threads: ThreadSummary[];
  next: string | null;
}

export interface JournalStore {
  /** The file appears with the first records. */
  create(meta: NewThread): Journal;
  /** AgentError `thread_not_found`, `thread_locked` or `thread_damaged`. */
  resume(threadId: string): Promise<OpenThread>;
  /**
   * A new thread whose past is the source's, up to and including turn `throughTurn` (default: everything). Its
   * file exists when this resolves. Errors as `resume`, and `turn_not_found`.
   */
  fork(threadId: string, meta: NewThread, throughTurn?: string): Promise<OpenThread>;
  /** Takes no lock and changes nothing. */
  read(threadId: string): StoredThread;
  /**
   * Finds threads whose writer has died without closing them, `except` these, and returns the commands of those. Each
   * is found once; costs nothing worth speaking of when there is none.
   */
  clearDeadWriters(except: ReadonlySet<string>): Promise<ChildCommand[]>;
  /** The thread's id; null when nothing fits. */
  find(query: ThreadQuery): string | null;
  /** Newest first. */
  list(query: ListQuery): ThreadPage;
}
