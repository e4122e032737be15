import type { ClientTool } from "./client-tools.ts";
import type { AgentInfo } from "./agents.ts";
import type { Goal, GoalChange } from "./goals.ts";
import type { McpServerStatus } from "./mcp.ts";
import type { CollaborationMode } from "./collaboration-mode.ts";
import type { DeskMethods } from "./desk.ts";
import type { GuardMethods } from "./guard-methods.ts";
import type { InputElement } from "./items.ts";
import type { Mode } from "./modes.ts";
import type { ApprovalPolicy, Permissions, SandboxMode } from "./permissions.ts";
import type { Answer } from "./questions.ts";
import type { ResponseItem } from "./response-items.ts";
import type { ReviewTarget } from "./review.ts";
import type { DiffReport, RewindReport, RewindScope } from "./rewind.ts";
import type { SettingsMethods } from "./settings-methods.ts";
import type { StoredTurn, ThreadListParams, ThreadPage, ThreadSummary } from "./threads.ts";
import type { TokenUsage } from "./usage.ts";

/** Settings of a thread that whoever opens it may give; what is left out comes from the configuration. */
export interface ThreadOptions {
  cwd?: string;
  model?: string;
  /** A file `NAME.config.toml` or a table `[profiles.NAME]`. */
  profile?: string;
  sandbox?: SandboxMode | undefined;
  approvalPolicy?: ApprovalPolicy;
  /** A mode of ours, whose other settings stand beside it; null: none, whatever the configuration says. */
  mode?: Mode | null;
  /** Who answers what has to be asked about; `auto_review`: a model, in requests of its own. Default: as configured, else the user. */
  reviewer?: "user" | "auto_review";
  /** Where neither options nor configuration say what may be done. */
  defaultMode?: Mode;
  /** Codex's rule files are left unread. */
  ignoreRules?: boolean;
  /** How user and model work together; `plan` talks a task over before anything is done. Default: `default`, or what a thread that is resumed was in. */
  collaborationMode?: CollaborationMode;
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
  /** Whether a turn that ends with an active goal begins the next one by itself. Default: yes. */
  continueGoals?: boolean;
  /** Whether the end of a command in the background begins a turn, once, when none runs. Default: no. */
  wakeOnExit?: boolean;
  /** Keep what files were before each turn, so that it can be taken back, also where no mode of ours holds. Default: no. */
  keepSnapshots?: boolean;
  /** Run hooks that nobody has trusted. */
  bypassHookTrust?: boolean;
  /** Use the offline demo model. */
  demo?: boolean;
  /** Use a model server that runs on this machine. */
  oss?: boolean;
  /** Which one: `ollama`, `lmstudio`, `vllm`, `llamacpp`. */
  localProvider?: string;
  ephemeral?: boolean;
  /** Tools of whoever opens the thread, kept with it. Default: those that it was made with. */
  tools?: readonly ClientTool[];
  /** In place of the model's instructions. */
  baseInstructions?: string;
  /** What the model is told of the mode, in place of the usual words; null: those. */
  modeInstructions?: string | null;
  /** Classification stored with a new thread; null: none. Default: `user`. */
  threadSource?: string | null;
}

export interface ThreadInfo {
  threadId: string;
  /** What lists show of it; the times of a thread that was read are those of its file. */
  summary: ThreadSummary;
  cwd: string;
  model: string;
  provider: string;
  permissions: Permissions;
  collaborationMode: CollaborationMode;
  /** As configured; null leaves it to the model. */
  reasoningEffort: string | null;
  reasoningSummary: string | null;
  /** Tokens that a turn may fill. */
  contextWindow: number;
  modeInstructions: string | null;
  serviceTier: string | null;
  personality: string | null;
  /** The permission profile that holds, as it is named in the configuration; null: other settings do. */
  permissionProfile: string | null;
  /** The rollout file; null of an ephemeral thread. */
  path: string | null;
  usage: TokenUsage;
  /** What the user should know before the first turn, oldest first. */
  warnings: readonly string[];
  /** What went well enough to go on, for the log alone. */
  notices: readonly string[];
}

export type ThreadLookup = (
  | { by: "id"; id: string }
  | { by: "name"; name: string }
  | { by: "last"; cwd: string | null }
) & { archived?: boolean };

/** What the next turns of a thread are to use; what is left out stays. */
export interface ThreadSettings {
  model?: string;
  /** Null: as the model has it. */
  reasoningEffort?: string | null;
  /** Undefined, where it is named: none is said any more. */
  sandbox?: SandboxMode | undefined;
  approvalPolicy?: ApprovalPolicy;
  mode?: Mode | null;
  collaborationMode?: CollaborationMode;
  modeInstructions?: string | null;
  cwd?: string;
  reviewer?: "user" | "auto_review";
  /** As the option: these come behind those that are there, and take the place of those with the same key. */
  overrides?: readonly string[];
}

/** A turn that was accepted and has not ended. */
export interface WaitingTurn {
  turnId: string;
  /** The text of its input. */
  text: string;
}

/** What is known of a folder before a thread opens there. */
export interface WorkspaceInfo {
  cwd: string;
  /** What the user has said about the project; null: nothing yet. */
  trust: "trusted" | "untrusted" | null;
  /** A model, a provider or a key is set up somehow. */
  modelConfigured: boolean;
  /** Names of models for `thread/settings`. */
  models: readonly string[];
}

/**
 * The method table: what every door can ask of the host. Failures are `AgentError`s with the codes of `errors.ts`.
 */
export interface Methods extends DeskMethods, GuardMethods, SettingsMethods {
  "thread/start": { params: ThreadOptions; result: ThreadInfo };
  "thread/resume": { params: ThreadOptions & { threadId: string }; result: ThreadInfo };
  /** `throughTurn`: the last turn that the fork knows; null: it knows none. */
  "thread/fork": { params: ThreadOptions & { threadId: string; throughTurn?: string | null }; result: ThreadInfo };
  /** The id that a name, an id or "the last one" means; null when nothing fits. */
  "thread/find": { params: ThreadLookup; result: { threadId: string | null } };
  "thread/list": { params: ThreadListParams; result: ThreadPage };
  /** A stored thread with its transcript, archived ones too. Takes no lock. */
  "thread/read": {
    params: { threadId: string };
    result: {
      thread: ThreadSummary;
      turns: StoredTurn[];
      archived: boolean;
      /** What its last turn was asked of; nulls before the first. */
      model: string | null;
      reasoningEffort: string | null;
      /** Of its last response. */
      lastUsage: TokenUsage | null;
    };
  };
  /**
   * Threads in which the text was said, by user or agent, whatever its case, each with the place in words. As `thread/list`, but for
   * what it looks at.
   */
  "thread/search": {
    params: ThreadListParams & { text: string };
    result: { found: { thread: ThreadSummary; words: string; at: number }[] } & Omit<ThreadPage, "threads">;
  };
  "thread/rename": { params: { threadId: string; name: string }; result: Record<string, never> };
  /** Puts a thread away, and closes it first where it is open here; it cannot be resumed until `thread/unarchive`. */
  "thread/archive": { params: { threadId: string }; result: Record<string, never> };
  "thread/unarchive": { params: { threadId: string }; result: Record<string, never> };
  /** Removes a thread for ever; `thread_busy` while a fork goes on from it. */
  "thread/delete": { params: { threadId: string }; result: Record<string, never> };
  /**
   * Takes the turns behind `to` back (a number of turns that are kept, or the id of the last one): the files that they changed, the
   * conversation, or `both` (default). Closes the thread first where it is open here; `thread_busy` while a turn runs.
   * Where something is in the way nothing is done, and `conflicts` say why; `overwrite` goes on all the same.
   */
  "thread/rewind": {
    params: { threadId: string; to: number | string; scope?: RewindScope; preview?: boolean; overwrite?: boolean };
    result: RewindReport;
  };
  /**
   * Takes a turn of an open thread back and all behind it, in words alone, and opens the thread again as it was open before. A turn
   * that runs is interrupted. `turn_not_found` for one that it does not have.
   */
  "thread/revert": { params: { threadId: string; before: string }; result: ThreadInfo };
  /** Items of the Responses API for the model, which nobody said: into the running turn, or before the next one. */
  "thread/inject": { params: { threadId: string; items: readonly ResponseItem[] }; result: Record<string, never> };
  /** Takes the last rewind back that was not undone yet. */
  "thread/rewind/undo": {
    params: { threadId: string; preview?: boolean; overwrite?: boolean };
    result: RewindReport;
  };
  /** What the thread changed in files, or one turn of it: a number from 1 on, or an id. */
  "thread/diff": { params: { threadId: string; turn?: number | string }; result: DiffReport };
  /** Changes what the next turns use. While one runs or waits: `thread_busy`, or `hold`: it counts from the next turn on. */
  "thread/settings": {
    params: ThreadSettings & { threadId: string; whenBusy?: "reject" | "hold" };
    result: ThreadInfo;
  };
  /** The turn that runs, and those that wait for their own, in order. */
  "turn/queue": {
    params: { threadId: string };
    result: { running: WaitingTurn | null; waiting: WaitingTurn[] };
  };
  /** Runs a line of the user's own in their shell, without walls: in the running turn, or in one of its own. */
  "command/run": {
    params: { threadId: string; command: string; timeoutMs?: number };
    result: { turnId: string };
  };
  /** Commands of the thread that go on in the background. */
  "command/list": {
    params: { threadId: string };
    result: { commands: { id: string; itemId: string; argv: string[]; cwd: string; pid: number }[] };
  };
  /** Ends one of them, or all; gives how many. */
  "command/end": { params: { threadId: string; id?: string }; result: { ended: number } };
  /** The AGENTS.md files that the model of a thread is shown, as they are now. */
  "thread/instructions": { params: { threadId: string }; result: { files: readonly string[] } };
  /** A text as it may leave: without the secrets that the environment, the login and the configuration of an open thread hold. */
  "thread/redact": { params: { threadId: string; text: string }; result: { text: string } };
  "workspace/read": { params: ThreadOptions; result: WorkspaceInfo };
  /** What users typed at prompts, oldest first, `limit` of them at most; the same list for all threads of a home. */
  "history/read": { params: { limit: number }; result: { texts: string[] } };
  /** Keeps what was typed, where the configuration allows that. */
  "history/append": { params: { threadId: string; text: string }; result: Record<string, never> };
  /** The sub-agents that the thread has made since it was opened, the oldest first. */
  "agent/children": { params: { threadId: string }; result: { agents: AgentInfo[] } };
  /** Ends the thread's work and processes and gives its journal free. */
  "thread/close": { params: { threadId: string }; result: Record<string, never> };
  /** Has the model sum up the history and goes on with the summary in its place, in a turn of its own. */
  "thread/compact": { params: { threadId: string }; result: { turnId: string; status: "started" | "queued" } };
  /**
   * Has another thread, which changes nothing and is told nothing of this one, look through changes. That takes a turn of this
   * thread, which tells what the other does as its own doing; `label` says in a line what is looked at. A target that names
   * nothing is `usage`.
   */
  "review/start": {
    params: { threadId: string; target: ReviewTarget };
    result: { turnId: string; label: string };
  };
  /**
   * Starts a turn, or does with the input what `whenBusy` says while one runs: `queue` it as a turn of its own
   * (default), `steer` the running one, or `reject`. The same `inputId` is taken once. `settings` hold from the turn on; where
   * the input joins the running turn, from the next one. A turn whose settings cannot be had fails, and changes nothing.
   */
  "turn/start": {
    params: {
      threadId: string;
      input: readonly InputElement[];
      inputId?: string;
      /** Shown with the message. */
      clientId?: string;
      outputSchema?: unknown;
      trigger?: string | null;
      whenBusy?: "queue" | "steer" | "reject";
      settings?: ThreadSettings;
      /** The provider is told it with each request of the turn, beside what it is told anyway. */
      metadata?: Readonly<Record<string, string>>;
    };
    result: { turnId: string; status: "started" | "queued" | "steered" };
  };
  "turn/steer": {
    params: {
      threadId: string;
      expectedTurnId?: string;
      input: readonly InputElement[];
      inputId?: string;
      clientId?: string;
      /** As that of `turn/start`, from the next request on. */
      metadata?: Readonly<Record<string, string>>;
    };
    result: { turnId: string };
  };
  "turn/interrupt": { params: { threadId: string; turnId?: string; reason?: string }; result: Record<string, never> };
  /** The MCP servers of the thread and what they offer; those that still start are not waited for. */
  "mcp/servers": { params: { threadId: string }; result: { servers: McpServerStatus[] } };
  /** The words of a server's prompt, to be said or changed by the user. */
  "mcp/prompt": {
    params: { threadId: string; server: string; name: string; arguments?: Record<string, string> };
    result: { text: string };
  };
  "thread/goal/get": { params: { threadId: string }; result: { goal: Goal | null } };
  /** Changes the goal, or makes one of an `objective`. An active one begins a turn when none runs. */
  "thread/goal/set": { params: { threadId: string } & GoalChange; result: { goal: Goal } };
  /** `cleared` is false when there was none. */
  "thread/goal/clear": { params: { threadId: string }; result: { cleared: boolean } };
  /**
   * A command as a thread with these options would run it, to be run by whoever asks: `argv` builds the walls and becomes the
   * command. `commandCwd`: where it runs, when that is not the folder that the walls are for. `environment` adds variables, and
   * takes those away that are null. `network`: it is open in any case. `seconds` is the longest that it may take; `walls` null:
   * it has none. To be given back with `command/release` when it has ended.
   */
  "command/prepare": {
    params: ThreadOptions & {
      argv: readonly string[];
      commandCwd?: string;
      environment?: Readonly<Record<string, string | null>>;
      network?: boolean;
    };
    result: {
      commandId: string;
      argv: readonly string[];
      cwd: string;
      environment: Readonly<Record<string, string>>;
      seconds: number | null;
      walls: string | null;
    };
  };
  /**
   * Keeps a conversation that was held elsewhere as a thread of its own, which is not opened. Times are milliseconds since the
   * Unix epoch.
   */
  "thread/import": {
    params: ThreadOptions & { turns: readonly { text: string; answers: readonly string[]; atMs: number }[] };
    result: { threadId: string };
  };
  "command/release": { params: { commandId: string }; result: Record<string, never> };
  /** The first answer counts: a later one is `question_not_found`. One that does not fit the question is `usage`. */
  "question/answer": {
    params: { threadId: string; questionId: string; answer: Answer };
    result: Record<string, never>;
  };
}

export type MethodName = keyof Methods;
export type ParamsOf<Name extends MethodName> = Methods[Name]["params"];
export type ResultOf<Name extends MethodName> = Methods[Name]["result"];
