import type { Config } from "./config.ts";
import { redact } from "../protocol/secrets/redact.ts";
import { readConfigText } from "./read-text.ts";
import { locateKeys } from "./toml/locate.ts";
import { formatKeyPath, isTable, valueAt, type TomlTable, type TomlValue } from "./toml/toml-values.ts";

/** A setting as it is in force, and where it comes from. */
export interface EffectiveSetting {
  readonly key: string;
  /** Secrets are `***`; null: nothing is set, and nothing stands in for it. */
  readonly value: TomlValue | null;
  /** `FILE:LINE`, `-c KEY`, `option`, `requirements` or `default`. */
  readonly from: string;
  /** False: it is known, and has no effect here. */
  readonly honoured: boolean;
}

/** All settings: those that somebody made, and the defaults of the others that count. Sorted by key. */
export function effectiveSettings(config: Config): EffectiveSetting[] {
  const places = sourceLines(config);
  const ignored = new Set(config.ignoredKeys);
  const said = leaves(config.settings).map(({ path, value }): EffectiveSetting => {
    const key = formatKeyPath(path);
    const honoured = !path.some((_part, index) => ignored.has(formatKeyPath(path.slice(0, index + 1))));
    return { key, value: masked(path, value), from: places(key), honoured };
  });
  const resolved = resolvedValues(config);
  const rows = new Map(said.map((row) => [row.key, row]));
  for (const [key, value] of Object.entries(resolved)) {
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { key, value, from: defaultSource(config, key, value), honoured: true });
    // Options and the machine's rules stand above what files say.
    else if (JSON.stringify(row.value) !== JSON.stringify(value) && !relative.has(key))
      rows.set(key, { ...row, value, from: key.startsWith("features.") ? "requirements" : "option" });
  }
  return [...rows.values()].sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
}

/** A value that differs from what was written because it was made absolute, not because something stands above it. */
const relative = new Set(["log_dir", "model_catalog_json", "sandbox_workspace_write.writable_roots"]);

/** Nobody wrote it: where it is not what it would be by itself, somebody said it with an option. */
function defaultSource({ permissions, trust }: Config, key: string, value: TomlValue | null): string {
  const usual = trust === "trusted" ? "workspace-write" : "read-only";
  if (key === "sandbox_mode" && permissions.sandbox !== usual) return "option";
  if (key === "approval_policy" && value !== "on-request") return "option";
  if (key.startsWith("features.")) return "requirements";
  return key === "model" && value !== null ? "option" : "default";
}

/** What the keys with a default resolve to. */
function resolvedValues(config: Config): Record<string, TomlValue | null> {
  const { permissions, shellEnvironment, projectDocs, history, provider } = config;
  const profile = valueAt(config.settings, ["default_permissions"]) !== undefined;
  const switched = Object.entries(config.features)
    .filter(([name]) => !isTable(valueAt(config.settings, ["features", name])))
    .map(([name, on]) => [formatKeyPath(["features", name]), on] as const);
  return {
    ...Object.fromEntries(switched),
    model: config.model,
    model_provider: provider.id,
    ...(profile
      ? {}
      : {
          sandbox_mode: permissions.sandbox,
          "sandbox_workspace_write.network_access": permissions.networkAccess,
          "sandbox_workspace_write.exclude_tmpdir_env_var": permissions.excludeTmpdir,
          "sandbox_workspace_write.exclude_slash_tmp": permissions.excludeSlashTmp,
          "sandbox_workspace_write.writable_roots": [...permissions.writableRoots],
        }),
    ...(permissions.approvalPolicy === "granular" ? {} : { approval_policy: permissions.approvalPolicy }),
    web_search: config.webSearch,
    model_reasoning_effort: config.reasoningEffort,
    model_reasoning_summary: config.reasoningSummary,
    model_verbosity: config.verbosity,
    model_context_window: config.contextWindow,
    model_auto_compact_token_limit: config.autoCompactTokenLimit,
    plan_mode_reasoning_effort: config.planReasoningEffort,
    personality: config.personality,
    "shell_environment_policy.inherit": shellEnvironment.inherit,
    project_doc_max_bytes: projectDocs.maxBytes,
    project_doc_fallback_filenames: [...projectDocs.fallbackNames],
    include_environment_context: config.includeEnvironmentContext,
    include_permissions_instructions: config.includePermissions,
    include_collaboration_mode_instructions: config.includeCollaborationMode,
    "skills.include_instructions": config.includeSkills,
    "history.persistence": history.persistence,
    allow_login_shell: config.allowLoginShell,
    background_terminal_max_timeout: config.backgroundTerminalMaxMs,
    tool_output_token_limit: config.toolOutputTokenLimit,
    log_dir: config.logDirectory,
    cli_auth_credentials_store: "file",
  };
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: TomlValue;
}

function leaves(table: TomlTable, path: readonly string[] = []): Leaf[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const inner = [...path, key];
    // Profiles that are not in use are no settings.
    if (path.length === 0 && key === "profiles") return [];
    return isTable(value) ? leaves(value, inner) : [{ path: inner, value }];
  });
}

const secretTables = ["http_headers", "query_params", "env"];
const secretWords = /token$|secret|password|passwd|api_?key$|authorization/i;

/** Headers, parameters and variables hold keys more often than not, and no value of them is worth the risk. */
export function isSecretSetting(path: readonly string[]): boolean {
  const inside = path.slice(0, -1).some((part) => secretTables.includes(part));
  return inside || secretWords.test(path.at(-1) ?? "") || (path[0] === "shell_environment_policy" && path[1] === "set");
}

function masked(path: readonly string[], value: TomlValue): TomlValue {
  const inTable = path.length > 1 && isSecretSetting([...path.slice(0, -1), ""]);
  return inTable || (typeof value === "string" && isSecretSetting(path)) ? "***" : clean(value, path);
}

/** Arguments and addresses hold keys, too. */
function clean(value: TomlValue, path: readonly string[]): TomlValue {
  if (Array.isArray(value)) return value.map((inner) => clean(inner, path));
  if (isTable(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked([...path, key], inner)]));
  return typeof value === "string" ? redact(withoutUserInfo(value)) : value;
}

const withoutUserInfo = (value: string): string => value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/i, "$1***@");

/** Finds the line of a key in the file that it comes from; files are read once. */
function sourceLines({ origins }: Config): (key: string) => string {
  const files = new Map<string, { text: string; keys: ReturnType<typeof locateKeys> } | null>();
  const read = (file: string): NonNullable<ReturnType<typeof files.get>> | null => {
    if (!files.has(file)) {
      const text = readConfigText(file);
      files.set(file, text === null ? null : { text, keys: locateKeys(text) });
    }
    return files.get(file) ?? null;
  };
  return (key) => {
    const origin = origins.get(key);
    if (origin === undefined) return "default";
    if (origin.kind === "override") return origin.source;
    const [, file = origin.source, profile] = /^(.*?)(?: \[(profiles\..*)\])?$/.exec(origin.source) ?? [];
    const found = read(file);
    const place = found?.keys.get(profile === undefined ? key : `${profile}.${key}`);
    if (found === null || place === undefined) return file;
    return `${file}:${found.text.slice(0, place.key.offset).split("\n").length}`;
  };
}
