import { join } from "node:path";
import type { Permissions } from "../../protocol/permissions.ts";
import { configError } from "../config-error.ts";
import { tablePlace, type HookPlace } from "../hooks/places.ts";
import { readConfigText } from "../read-text.ts";
import { checkTable, type Shape } from "../schema/schema.ts";
import { parseTomlFile } from "../toml/toml.ts";
import { isTable, type TomlTable } from "../toml/toml-values.ts";

/** What the machine's administrator asks for (`requirements.toml` beside the system's `config.toml`); null: nothing of the kind. */
export interface Requirements {
  readonly file: string;
  readonly sandboxModes: readonly string[] | null;
  readonly approvalPolicies: readonly string[] | null;
  readonly approvalsReviewers: readonly string[] | null;
  /** `api`, `chatgpt`; null: any. */
  readonly loginMethods: readonly string[] | null;
  readonly webSearchModes: readonly string[] | null;
  /** Profiles that `default_permissions` may name. */
  readonly permissionProfiles: readonly string[] | null;
  /** The profile of whoever names neither a profile nor a sandbox mode. */
  readonly defaultProfile: string | null;
  /** Features that are on or off whatever anybody sets. */
  readonly features: Readonly<Record<string, boolean>>;
  /** Servers that may be used, by name, with what they must be; others are switched off. */
  readonly mcpServers: Readonly<Record<string, ServerIdentity>> | null;
  /** Told to the model behind the user's own instructions. */
  readonly developerInstructions: string | null;
  /** Hooks of users and projects are left out. */
  readonly managedHooksOnly: boolean;
  /** Hooks that must run. */
  readonly hooks: readonly HookPlace[];
}

export type ServerIdentity = { readonly command: string } | { readonly url: string };

const string: Shape = { kind: "string" };
const boolean: Shape = { kind: "boolean" };
const strings: Shape = { kind: "list", of: string };
const any: Shape = { kind: "any" };
const names = (text: string): string[] => text.trim().split(/\s+/);

/** Of any type: they limit what this product does not have at all: ChatGPT logins, its apps and desktop, remote control, plugins. */
const heldAnyway = names(`
  allowed_chatgpt_workspaces allow_appshots allow_browser_and_computer_use allow_remote_control apps auto_review
  guardian_extra_policy guardian_policy_config in_app_browser marketplaces plugins unsafe_enforce_sqlite_journal_mode windows`);

const keys: Readonly<Record<string, Shape>> = {
  allowed_sandbox_modes: strings,
  allowed_approval_policies: strings,
  allowed_approvals_reviewers: strings,
  allowed_web_search_modes: strings,
  allowed_login_methods: strings,
  allowed_permission_profiles: { kind: "either", of: [strings, { kind: "map", of: boolean }] },
  default_permissions: string,
  features: { kind: "map", of: boolean },
  // Codex matches servers in more ways than one; those that this version cannot enforce, `serverIdentities` names.
  mcp_servers: { kind: "map", of: { kind: "table", keys: { identity: { kind: "map", of: any } } } },
  additional_developer_instructions: string,
  allow_managed_hooks_only: boolean,
  // Checked with the hooks of all other places, by `hooks/definition.ts`.
  hooks: { kind: "map", of: any },
  ...Object.fromEntries(heldAnyway.map((name) => [name, any])),
};

/**
 * Null without a file. A rule of the administrator is never passed over: a file that cannot be understood, and a rule
 * that this version cannot enforce, are errors.
 */
export async function readRequirements(systemDirectory: string): Promise<Requirements | null> {
  const file = join(systemDirectory, "requirements.toml");
  const text = readConfigText(file);
  if (text === null) return null;
  const table = await parseTomlFile(file, text);
  for (const finding of checkTable(table, keys)) {
    if (finding.kind === "wrong") throw configError(`${finding.message} (${file})`);
    throw unenforced(file, finding.path.join("."));
  }
  const list = (key: string): readonly string[] | null => (table[key] as string[] | undefined) ?? null;
  const reviewers = list("allowed_approvals_reviewers");
  if (reviewers?.includes("user") === false) throw unenforced(file, "allowed_approvals_reviewers");
  // Keys come from variables as well, which nobody logs in with.
  if (list("allowed_login_methods")?.includes("api") === false) throw unenforced(file, "allowed_login_methods");
  const hooks = tablePlace("system", file, table);
  return {
    file,
    sandboxModes: list("allowed_sandbox_modes"),
    approvalPolicies: list("allowed_approval_policies"),
    approvalsReviewers: reviewers,
    loginMethods: list("allowed_login_methods"),
    webSearchModes: list("allowed_web_search_modes"),
    permissionProfiles: profileNames(table["allowed_permission_profiles"]),
    defaultProfile: (table["default_permissions"] as string | undefined) ?? null,
    features: (table["features"] as Record<string, boolean> | undefined) ?? {},
    mcpServers: serverIdentities(file, table["mcp_servers"]),
    developerInstructions: (table["additional_developer_instructions"] as string | undefined) ?? null,
    managedHooksOnly: table["allow_managed_hooks_only"] === true,
    hooks: hooks === null ? [] : [hooks],
  };
}

const unenforced = (file: string, key: string): Error =>
  configError(
    `${file} asks for \`${key}\`, which this version cannot enforce; it does not run where it would have to pass over a rule`,
  );

function profileNames(value: unknown): readonly string[] | null {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value as string[];
  return Object.entries(value as Record<string, boolean>).flatMap(([name, allowed]) => (allowed ? [name] : []));
}

function serverIdentities(file: string, value: unknown): Requirements["mcpServers"] {
  if (!isTable(value)) return null;
  const entries = Object.entries(value).map(([name, server]) => {
    const identity = isTable(server) ? server["identity"] : undefined;
    const { command, url, ...rest } = isTable(identity) ? identity : {};
    if (Object.keys(rest).length === 0 && typeof command === "string" && url === undefined)
      return [name, { command }] as const;
    if (Object.keys(rest).length === 0 && typeof url === "string" && command === undefined)
      return [name, { url }] as const;
    throw unenforced(file, `mcp_servers.${name}.identity`);
  });
  return Object.fromEntries(entries);
}

/** Throws when what was chosen is not allowed on this machine. */
export function enforceRequirements(
  requirements: Requirements,
  permissions: Permissions,
  profile: string | null,
): void {
  const { file, sandboxModes, approvalPolicies, approvalsReviewers, permissionProfiles } = requirements;
  if (profile !== null) requireAllowed(file, "permission profile", profile, permissionProfiles);
  requireAllowed(file, "sandbox mode", permissions.sandbox, sandboxModes);
  requireAllowed(file, "approval policy", permissions.approvalPolicy, approvalPolicies);
  requireAllowed(file, "approvals reviewer", permissions.reviewer ?? "user", approvalsReviewers);
}

function requireAllowed(file: string, what: string, chosen: string, allowed: readonly string[] | null): void {
  if (allowed === null || allowed.includes(chosen)) return;
  throw configError(
    `the ${what} "${chosen}" is not allowed on this machine; ${file} allows ${allowed.map((one) => `"${one}"`).join(", ") || "none"}`,
  );
}

/** The settings with the servers switched off that the machine does not allow, and what the user is told of that. */
export function withAllowedServers(
  settings: TomlTable,
  requirements: Requirements | null,
): { settings: TomlTable; notices: string[] } {
  const servers = settings["mcp_servers"];
  const allowed = requirements?.mcpServers ?? null;
  if (requirements === null || allowed === null || !isTable(servers)) return { settings, notices: [] };
  const notices: string[] = [];
  const checked = Object.entries(servers).map(([name, server]) => {
    if (!isTable(server) || server["enabled"] === false || isSame(server, allowed, name))
      return [name, server] as const;
    notices.push(`The MCP server \`${name}\` is switched off: it is not one that ${requirements.file} allows.`);
    return [name, { ...server, enabled: false, required: false }] as const;
  });
  return { settings: { ...settings, mcp_servers: Object.fromEntries(checked) }, notices };
}

function isSame(server: TomlTable, allowed: NonNullable<Requirements["mcpServers"]>, name: string): boolean {
  const identity = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
  if (identity === undefined) return false;
  return "command" in identity ? server["command"] === identity.command : server["url"] === identity.url;
}
