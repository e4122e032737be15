import type { TokenUsage } from "./usage.ts";

/** How far a sub-agent is, in the form in which Codex tells models and keeps it in rollouts. */
export type AgentStatus =
  /** Made, and nothing has been asked of it yet. */
  | "pending_init"
  | "running"
  /** Its last turn was stopped; it takes more work. */
  | "interrupted"
  /** Its last words. */
  | { completed: string | null }
  | { errored: string }
  | "shutdown"
  | "not_found";

/** A sub-agent as its parent's users see it. */
export interface AgentInfo {
  threadId: string;
  nickname: string;
  /** `explorer`, ...; null when none was asked for. */
  role: string | null;
  /** `/root/NAME`, where agents have such names. */
  path: string | null;
  status: AgentStatus;
  /** Of the whole thread, its own sub-agents not counted. */
  usage: TokenUsage;
}

/** Where the thread of a sub-agent comes from. */
export interface AgentOrigin {
  /** `review`: it looks through changes for its parent, and ends with that. Absent: the model of its parent made it. */
  kind?: "review";
  parentThreadId: string;
  /** The thread at the root of the tree. */
  sessionId: string;
  /** 1 for the agents of a user's thread. */
  depth: number;
  path: string | null;
  nickname: string;
  role: string | null;
  /** Codex's word for the tools that made it. */
  version: "v1" | "v2";
}

/** The turn of another thread that a turn was begun by. */
export interface TurnOrigin {
  parentTurnId: string;
  /** The user's turn that all began with. */
  rootTurnId: string;
  /** Who began it, by path. */
  initiator: string | null;
}
