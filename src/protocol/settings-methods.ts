import type { AccountLimits } from "./account-limits.ts";
import type { ThreadOptions } from "./methods.ts";
import type {
  ChatgptAccount,
  ConfigEdit,
  ConfigView,
  ConfigWritten,
  FeatureInfo,
  McpServerFacts,
  ModelFacts,
  ProfileFacts,
  ProviderFacts,
  RequirementFacts,
  SkillList,
} from "./settings.ts";

export interface LocalServerFacts {
  /** `ollama`, `lmstudio`, ...: for `--local-provider`. */
  id: string;
  name: string;
  baseUrl: string;
  models: readonly string[];
  sure: boolean;
}

/** Which configuration is asked about: that of a folder; null: of none, so that no project has a say. */
export interface ConfigOf extends Pick<ThreadOptions, "overrides" | "enable" | "disable" | "profile"> {
  cwd: string | null;
}

/** What doors ask about settings, models, accounts, skills and MCP servers. */
export interface SettingsMethods {
  "config/read": { params: ConfigOf; result: ConfigView };
  /**
   * Changes the user's `config.toml`, all edits or none. A refusal is a `config` error with its `WriteRefusal` in `details.reason`.
   * Threads that are open keep what they were opened with.
   */
  "config/write": {
    params: ConfigOf & { edits: readonly ConfigEdit[]; expectedVersion?: string | null; file?: string | null };
    result: ConfigWritten;
  };
  /** What the machine's administrator asks for; null: nothing. */
  "requirements/read": { params: Record<string, never>; result: { requirements: RequirementFacts | null } };
  /** With `threadId`, as the thread was opened. */
  "feature/list": { params: ConfigOf & { threadId?: string }; result: { features: FeatureInfo[] } };
  "profile/list": { params: ConfigOf; result: { profiles: ProfileFacts[] } };
  /** In the order in which people are shown them; the first that is listed is what is used where nobody chooses. */
  "model/list": { params: ConfigOf; result: { models: ModelFacts[] } };
  /** By id, and the one in use. */
  "provider/list": { params: ConfigOf; result: { providers: ProviderFacts[]; used: string } };
  /** The model servers that run on this machine and may be used; `sure`: they are the user's own or root's. */
  "provider/local": { params: ConfigOf; result: { servers: LocalServerFacts[]; chosen: string | null } };
  /**
   * The login of the built-in provider. `needed`: requests would go out with it. With `reveal`, the key itself, or the token of a
   * ChatGPT login. `renew`: its tokens are made new first, where that goes.
   */
  "account/read": {
    params: ConfigOf & { reveal?: boolean; renew?: boolean };
    result: {
      /** `other`: of a kind that only Codex knows. */
      stored: "apiKey" | "chatgpt" | "other" | null;
      needed: boolean;
      key: string | null;
      /** Of a ChatGPT login, as its own token has it. */
      account: ChatgptAccount | null;
    };
  };
  /** What the account of a ChatGPT login may still use, asked of its vendor. @throws AgentError `credentials_missing` without one */
  "account/limits": {
    params: ConfigOf;
    result: { plan: string | null; accountId: string | null; limits: AccountLimits };
  };
  /** Keeps a key. @throws AgentError `usage` for what can be none */
  "account/login": { params: ConfigOf & { key: string }; result: Record<string, never> };
  /**
   * Begins a login with a ChatGPT account, in place of one that still waits. `page` is where the user goes; `userCode` is what they
   * type there, on any device.
   */
  "account/login/begin": {
    params: ConfigOf & { way: "browser" | "device" };
    result: { loginId: string; page: string; userCode: string | null };
  };
  /** Answers when that login is done. @throws AgentError with why it came to nothing */
  "account/login/wait": { params: { loginId: string }; result: Record<string, never> };
  "account/login/cancel": { params: { loginId: string }; result: { canceled: boolean } };
  /** `revoked`: whoever gave the login has forgotten it, too; null where nobody is to be asked. */
  "account/logout": { params: Record<string, never>; result: { removed: boolean; revoked: boolean | null } };
  /** `extraRoots`: folders with skills that count as the user's. */
  "skill/list": { params: ConfigOf & { cwd: string; extraRoots?: readonly string[] }; result: SkillList };
  /** The folders that skills are looked for in, whether they are there or not. */
  "skill/roots": { params: ConfigOf & { cwd: string }; result: { roots: string[] } };
  /** Switches a skill on or off in the user's `config.toml`, by its name or the path of its SKILL.md. */
  "skill/switch": {
    params: { skill: { name: string } | { path: string }; enabled: boolean };
    result: Record<string, never>;
  };
  /**
   * The MCP servers with what they offer. Without `threadId`, those of the configuration: each is started to be asked, and ended
   * again. `brief`: without resources.
   */
  "mcp/status": {
    params: ConfigOf & { threadId?: string; server?: string; brief?: boolean };
    result: { servers: McpServerFacts[] };
  };
  /** What a server holds at the address; without `threadId`, the server is started for it. Failures are `mcp_failed`. */
  "mcp/resource": {
    params: ConfigOf & { threadId?: string; server: string; uri: string };
    result: Record<string, unknown>;
  };
  /** Calls a tool by the server's own names, and asks nobody: it is the user's own doing. Gives what the server answers. */
  "mcp/call": {
    params: { threadId: string; server: string; tool: string; arguments?: unknown; meta?: Record<string, unknown> };
    result: Record<string, unknown>;
  };
  /** Begins a login by way of the user's browser: the page to open. */
  "mcp/login": {
    params: ConfigOf & { server: string; scopes?: readonly string[] | null; limitMs?: number };
    result: { page: string; loginId: string };
  };
  /** Resolves when the login has succeeded. @throws AgentError `mcp_failed` when it has not */
  "mcp/login/wait": { params: { loginId: string }; result: Record<string, never> };
  /** Threads that have MCP servers go on with those that they would be opened with now. */
  "mcp/reload": { params: Record<string, never>; result: Record<string, never> };
}
