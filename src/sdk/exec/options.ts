/** What a caller may set. Type aliases, as in the official package, so that code written for it keeps its meaning. */
import type { CodexConfigObject } from "../launch/toml.ts";
import type { BinaryChoice } from "../launch/find-binary.ts";
import type { SpawnHook } from "../launch/child.ts";
import type { MalformedLineEvent, ThreadEvent, ThreadItem } from "./events.ts";

export type ApprovalMode = "never" | "on-request" | "on-failure" | "untrusted";
/** Which kinds of questions may be asked, each by its name in `approval_policy.granular`. */
export type GranularApproval = { granular: Record<string, boolean> };
/** Values of older ports, taken under `approvalPolicyAlias` alone. */
export type LegacyApproval = "auto" | "manual";
export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";
export type ModelReasoningEffort =
  | "minimal"
  | "low"
  | "medium"
  | "high"
  | "xhigh"
  | "max"
  | "ultra"
  | "persistent"
  | (string & Record<never, never>);
export type WebSearchMode = "disabled" | "cached" | "indexed" | "live";
export type CyberAccessProgram = "standard" | "daybreak_blue" | "daybreak_red";

/** Where the client says what it does. Takes `console`, and loggers of that shape. Is never shown prompts, arguments or the environment. */
export type SdkLogger = {
  debug?(message: string, fields?: Record<string, unknown>): void;
  warn?(message: string, fields?: Record<string, unknown>): void;
};

export type CodexOptions = {
  /** Which program; default `codex-agent`, the one of this package. */
  binary?: BinaryChoice;
  /** The executable to run, whichever it is. */
  codexPathOverride?: string;
  /** Address of the API of the provider `openai`. */
  baseUrl?: string;
  /** Reaches the program as the variable `CODEX_API_KEY`. */
  apiKey?: string;
  /** Configuration for every turn: each leaf becomes `--config path=value`, with the value in TOML. */
  config?: CodexConfigObject;
  /** `key=value` as the command line takes it, after `config`. */
  configOverrides?: string[];
  /** The whole environment of the program: given, nothing is inherited, unless `inheritEnv` says so. */
  env?: Record<string, string>;
  /** Whether `env` is added to the host's environment; default: only when there is no `env`. */
  inheritEnv?: boolean;
  /** Who the requests to the model say that they come from; default `codex_agent_sdk`. */
  originator?: string;
  /** Milliseconds between the polite end of a program and the forced one; default 2000. */
  killTimeoutMs?: number;
  /** Bytes that one line of the program may have; default 256 MiB. */
  maxLineBytes?: number;
  /** Bytes of stderr that errors carry; default, and at most, 64 KiB. */
  stderrTailBytes?: number;
  /** What a line that is no event does: end the turn (the default), nothing, or become an event of type `malformed_line`. */
  onMalformedLine?: "error" | "skip" | "event";
  /** Which spelling of the flag is passed; the program takes both. */
  jsonFlag?: "--experimental-json" | "--json";
  logger?: SdkLogger;
  /** Starts the program in the place of Node's `spawn`. */
  spawn?: SpawnHook;
};

export type ThreadOptions = {
  model?: string;
  /** Classification stored with a new thread. */
  threadSource?: string;
  sandboxMode?: SandboxMode;
  workingDirectory?: string;
  /** Further directories that may be written to. */
  additionalDirectories?: string[];
  skipGitRepoCheck?: boolean;
  modelReasoningEffort?: ModelReasoningEffort;
  /** Whether commands in the sandbox `workspace-write` reach the network. */
  networkAccessEnabled?: boolean;
  webSearchMode?: WebSearchMode;
  /** As `webSearchMode` `live` or `disabled`, which wins. */
  webSearchEnabled?: boolean;
  approvalPolicy?: ApprovalMode | GranularApproval | LegacyApproval;
  /** Take `auto` for `never` and `manual` for `on-request`, with a warning. */
  approvalPolicyAlias?: boolean;
  /** Keep no record of the thread; it has one turn then. */
  ephemeral?: boolean;
  /** Layers `NAME.config.toml` over the configuration. */
  profile?: string;
  /** Use a local model server. */
  oss?: boolean;
  localProvider?: string;
  /** Run in a managed git worktree. */
  worktree?: boolean;
  ignoreUserConfig?: boolean;
  ignoreRules?: boolean;
  /** Refuse configuration keys that are not known. */
  strictConfig?: boolean;
  /** Features to switch on, and off. */
  enable?: string[];
  disable?: string[];
  /** Have approvals answered by an automatic reviewer. */
  approveForMe?: boolean;
};

export type TurnOptions<Schema = unknown> = {
  /**
   * What the final response must be: a JSON Schema, or an object of a schema library that exports one (Zod 4, ArkType, whatever
   * implements Standard JSON Schema).
   */
  outputSchema?: Schema;
  /** Ends the turn. */
  signal?: AbortSignal;
  cyberAccessProgram?: CyberAccessProgram;
  /** Milliseconds that the turn may take, from the start of the program. */
  timeoutMs?: number;
  /** Milliseconds that may pass without an event while one is waited for. */
  idleTimeoutMs?: number;
  /** Called with each event before the caller's loop gets it; waited for. What it throws ends the turn. */
  onEvent?: (event: ThreadEvent | MalformedLineEvent) => unknown;
  /** Reject with `OutputParseError` when the final response does not satisfy `outputSchema`. */
  strictParse?: boolean;
  /** Reject after a `turn.failed` in a streamed turn as well; `run` always does. */
  throwOnFailedTurn?: boolean;
};

export type StreamCallbacks = {
  /** Called for each start, change and end of an item. */
  onItem?: (item: ThreadItem, phase: "started" | "updated" | "completed") => unknown;
  /** Called with the text of each message of the agent. */
  onText?: (text: string) => unknown;
};

export type UserInput = { type: "text"; text: string } | { type: "local_image"; path: string };
export type Input = string | UserInput[];

/** What `exec review` looks at. */
export type ReviewTarget =
  | { type: "uncommittedChanges" }
  | { type: "baseBranch"; branch: string }
  | { type: "commit"; sha: string; title?: string }
  | { type: "custom"; instructions: string };

export type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : "";

/** The same options by the names of codex-py: `sandbox_mode` for `sandboxMode`. */
export type SnakeCased<Options> = {
  [Key in keyof Options as Key extends string ? SnakeCase<Key> : never]: Options[Key];
};

/** Null and undefined are "not set". */
type Unset<Options> = { [Key in keyof Options]: Options[Key] | null | undefined };

/** Either spelling of each option. */
export type EitherCase<Options> = Unset<Options> | Unset<SnakeCased<Options>>;
