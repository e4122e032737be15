import type { ClientTool } from "../protocol/client-tools.ts";
import type { AgentOrigin, TurnOrigin } from "../protocol/agents.ts";
import type { AuditNote } from "../protocol/audit.ts";
import type { CollaborationMode } from "../protocol/collaboration-mode.ts";
import type { ThreadItem } from "../protocol/items.ts";
import type { Effects } from "../protocol/effects.ts";
import type { AnswerScope, RequestedRights } from "../protocol/questions.ts";
import type { Permissions } from "../protocol/permissions.ts";
import type { ResponseItem } from "../protocol/response-items.ts";
import type { GitInfo, StoredTurn, ThreadListParams, ThreadPage } from "../protocol/threads.ts";
import type { TokenUsage } from "../protocol/usage.ts";
import type { ChildCommand, ProcessMark } from "../system/ports.ts";
import type { GoalState } from "./goals/goal.ts";

/**
 * The kernel's port to a thread's journal: what happened, in the kernel's words. Whoever implements it
 * decides how a record is written; times are milliseconds since the Unix epoch.
 */

export type JournalRecord =
  | {
      type: "turn.started";
      turnId: string;
      startedAtMs: number;
      contextWindow: number | null;
      trigger: string | null;
      /** Of a turn that a turn of another thread began. */
      origin?: TurnOrigin | undefined;
    }
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
      /** Part of a summary that is being made: kept, but no part of the history. */
      summarising?: boolean;
    }
  /** From here on the history is `items` and what follows. */
  | {
      type: "history.compacted";
      turnId: string;
      /** The message that stands for what is no longer shown. */
      message: string;
      items: readonly CompactedItem[];
      sampledThrough: number;
      windowNumber: number;
      windowId: string;
      previousWindowId: string;
      firstWindowId: string;
      /** Of the response that was the summary. */
      responseId: string | null;
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
      /** Absent: default. */
      mode?: CollaborationMode;
      /** Words for the mode that a client gave. */
      modeInstructions?: string;
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
      /** Absent: default. */
      mode?: CollaborationMode;
      /** Words for the mode that a client gave. */
      modeInstructions?: string;
    }
  | { type: "item.completed"; turnId: string; item: ThreadItem; startedAtMs: number; completedAtMs: number }
  /** One response's counts, with the sums of its turn and thread. */
  | { type: "usage"; turnId: string; responseId: string; usage: TokenUsage; turn: TokenUsage; thread: TokenUsage }
  | { type: "token.count"; total: TokenUsage; last: TokenUsage; contextWindow: number | null }
  /** What stands before the history in the requests that follow: told with the first one and where it changes. */
  | { type: "request.head"; tools: { digest: string; tokens: number }; base: { digest: string; tokens: number } }
  /** A request that the provider had begun to answer came to nothing; `usage` where it said what that took. */
  | { type: "attempt.lost"; turnId: string; why: string; usage: TokenUsage | null }
  /** A request beside the talk, such as a review of a call, as the provider counted it. */
  | { type: "request.aside"; turnId: string; model: string; usage: TokenUsage }
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
  /** What the thread's goal is now; null when it has none any more. */
  | { type: "goal.changed"; goal: GoalState | null }
  /** The user let the agent do more than its sandbox does. For whoever reads the file; no later start grants it again. */
  | { type: "rights.granted"; turnId: string; callId: string; rights: RequestedRights; scope: "turn" | "session" }
  /** Somebody said what only a person, or who stands in for one, can say. For whoever reads the file; no later start grants it again. */
  | {
      type: "approval.decided";
      turnId: string;
      callId: string;
      /** What was asked, and what it would have touched. */
      asked: { type: string; rule: string | null; reason: string | null; effects: Effects };
      decision: "allow" | "deny" | "cancel";
      /** Of a yes. */
      scope: AnswerScope | null;
      /** The person at a door (its name is that of the client), or the reviewer. */
      by: { type: "person"; door: string } | { type: "reviewer"; rationale: string | null };
      /** Of a yes that holds on: its id in the ledger and until when, in milliseconds. */
      grantId: string | null;
      expiresAtMs: number | null;
    }
  /** For the audit: what else was decided or done, where that is not told by other records. */
  | { type: "audit.noted"; note: AuditNote }
  /** A process runs for a call: should this one die, the next to open the thread ends it. */
  | { type: "child.started"; callId: string; process: ProcessMark };

/** What a thread knows of a message that a model did not write. */
export interface MessageMark {
  turnId: string;
  /** What each content part is; empty when the file does not say. */
  kinds: readonly string[];
  createdAtMs: number | null;
  /** Its place in the history, counted from 1; null when the file does not say. */
  sequence: number | null;
}

export interface CompactedItem {
  item: ResponseItem;
  kinds: readonly string[];
  /** Of a message that stays; null for one that was made for the new history. */
  mark: MessageMark | null;
}

/** An item of a thread's past, also one that the model is no longer shown. */
export interface PastItem {
  /** Its number in the thread, counted from 1. */
  sequence: number;
  item: ResponseItem;
  kinds: readonly string[];
}

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
  /** Everything that was ever in the history, oldest first. */
  past(): Promise<PastItem[]>;
  /** Rejects with AgentError `thread_locked` when the thread turned out to have another writer. */
  sync(): Promise<void>;
  /** Gives the thread free for other writers. */
  close(): Promise<void>;
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
  /** What it is for, in its maker's words; null: nothing is said of it. Default: `user`. */
  threadSource?: string | null;
  /** Kept in memory only. */
  ephemeral?: boolean;
  /** For the thread of a sub-agent. */
  agent?: AgentOrigin;
  /** The thread that it has its first history from, as lines of its own. */
  copiedFromId?: string;
  /** Tools of whoever makes it. */
  clientTools?: readonly ClientTool[];
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
  /** Null for a thread that is not a sub-agent's. */
  agent: AgentOrigin | null;
  modelProvider: string | null;
  /** Of the tree of agents: the id of the thread at its root. */
  sessionId: string;
  /** What its maker says that it is for. */
  threadSource: string | null;
  /** Of the program that made it. */
  version: string;
  baseInstructions: string | null;
  git: GitInfo | null;
  forkedFromId: string | null;
  /** Records of the source that are this thread's past, where it was forked. */
  forkedFromOrdinal: number | null;
  windowId: string | null;
  /** Tools that its maker brought. */
  clientTools: readonly ClientTool[];
  /** Made before ordinals existed, and kept so. */
  legacy: boolean;
}

/** The context of the last turn, as far as the file tells. */
export interface StoredContext {
  turnId: string;
  cwd: string;
  model: string;
  effort: string | null;
  mode: CollaborationMode;
  modeInstructions: string | null;
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
  /** Null when it has none, or when this product never said anything of it. */
  goal: GoalState | null;
  /** A turn that began and neither completed nor was aborted. */
  unfinishedTurn: string | null;
  /** How often the history was compacted. */
  windowNumber: number;
  /** Id of the context window that the last compaction began; null before the first. */
  windowId: string | null;
  /** What the first response after the last compaction took, in tokens; null when there is none. */
  tokensAfterCompaction: number | null;
  /** Of the messages in the history that have an id. */
  marks: ReadonlyMap<string, MessageMark>;
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

export type ThreadQuery = (
  | { by: "id"; id: string }
  /** The name given to a thread; the last naming wins. */
  | { by: "name"; name: string }
  /** The newest thread, of one directory or of all (`cwd: null`). */
  | { by: "last"; cwd: string | null }
) & {
  /** Among those that were put away instead of those that were not. */
  archived?: boolean;
};

export interface ListQuery extends ThreadListParams {
  limit: number;
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
  /** Gives the thread a name, which may be one that another has too. */
  rename(threadId: string, name: string, isOpen?: boolean): Promise<void>;
  /** Puts a thread away: it is listed apart and cannot be resumed. AgentError `thread_not_found` or `thread_locked`. */
  archive(threadId: string): Promise<void>;
  unarchive(threadId: string): Promise<void>;
  /** Removes the thread's files. AgentError as {@link archive}, and `thread_busy` while another thread goes on from it. */
  delete(threadId: string): Promise<void>;
}
