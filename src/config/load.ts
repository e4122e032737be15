import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { AgentError } from "../protocol/errors.ts";
import type { Config, ConfigInput, ShellEnvironmentPolicy } from "./config.ts";
import { secretNames } from "./secrets/credentials.ts";
import { withDotenv } from "./dotenv.ts";
import { findHomes, type Homes, type Variables } from "./homes.ts";
import { readLayers, type Layers, type LayerSources } from "./layers.ts";
import { withMode } from "./permissions/mode.ts";
import { absolutePath, resolvePermissions } from "./permissions/permissions.ts";
import { findGitRoot } from "./project.ts";
import { resolveProvider } from "./providers.ts";
import { errorCode, readHead } from "./read-text.ts";
import {
  enforceRequirements,
  readRequirements,
  withAllowedServers,
  type Requirements,
} from "./permissions/requirements.ts";
import { emptyTable, isTable, valueAt, type TomlTable, type TomlValue } from "./toml/toml-values.ts";
import { saveTrust } from "./permissions/trust.ts";

const maxInstructionBytes = 4 << 20;
const defaultProjectDocBytes = 32_768;
const defaultBackgroundMs = 300_000;

/** Reads and resolves the whole configuration (CF-1). Throws `AgentError` with what to show; see `startupErrorText`. */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const cwd = resolveCwd(input);
  const homes = findHomes(input.env);
  const environment = withDotenv(input.env, homes.codex);
  const systemDirectory = input.systemDirectory ?? "/etc/codex";
  const sources: LayerSources = {
    cwd,
    codexHome: homes.codex,
    systemDirectory,
    overrides: [...(input.overrides ?? []), ...(await featureOverrides(input))],
    profile: input.profile ?? null,
    strict: input.strict ?? false,
    ignoreUserConfig: input.ignoreUserConfig ?? false,
  };
  let layers = await readLayers(sources);
  if (input.trust && layers.trust !== "trusted") {
    await saveTrust(homes, cwd, layers.projectRoot);
    layers = await readLayers(sources);
  }
  const requirements = await readRequirements(systemDirectory);
  return freeze(resolveConfig(input, { cwd, homes, environment, layers, requirements }));
}

interface Facts {
  readonly cwd: string;
  readonly homes: Homes;
  readonly environment: Variables;
  readonly layers: Layers;
  readonly requirements: Requirements | null;
}

/** What holds where nothing was said, by its sandbox. */
const unsaidProfiles: Partial<Record<Config["permissions"]["sandbox"], string>> = {
  "read-only": ":read-only",
  "workspace-write": ":workspace",
};

function resolveConfig(given: ConfigInput, facts: Facts): Config {
  const { layers, homes, cwd, environment, requirements } = facts;
  const input = withMode(given, layers.merged);
  const { settings, notices } = withAllowedServers(layers.merged, requirements);
  const read = reader(settings);
  refuseLegacyProfile(settings);
  const { permissions, profile } = resolvePermissions(input, facts);
  if (requirements !== null) enforceRequirements(requirements, permissions, profile);
  const isSandboxSaid = input.sandbox !== undefined || read<string>("sandbox_mode") !== null;
  return {
    homes,
    environment,
    cwd,
    projectRoot: layers.projectRoot,
    trust: layers.trust,
    insideGitRepository: findGitRoot(cwd) !== null,
    model: resolveModel(input.model ?? read<string>("model")),
    provider: resolveProvider(settings, environment),
    permissions,
    reasoningEffort: read<string>("model_reasoning_effort"),
    reasoningSummary: read<NonNullable<Config["reasoningSummary"]>>("model_reasoning_summary"),
    verbosity: read<NonNullable<Config["verbosity"]>>("model_verbosity"),
    // Who may reach everything anyway gets the live web, as with Codex.
    webSearch: allowedSearch(
      read<Config["webSearch"]>("web_search") ?? (permissions.sandbox === "danger-full-access" ? "live" : "cached"),
      requirements,
    ),
    updatePlanEnabled: read<boolean>("tools", "update_plan", "enabled"),
    toolOutputTokenLimit: read<number>("tool_output_token_limit"),
    modelInstructions: input.baseInstructions ?? readPromptFile("model_instructions_file", read, facts),
    developerInstructions: joined(read<string>("developer_instructions"), requirements?.developerInstructions ?? null),
    compactPrompt:
      (read<string>("compact_prompt")?.trim() || null) ??
      readPromptFile("experimental_compact_prompt_file", read, facts),
    contextWindow: read<number>("model_context_window"),
    autoCompactTokenLimit: read<number>("model_auto_compact_token_limit"),
    shellEnvironment: resolveShellEnvironment(read),
    includeEnvironmentContext: read<boolean>("include_environment_context") ?? true,
    includePermissions: read<boolean>("include_permissions_instructions") ?? true,
    includeCollaborationMode: read<boolean>("include_collaboration_mode_instructions") ?? true,
    includeSkills: read<boolean>("skills", "include_instructions") ?? true,
    skillTokens: read<number>("skills", "max_context_tokens"),
    collaborationMode: input.collaborationMode ?? "default",
    modeInstructions: input.modeInstructions ?? null,
    permissionProfile: profile ?? (isSandboxSaid ? null : (unsaidProfiles[permissions.sandbox] ?? null)),
    personality: read<NonNullable<Config["personality"]>>("personality"),
    planReasoningEffort: read<string>("plan_mode_reasoning_effort"),
    modelCatalogFile: configuredPath("model_catalog_json", read, facts),
    allowLoginShell: read<boolean>("allow_login_shell") ?? true,
    backgroundTerminalMaxMs: read<number>("background_terminal_max_timeout") ?? defaultBackgroundMs,
    logDirectory: configuredPath("log_dir", read, facts) ?? join(homes.codex, "log"),
    projectDocs: {
      maxBytes: read<number>("project_doc_max_bytes") ?? defaultProjectDocBytes,
      fallbackNames: read<string[]>("project_doc_fallback_filenames") ?? [],
    },
    disabledSkills: disabledSkills(read<TomlTable[]>("skills", "config") ?? []),
    features: { ...resolveFeatures(read<TomlTable>("features") ?? emptyTable()), ...requirements?.features },
    history: {
      persistence: read<"save-all" | "none">("history", "persistence") ?? "save-all",
      maxBytes: read<number>("history", "max_bytes"),
    },
    hooks: {
      places: [...(requirements?.hooks ?? []), ...(requirements?.managedHooksOnly === true ? [] : layers.hookPlaces)],
      state: layers.hookState,
    },
    notify: read<string[]>("notify") ?? [],
    codexAgent: read<TomlTable>("codex_agent") ?? emptyTable(),
    ownRules: layers.ownRules,
    ignoreRules: input.ignoreRules ?? false,
    secretNames: secretNames(settings),
    hasAnyModelSetup: hasAnyModelSetup(input, facts),
    settings,
    origins: layers.origins,
    warnings: startupWarnings(facts),
    notices: [...layers.notices, ...notices],
    ignoredKeys: layers.ignoredKeys,
  };
}

/** Values of the merged table; the layers were checked when they were read, so a value that is there has its type. */
type Reader = <Value extends TomlValue>(...path: string[]) => Value | null;

const reader =
  (settings: TomlTable): Reader =>
  <Value extends TomlValue>(...path: string[]) =>
    (valueAt(settings, path) as Value | undefined) ?? null;

function resolveCwd(input: ConfigInput): string {
  const path = resolve(input.from ?? processCwd(), input.cwd ?? ".");
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined && input.cwd === undefined) throw cwdGone();
  if (stat === undefined)
    throw new AgentError("config", "No such file or directory (os error 2)", { details: { path } });
  if (!stat.isDirectory()) throw new AgentError("config", "Not a directory (os error 20)", { details: { path } });
  return path;
}

function processCwd(): string {
  try {
    return process.cwd();
  } catch {
    throw cwdGone();
  }
}

const cwdGone = (): AgentError =>
  new AgentError("config", "The current directory no longer exists; change to another one, or name one with -C");

/** `--enable` and `--disable`, as `-c` says the same. @throws AgentError `config` */
export async function featureOverrides(input: Pick<ConfigInput, "enable" | "disable">): Promise<string[]> {
  const flags = [
    ...(input.enable ?? []).map((name) => [name, true] as const),
    ...(input.disable ?? []).map((name) => [name, false] as const),
  ];
  if (flags.length === 0) return [];
  const { featureNames } = await import("./schema/features.ts");
  return flags.map(([name, on]) => {
    if (!featureNames.has(name)) throw new AgentError("config", `Unknown feature flag: ${name}`);
    return `features."${name}"=${on}`;
  });
}

function refuseLegacyProfile(settings: TomlTable): void {
  const profile = settings["profile"];
  if (profile === undefined) return;
  throw new AgentError(
    "config",
    `The key \`profile\` in config.toml is no longer supported: remove it and give --profile ${String(profile)} instead`,
  );
}

const baseOf = (facts: Facts, key: string): string => facts.layers.origins.get(key)?.base ?? facts.cwd;

function resolveModel(model: string | null): string | null {
  if (model === null) return null;
  if (model.trim() === "")
    throw new AgentError("config", "The model's name is empty; name one with -m, or leave `model` out");
  return model;
}

/** The text of the file that the key names, trimmed; null when it names none. */
function readPromptFile(key: string, read: Reader, facts: Facts): string | null {
  const file = read<string>(key);
  if (file === null) return null;
  const path = absolutePath(file, baseOf(facts, key), facts.homes);
  const fail = (reason: string): AgentError => new AgentError("config", `The file of \`${key}\`, ${path}, ${reason}`);
  let text: string | undefined;
  try {
    text = readHead(path, maxInstructionBytes)?.bytes.toString("utf8").trim();
  } catch (error) {
    throw fail(`cannot be read (${errorCode(error)})`);
  }
  if (text === undefined) throw fail(existsSync(path) ? "is not a regular file" : "does not exist");
  if (text === "") throw fail("is empty");
  return text;
}

const joined = (one: string | null, other: string | null): string | null =>
  [one, other].filter((text) => text !== null && text !== "").join("\n\n") || null;

/** Where the machine does not allow what would be used, the provider searches for nobody. */
function allowedSearch(mode: Config["webSearch"], requirements: Requirements | null): Config["webSearch"] {
  const allowed = requirements?.webSearchModes ?? null;
  return allowed === null || allowed.includes(mode) ? mode : "disabled";
}

function configuredPath(key: string, read: Reader, facts: Facts): string | null {
  const path = read<string>(key);
  return path === null ? null : absolutePath(path, baseOf(facts, key), facts.homes);
}

function resolveShellEnvironment(read: Reader): ShellEnvironmentPolicy {
  const policy = <Value extends TomlValue>(key: string) => read<Value>("shell_environment_policy", key);
  return {
    inherit: policy<ShellEnvironmentPolicy["inherit"]>("inherit") ?? "all",
    exclude: policy<string[]>("exclude") ?? [],
    includeOnly: policy<string[]>("include_only") ?? [],
    set: { ...policy<Record<string, string>>("set") },
    ignoreDefaultExcludes: policy<boolean>("ignore_default_excludes"),
  };
}

function disabledSkills(entries: readonly TomlTable[]): ReadonlySet<string> {
  const disabled = new Set<string>();
  for (const entry of entries) {
    if (entry["enabled"] !== false) continue;
    for (const value of [entry["name"], entry["path"]]) if (typeof value === "string") disabled.add(value);
  }
  return disabled;
}

function resolveFeatures(table: TomlTable): Record<string, boolean> {
  const on = (value: TomlValue): boolean => (isTable(value) ? value["enabled"] !== false : value === true);
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, on(value)]));
}

function hasAnyModelSetup(input: ConfigInput, { layers, environment, homes }: Facts): boolean {
  const keys = ["model", "model_provider", "model_providers", "openai_base_url", "model_catalog_json"];
  return (
    input.model !== undefined ||
    input.profile !== undefined ||
    keys.some((key) => layers.merged[key] !== undefined) ||
    [environment["CODEX_API_KEY"], environment["OPENAI_API_KEY"]].some(Boolean) ||
    existsSync(join(homes.codex, "auth.json"))
  );
}

/** Keys whose silent loss would leave the user with less than they asked for. */
const worthTelling = ["auto_review", "model_post_turn_compact_threshold_percent"];

function startupWarnings({ layers }: Facts): string[] {
  const warnings: string[] = [];
  if (layers.untrusted.length > 0) {
    warnings.push(
      "This project brings its own configuration, which is ignored because the project is not trusted. To use it, now and later, run again with --trust.",
    );
  }
  const lost = worthTelling.filter((key) => layers.merged[key] !== undefined && layers.merged[key] !== "user");
  if (valueAt(layers.merged, ["shell_environment_policy", "filters"]) !== undefined)
    lost.push("shell_environment_policy.filters");
  if (lost.length > 0) warnings.push(`Not supported yet, and without effect: ${lost.join(", ")}.`);
  const store = layers.merged["cli_auth_credentials_store"];
  if (store !== undefined && store !== "file") {
    warnings.push(
      `cli_auth_credentials_store = "${String(store)}" is not supported: keys and logins are kept in auth.json, and what Codex keeps in a keyring is not seen.`,
    );
  }
  return warnings;
}

/** Tables, lists and plain objects, all the way down; sets and maps are only typed as read-only. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (value instanceof Map || value instanceof Set) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
