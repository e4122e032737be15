import type { Config } from "../../config/config.ts";
import type { McpServerConfig } from "../../config/mcp-servers.ts";
import type { ContextBlock } from "../../kernel/context/context.ts";
import type { AgentTree } from "../../kernel/agents/agent-tree.ts";
import type { Hooks } from "../../kernel/hooks/hooks.ts";
import type { ThreadSeed } from "../../kernel/agents/fork.ts";
import type { JournalRecord, JournalStore, PastItem, StoredThread } from "../../kernel/journal-port.ts";
import type { Thread } from "../../kernel/thread.ts";
import type { LiveContext } from "../../kernel/turn-setup.ts";
import type { Catalog, ModelInfo } from "../../model/catalog.ts";
import type { ModelClient } from "../../model/model-client.ts";
import type { Action, Allowed } from "../../policy/action.ts";
import type { Enclose } from "../../policy/sandbox/sandbox.ts";
import type { AgentInfo, AgentOrigin } from "../../protocol/agents.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { Goal, GoalChange } from "../../protocol/goals.ts";
import type { McpServerStatus } from "../../protocol/mcp.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import type { HostedSpec } from "../../protocol/tool-spec.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { McpServer } from "../../tools/mcp/server.ts";
import type { EndedCommand } from "../../tools/exec/sessions.ts";
import type { Tool } from "../../tools/tool.ts";
import type { LiveThread, Opening } from "../thread/live-thread.ts";
import type { Questions } from "../questions.ts";

/** What a thread has beside its loop and its built-in tools: MCP servers, sub-agents, goals, ... Loaded only where it is used. */
export interface ThreadPart {
  /** Tools that it offers; asked before each request. */
  tools?(): readonly Tool[];
  /** How the tools of all are shown, where it changes that. */
  arrange?(tools: readonly (Tool | HostedSpec)[]): readonly (Tool | HostedSpec)[];
  /** Resolves when no tool is on its way any more; a search for tools waits for it. */
  complete?(signal: AbortSignal): Promise<void>;
  /** Namespaces whose tools are on their way. */
  comingNamespaces?(): readonly string[];
  /** What the model is told of it; asked before each turn. */
  context?(): readonly ContextBlock[];
  /** What the model is told at the end of each request as it is then; not kept, so that nothing before it changes. */
  live?(): readonly LiveContext[];
  /** Awaited before each turn: what must be there for its first request. What it rejects with fails the turn. */
  prepareTurn?(signal: AbortSignal): Promise<void>;
  /** Awaited after the history was replaced by a summary, before the next request. */
  compacted?(): Promise<void>;
  /** Told of everything that happens in the thread, after everybody else. */
  observe?(event: AgentEvent): void;
  /** Awaited when a call was allowed, before it is made. Never rejects. */
  beforeEffect?(action: Action, allowed: Allowed): Promise<void>;
  /** Told when a command in the background ends by itself. */
  commandEnded?(command: EndedCommand): void;
  /** What the calls of a turn may do, with what it adds to it. */
  permissions?(held: Permissions, turnId: string): Permissions;
  /** What `mcp/*` asks. */
  readonly mcp?: McpKeeper;
  /** What `thread/goal/*` asks. */
  readonly goals?: GoalKeeper;
  /** The sub-agents that it looks after. */
  agents?(): AgentInfo[];
  /** What the user should know before the first turn. */
  readonly warnings?: readonly string[];
  /** The hooks of the thread. */
  readonly hooks?: Hooks;
  /** Ends what works by itself; called when the thread is to close, while its turn is being stopped. */
  stop?(): Promise<void>;
  /** Ends what turns use; called when none runs any more, before the thread closes. */
  close?(): Promise<void>;
  /** Called when the thread is closed and nothing of it runs any more. */
  ended?(): Promise<void>;
}

/** What answers `mcp/*`. */
export interface McpKeeper {
  /** By name; those that still start are among them. */
  all(): readonly McpServer[];
  /** Goes on with these: what has changed is started anew, and so is what is not there; if it may, from now on. */
  reload(configs: readonly McpServerConfig[], mayStart: PartPlace["mayStart"]): void;
  servers(): Promise<McpServerStatus[]>;
  /** @throws AgentError `usage` for a server that is not there, `mcp_failed` with the server's words. */
  prompt(server: string, name: string, args: Record<string, string>): Promise<string>;
  /**
   * Calls a tool by the server's own names, without asking anybody, once the server is there; resolves to the text that it
   * answers with. @throws Error with what went wrong; at once when the signal aborts.
   */
  call(
    server: string,
    tool: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<{ text: string; isError: boolean }>;
}

/** What answers `thread/goal/*`. */
export interface GoalKeeper {
  get(): Goal | null;
  /** @throws AgentError `usage` for a change that cannot be made. */
  set(change: GoalChange): Goal;
  /** False when there was none. */
  clear(): boolean;
}

/** What the thread of a sub-agent has of its parent's. */
export interface Inherited {
  readonly config: Config;
  readonly tree: AgentTree;
  /** Of a new one. */
  readonly born: { threadId: string; origin: AgentOrigin; windowId: string | null; seed: ThreadSeed | null } | null;
}

/** The thread that a part belongs to. */
export interface PartPlace {
  readonly threadId: string;
  readonly config: Config;
  readonly model: ModelInfo;
  readonly client: ModelClient;
  readonly catalog: Catalog;
  readonly system: System;
  readonly ids: Ids;
  readonly questions: Questions;
  readonly options: ThreadOptions;
  readonly opening: Opening["type"];
  /** Who opened it, as its journal says: `codex_exec`, a client's name, ... */
  readonly clientName: string;
  /** The rollout file; null where the thread keeps none. */
  readonly path: string | null;
  /** Null for a thread that is not a sub-agent's. */
  readonly agent: AgentOrigin | null;
  /** It begins with what its parent was told, tools and all. */
  readonly forkedAgent: boolean;
  /** The tree of agents that it belongs to; null at the root of one. */
  readonly tree: AgentTree | null;
  /** Id of the context window that the thread began with. */
  readonly windowId: string;
  readonly store: JournalStore;
  /** As it was when the thread was opened; null of a new one. */
  readonly stored: StoredThread | null;
  /** Everything that the model was ever shown of the thread, oldest first. */
  past(): Promise<PastItem[]>;
  /** Writes what the thread has to remember. @throws AgentError `storage_failed` */
  keep(record: JournalRecord): void;
  /** Whether an MCP server may start: one that a project brings is still what was trusted. */
  readonly mayStart: (server: string) => boolean;
  /** Aborts when nobody waits for the thread to open any more. */
  readonly closing: AbortSignal;
  /** The walls for a process of ours that needs nothing of the machine; null where none stand. */
  innerWalls(): Promise<Enclose | null>;
  emit(event: AgentEvent): void;
  /** Not before the thread is open. */
  thread(): Thread;
  /** Tools of the program that has the host; null where it brings none. */
  readonly guestTools: (() => readonly Tool[]) | null;
  /** Opens the thread of a sub-agent; `hear` hears its events before everybody else. */
  openAgent(opening: Opening, inherited: Inherited, hear: (event: AgentEvent) => void): Promise<LiveThread>;
  /** Lets the agent's thread be reached by its id, until the function is called; `close` closes it. */
  adopt(live: LiveThread, close: () => Promise<void>): () => void;
}
