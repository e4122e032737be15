import type { AgentStatus } from "../../protocol/agents.ts";
import type { InputElement } from "../../protocol/items.ts";
import type { CallContext } from "../tool.ts";

/** A sub-agent as the tools know it. */
export interface Agent {
  readonly threadId: string;
  readonly nickname: string;
  readonly role: string | null;
  /** `/root/NAME`; null where agents are known by id alone. */
  readonly path: string | null;
  readonly model: string;
  readonly effort: string | null;
  readonly status: AgentStatus;
}

/** What an agent is told: words of a user's kind, or mail from the agent `from`, which the provider may have sealed. */
export type AgentMessage =
  | { type: "input"; elements: readonly InputElement[]; text: string }
  | { type: "mail"; kind: "NEW_TASK" | "MESSAGE"; text: string };

export interface SpawnRequest {
  message: AgentMessage;
  role: string | null;
  /** The last part of its path. */
  name: string | null;
  /** It begins with what its parent has been told so far. */
  fork: boolean;
  /** Null: as the parent has it. */
  model: string | null;
  effort: string | null;
}

/** Who a call works for. */
export type Sender = Pick<CallContext, "turnId" | "items">;

/**
 * The sub-agents of one thread. Whatever cannot be done is a `CallError` with what the model should read.
 * An agent is open until it is closed: it can be told things and takes a place among those that there may be.
 */
export interface AgentDesk {
  /** The path of the agent that the tools work for. */
  readonly path: string;
  spawn(request: SpawnRequest, sender: Sender): Promise<Agent>;
  /** Resolves to the id of the turn that hears it; null where it waits for one. */
  send(agent: Agent, message: AgentMessage, sender: Sender, options: { interrupt: boolean }): Promise<string | null>;
  /** Opens one again that was closed; null when there is none of that id. */
  resume(threadId: string): Promise<Agent | null>;
  /** Stops its turn; it stays open. */
  interrupt(agent: Agent): Promise<void>;
  /** Ends it and what it has begun, at once. */
  close(agent: Agent): Promise<void>;
  /** An open agent, by id. */
  find(threadId: string): Agent | null;
  /**
   * An agent by id or path; a path without its beginning is one below our own. One that an earlier start of the thread
   * has made is opened again.
   */
  locate(target: string): Promise<Agent | null>;
  /** Open ones, the oldest first. */
  list(): Agent[];
  /** The states of those that are final, as soon as one is; none when the time is over or the signal aborts. */
  waitForAny(threadIds: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<Map<string, AgentStatus>>;
  /** Until the thread that the tools work for has been told something that its model has not read. */
  waitForNews(timeoutMs: number, signal: AbortSignal): Promise<"user" | "note" | "timeout">;
}
