import type { CollaborationMode } from "../protocol/collaboration-mode.ts";
import type { Mode } from "../protocol/modes.ts";
import type { ApprovalPolicy, Permissions, SandboxMode } from "../protocol/permissions.ts";
import type { Homes, Variables } from "./homes.ts";
import type { HookPlace } from "./hooks/places.ts";
import type { LayerKind, OwnRuleSource } from "./layers.ts";
import type { Provider } from "./providers.ts";
import type { TomlTable } from "./toml/toml-values.ts";
import type { TrustLevel } from "./permissions/trust.ts";

/** What a door was told: flags of the command line, or options of a program. */
export interface ConfigInput {
  readonly env: Variables;
  /** `-C`; relative to `from`. */
  readonly cwd?: string | undefined;
  /** The directory that relative paths start from; default: the process's own. */
  readonly from?: string | undefined;
  /** `-c key=value`, raw, in order. */
  readonly overrides?: readonly string[] | undefined;
  readonly profile?: string | undefined;
  readonly model?: string | undefined;
  readonly sandbox?: SandboxMode | undefined;
  readonly addDirs?: readonly string[] | undefined;
  readonly enable?: readonly string[] | undefined;
  readonly disable?: readonly string[] | undefined;
  /** Unknown keys are errors. */
  readonly strict?: boolean | undefined;
  readonly ignoreUserConfig?: boolean | undefined;
  /** Save that the project is trusted before its configuration is read. */
  readonly trust?: boolean | undefined;
  /** Nobody is there to be asked: the approval policy is `never`, unless a reviewer answers. */
  readonly unattended?: boolean | undefined;
  /** Stands above every file. */
  readonly approvalPolicy?: ApprovalPolicy | undefined;
  /** The user is asked before each command and patch that could have an effect. */
  /** Who answers what has to be asked about; absent: as the files say. */
  readonly reviewer?: "user" | "auto_review" | undefined;
  /** Null: none, whatever the files say. */
  readonly mode?: Mode | null | undefined;
  readonly defaultMode?: Mode | undefined;
  readonly ignoreRules?: boolean | undefined;
  readonly collaborationMode?: CollaborationMode | undefined;
  /** What the model is told of the mode, in place of the usual words. */
  readonly modeInstructions?: string | null | undefined;
  /** In place of `model_instructions_file`. */
  readonly baseInstructions?: string | undefined;
  /** Folder of the system's `config.toml` and `requirements.toml`; default `/etc/codex`. */
  readonly systemDirectory?: string | undefined;
}

export interface ShellEnvironmentPolicy {
  readonly inherit: "all" | "core" | "none";
  /** Patterns of names with `*`, as Codex writes them. */
  readonly exclude: readonly string[];
  readonly includeOnly: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  /** Null: not said. */
  readonly ignoreDefaultExcludes: boolean | null;
}

export interface ProjectDocOptions {
  readonly maxBytes: number;
  readonly fallbackNames: readonly string[];
}

/** Everything that was configured, resolved: paths absolute, defaults filled in, deeply frozen. */
export interface Config {
  readonly homes: Homes;
  /** The environment with `$CODEX_HOME/.env` under it. */
  readonly environment: Variables;
  readonly cwd: string;
  /** The nearest directory from `cwd` up with a root marker. */
  readonly projectRoot: string | null;
  readonly trust: TrustLevel | null;
  readonly insideGitRepository: boolean;
  /** Null: the provider's default. */
  readonly model: string | null;
  readonly provider: Provider;
  readonly permissions: Permissions;
  readonly reasoningEffort: string | null;
  readonly reasoningSummary: "auto" | "concise" | "detailed" | "none" | null;
  readonly verbosity: "low" | "medium" | "high" | null;
  readonly webSearch: "disabled" | "cached" | "indexed" | "live";
  /** Null: not said, the model's catalog entry decides. */
  readonly updatePlanEnabled: boolean | null;
  readonly toolOutputTokenLimit: number | null;
  /** Content of `model_instructions_file`, trimmed; replaces the base instructions. */
  readonly modelInstructions: string | null;
  readonly developerInstructions: string | null;
  /** What asks the model for a summary of a long history; null: in our words. */
  readonly compactPrompt: string | null;
  readonly contextWindow: number | null;
  readonly autoCompactTokenLimit: number | null;
  readonly shellEnvironment: ShellEnvironmentPolicy;
  readonly includeEnvironmentContext: boolean;
  readonly includePermissions: boolean;
  readonly includeCollaborationMode: boolean;
  /** False: the list of skills is not shown; skills that a prompt names are brought all the same. */
  readonly includeSkills: boolean;
  /** Tokens that the list of skills may take; null: a share of the window. */
  readonly skillTokens: number | null;
  readonly collaborationMode: CollaborationMode;
  readonly modeInstructions: string | null;
  /** The permission profile that holds, chosen or because nothing was said; null where a sandbox mode was. */
  readonly permissionProfile: string | null;
  /** How the model is to talk; null leaves that to its own instructions. */
  readonly personality: "none" | "friendly" | "pragmatic" | null;
  /** The effort of turns in plan mode; null: as of others. */
  readonly planReasoningEffort: string | null;
  /** A file in the format of `codex debug models` that takes the place of the built-in catalog. */
  readonly modelCatalogFile: string | null;
  /** False: commands run without the login environment, also where a call asks for it. */
  readonly allowLoginShell: boolean;
  /** The longest that a call may wait for a command in the background. */
  readonly backgroundTerminalMaxMs: number;
  readonly logDirectory: string;
  readonly projectDocs: ProjectDocOptions;
  /** Names and paths of skills that are switched off. */
  readonly disabledSkills: ReadonlySet<string>;
  /** Flags that somebody set; what is not here has its default. */
  readonly features: Readonly<Record<string, boolean>>;
  readonly history: { readonly persistence: "save-all" | "none"; readonly maxBytes: number | null };
  /** Where hooks are configured; empty where there are none. `src/config/hooks` reads them. */
  readonly hooks: { readonly places: readonly HookPlace[]; readonly state: TomlTable };
  /** A program and its first arguments, told of the end of each turn; empty: none. */
  readonly notify: readonly string[];
  /** Our own table `[codex_agent]`, as it stands. */
  readonly codexAgent: TomlTable;
  /** Every `[[codex_agent.rules]]`, of all files that count. */
  readonly ownRules: readonly OwnRuleSource[];
  /** Codex's rule files are left unread. */
  readonly ignoreRules: boolean;
  /** Variables that commands must not see. */
  readonly secretNames: ReadonlySet<string>;
  /** A model, a provider or a key was set up somehow; without any, the clone's start uses the demo model. */
  readonly hasAnyModelSetup: boolean;
  /** The merged table, for what has no field of its own (`mcp_servers`, ...). */
  readonly settings: TomlTable;
  /** Where each leaf of `settings` came from, by dotted key. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** For stderr, once. */
  readonly warnings: readonly string[];
  /** For the user by way of the door: error items of `exec --json`. */
  readonly notices: readonly string[];
  /** Keys set in files that Codex knows and that have no effect here; for `config show` and `--strict-config`. */
  readonly ignoredKeys: readonly string[];
}

export interface Origin {
  readonly kind: LayerKind;
  readonly source: string;
  /** Where relative paths in it start. */
  readonly base: string;
}
