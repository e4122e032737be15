/** Settings as doors see and change them: what files and flags say, layer by layer, as JSON. */

export type Settings = Record<string, unknown>;

/** Where settings come from. */
export type ConfigSource =
  | { type: "system" | "user"; file: string }
  | { type: "profile"; file: string; profile: string }
  /** `folder` is the project's `.codex`. */
  | { type: "project"; folder: string }
  | { type: "flags" };

export interface ConfigLayer {
  source: ConfigSource;
  /** `sha256:` and 64 digits over what it says, whatever it looks like. */
  version: string;
  settings: Settings;
  /** Left aside: the project is not trusted. */
  untrusted: boolean;
}

export interface ConfigView {
  /** What all layers together say; paths are absolute. */
  settings: Settings;
  /** The one that wins stands first. */
  layers: ConfigLayer[];
  /** Of each value, by its keys and indices with dots between them: its place in `layers`. */
  origins: Record<string, number>;
  /** Keys that mean nothing here, by the source that has them. */
  unknown: { source: ConfigSource; key: string }[];
}

export interface ConfigEdit {
  path: readonly string[];
  /** JSON; null takes away what is there. */
  value: unknown;
  /** What becomes of a table that is there and is given another: the new one takes its place, or goes into it. */
  merge: "replace" | "upsert";
}

export interface ConfigWritten {
  file: string;
  /** Of the user's layer from now on. */
  version: string;
  /** Where a layer above the user's says something else about one of the places: that layer, and what it comes to. */
  overridden: { layer: ConfigLayer; value: unknown } | null;
}

/** Why settings were not written; stands in `details.reason` of the `config` error. */
export type WriteRefusal = "version_conflict" | "invalid" | "read_only" | "not_found";

export interface FeatureInfo {
  name: string;
  stage: "stable" | "experimental" | "under development" | "deprecated" | "removed";
  defaultOn: boolean;
  on: boolean;
}

/** A model for choosing. */
export interface ModelFacts {
  name: string;
  displayName: string | null;
  description: string | null;
  /** False: people are not shown it. */
  listed: boolean;
  efforts: readonly string[];
  defaultEffort: string | null;
  readsImages: boolean;
  hasPersonalities: boolean;
  /** Which tools for sub-agents it has; null: what features say. */
  agents: "v1" | "v2" | null;
}

/** Where the key of a provider comes from. */
export type ProviderKey =
  | { type: "none" }
  | { type: "variable"; name: string }
  /** A program, a header or the configuration itself. */
  | { type: "configured" };

export interface ProviderFacts {
  id: string;
  name: string;
  /** Null: its own. */
  baseUrl: string | null;
  builtIn: boolean;
  key: ProviderKey;
}

export interface ProfileFacts {
  id: string;
  description: string | null;
  /** False: it cannot be chosen here. */
  allowed: boolean;
}

/** A skill that is there, in use or not. */
export interface SkillFacts {
  name: string;
  description: string;
  shortDescription: string | null;
  /** Its SKILL.md. */
  path: string;
  scope: "user" | "repo" | "system";
  enabled: boolean;
  /** What its `agents/openai.yaml` says about how it is shown. */
  shown: SkillAppearance | null;
  needs: SkillNeed[];
}

export interface SkillAppearance {
  displayName: string | null;
  shortDescription: string | null;
  /** Absolute paths. */
  iconSmall: string | null;
  iconLarge: string | null;
  brandColor: string | null;
  defaultPrompt: string | null;
}

/** A tool that a skill wants. */
export interface SkillNeed {
  type: string;
  value: string;
  description: string | null;
  transport: string | null;
  command: string | null;
  url: string | null;
}

export interface SkillList {
  cwd: string;
  skills: SkillFacts[];
  problems: { path: string; message: string }[];
}

/** An MCP server with everything that it offers. */
export interface McpServerFacts {
  name: string;
  enabled: boolean;
  /** Null: nobody has tried. */
  state: "starting" | "ready" | "failed" | "lost" | null;
  /** Why it is not there. */
  failure: string | null;
  /** Of a server over HTTP. */
  origin: string | null;
  login: "none" | "unknown" | "token" | "oauth";
  info: Record<string, unknown> | null;
  capabilities: Record<string, unknown> | null;
  /** As the server describes them. */
  tools: Record<string, unknown>[];
  resources: Record<string, unknown>[];
  resourceTemplates: Record<string, unknown>[];
}

/** What the machine's administrator asks for; null: nothing of the kind. */
export interface RequirementFacts {
  sandboxModes: readonly string[] | null;
  approvalPolicies: readonly string[] | null;
  approvalsReviewers: readonly string[] | null;
  webSearchModes: readonly string[] | null;
  permissionProfiles: readonly string[] | null;
  defaultProfile: string | null;
  features: Readonly<Record<string, boolean>>;
  managedHooksOnly: boolean;
}

/** Whose a ChatGPT login is. */
export interface ChatgptAccount {
  email: string | null;
  /** As the vendor calls it: `plus`, `enterprise`, ... */
  plan: string | null;
  userId: string | null;
  /** The workspace that requests are counted on. */
  accountId: string | null;
}
