import type { Config } from "../../config/config.ts";
import type { Thread } from "../../kernel/thread.ts";
import type { TurnInput } from "../../kernel/turn-setup.ts";
import type { AgentInfo } from "../../protocol/agents.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { InputElement } from "../../protocol/items.ts";
import type { ThreadInfo, ThreadOptions, ThreadSettings } from "../../protocol/methods.ts";
import type { ReviewTarget } from "../../protocol/review.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { Tool } from "../../tools/tool.ts";
import type { ExecTools } from "../../tools/exec/create-exec-tools.ts";
import type { Approvals } from "../guard/approvals.ts";
import type { LedgerKeeper } from "../guard/ledger-keeper.ts";
import type { LeftBehind } from "../left-behind.ts";
import type { Meter } from "../parts/budget.ts";
import type { GoalKeeper, Inherited, McpKeeper } from "../parts/part.ts";
import type { Questions } from "../questions.ts";
import type { CommandWalls } from "../walls/command-walls.ts";
import type { Workspace } from "../workspace.ts";

/** Who opens threads through a host. */
export interface Caller {
  /** Sent as `originator`: `codex_exec`, a client's name, ... */
  originator: string;
  /** The name in brackets of the user agent. */
  client: string;
  /** Of a client that is not ours. */
  clientVersion?: string;
  /** What made the thread, as the journal keeps it: `exec`, ... */
  source: string;
  /** Whose threads they are: Codex's (default), or those of the runtime's home. */
  threads?: "codex" | "runtime";
  /** Tools that the program brings; asked before each request. */
  tools?(): readonly Tool[];
  /** The offline demo model stands in when no model, provider or key is configured at all. */
  demoWhenUnconfigured: boolean;
}

export interface LiveThread {
  readonly thread: Thread;
  readonly questions: Questions;
  readonly approvals: Approvals;
  /** Null where no MCP server is configured. */
  readonly mcp: McpKeeper | null;
  /** Null where goals are switched off. */
  readonly goals: GoalKeeper | null;
  readonly info: ThreadInfo;
  readonly config: Config;
  readonly exec: ExecTools;
  /** Tokens that the model is shown of one output, as things are now. */
  readonly outputTokens: number;
  /** What it would be opened with to be as it is now. */
  readonly options: ThreadOptions;
  /** Changes what the next turns use. @throws AgentError `thread_busy` while one runs or waits. */
  change(settings: ThreadSettings): Promise<ThreadInfo>;
  /** Goes on with the MCP servers that it would be opened with now, where it has any. @throws AgentError `config` */
  reloadServers(): Promise<void>;
  /** Has another thread look through changes, in a turn of this one. @throws AgentError `usage` for a target that names nothing. */
  review(target: ReviewTarget): Promise<{ turnId: string; label: string }>;
  /** The sub-agents that the thread has made since it was opened. */
  agents(): AgentInfo[];
  /** @throws AgentError `usage` for input that the model cannot be given. */
  input(elements: readonly InputElement[]): TurnInput;
  close(): Promise<void>;
}

export type Opening =
  | { type: "new" }
  | { type: "resume"; threadId: string }
  /** `warm`: its source is open here. */
  | { type: "fork"; threadId: string; warm?: boolean; throughTurn?: string | null };

export interface Machine {
  walls: CommandWalls;
  system: System;
  ids: Ids;
  emit(event: AgentEvent): void;
  leftBehind: LeftBehind;
  ledger: LedgerKeeper;
  /** Aborts when the host closes: what a thread that is being opened waits for is not waited for any more. */
  closing: AbortSignal;
  /** Lets the thread of a sub-agent be reached by its id, until the function is called; `close` closes it. */
  adopt(live: LiveThread, close: () => Promise<void>): () => void;
}

/** Git is asked once for a tree of agents: in a large repository, it takes longer than they do. */
export interface Descent extends Inherited {
  readonly workspace: Workspace | null;
  readonly meter: Meter | null;
}
