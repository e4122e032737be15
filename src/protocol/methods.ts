import type { InputElement } from "./items.ts";
import type { Permissions, SandboxMode } from "./permissions.ts";
import type { Answer } from "./questions.ts";
import type { TokenUsage } from "./usage.ts";

/** Settings of a thread that whoever opens it may give; what is left out comes from the configuration. */
export interface ThreadOptions {
  cwd?: string;
  model?: string;
  /** A file `NAME.config.toml` or a table `[profiles.NAME]`. */
  profile?: string;
  sandbox?: SandboxMode;
  addDirectories?: readonly string[];
  /** `key=value`, dotted keys, values in TOML. */
  overrides?: readonly string[];
  enable?: readonly string[];
  disable?: readonly string[];
  strictConfig?: boolean;
  ignoreUserConfig?: boolean;
  /** Store that the project is trusted, and use its configuration. */
  trust?: boolean;
  /** Refuse to start outside of a git repository or a trusted directory. */
  requireRepository?: boolean;
  /** Nobody is there to answer: whatever would ask is denied. */
  unattended?: boolean;
  /** Use the offline demo model. */
  demo?: boolean;
  ephemeral?: boolean;
  /** Classification stored with a new thread. */
  threadSource?: string;
}

export interface ThreadInfo {
  threadId: string;
  cwd: string;
  model: string;
  provider: string;
  permissions: Permissions;
  /** As configured; null leaves it to the model. */
  reasoningEffort: string | null;
  reasoningSummary: string | null;
  /** The rollout file; null of an ephemeral thread. */
  path: string | null;
  usage: TokenUsage;
  /** What the user should know before the first turn, oldest first. */
  warnings: readonly string[];
  /** What went well enough to go on, for the log alone. */
  notices: readonly string[];
}

export type ThreadLookup = { by: "id"; id: string } | { by: "name"; name: string } | { by: "last"; cwd: string | null };

/**
 * The method table: what every door can ask of the host. Failures are `AgentError`s with the codes of `errors.ts`.
 */
export interface Methods {
  "thread/start": { params: ThreadOptions; result: ThreadInfo };
  "thread/resume": { params: ThreadOptions & { threadId: string }; result: ThreadInfo };
  "thread/fork": { params: ThreadOptions & { threadId: string; throughTurn?: string }; result: ThreadInfo };
  /** The id that a name, an id or "the last one" means; null when nothing fits. */
  "thread/find": { params: ThreadLookup; result: { threadId: string | null } };
  /** Ends the thread's work and processes and gives its journal free. */
  "thread/close": { params: { threadId: string }; result: Record<string, never> };
  /**
   * Starts a turn, or does with the input what `whenBusy` says while one runs: `queue` it as a turn of its own
   * (default), `steer` the running one, or `reject`. The same `inputId` is taken once.
   */
  "turn/start": {
    params: {
      threadId: string;
      input: readonly InputElement[];
      inputId?: string;
      outputSchema?: unknown;
      trigger?: string;
      whenBusy?: "queue" | "steer" | "reject";
    };
    result: { turnId: string; status: "started" | "queued" | "steered" };
  };
  "turn/steer": {
    params: { threadId: string; expectedTurnId?: string; input: readonly InputElement[]; inputId?: string };
    result: { turnId: string };
  };
  "turn/interrupt": { params: { threadId: string; turnId?: string; reason?: string }; result: Record<string, never> };
  /** The first answer counts: a later one is `question_not_found`. One that does not fit the question is `usage`. */
  "question/answer": {
    params: { threadId: string; questionId: string; answer: Answer };
    result: Record<string, never>;
  };
}

export type MethodName = keyof Methods;
export type ParamsOf<Name extends MethodName> = Methods[Name]["params"];
export type ResultOf<Name extends MethodName> = Methods[Name]["result"];
