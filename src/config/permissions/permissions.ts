import { join, resolve } from "node:path";
import { AgentError } from "../../protocol/errors.ts";
import {
  granularFlags,
  type ApprovalPolicy,
  type Granular,
  type Permissions,
  type SandboxMode,
} from "../../protocol/permissions.ts";
import type { ConfigInput } from "../config.ts";
import { configError } from "../config-error.ts";
import type { Homes } from "../homes.ts";
import type { Layer, LayerKind, Layers } from "../layers.ts";
import { resolveProfile, type ProfilePermissions } from "./permission-profiles.ts";
import type { Requirements } from "./requirements.ts";
import { emptyTable, isTable, valueAt, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

export interface PermissionFacts {
  readonly cwd: string;
  readonly homes: Homes;
  readonly layers: Layers;
  readonly requirements: Requirements | null;
}

export interface ResolvedPermissions {
  readonly permissions: Permissions;
  /** The profile that they come from; null where a sandbox mode was said, or nothing. */
  readonly profile: string | null;
}

/** What tools may touch, and who is asked: options, then whichever of profile and sandbox mode the strongest layer has. */
export function resolvePermissions(input: ConfigInput, facts: PermissionFacts): ResolvedPermissions {
  const { merged } = facts.layers;
  const configured = merged["approval_policy"];
  if (configured === "untrusted") {
    throw new AgentError("config", 'approval_policy = "untrusted" is no longer supported; remove this setting');
  }
  const granular = isTable(configured) ? readGranular(configured) : undefined;
  const policy = granular === undefined ? (configured as ApprovalPolicy | undefined) : "granular";
  const reviewed = isReviewed(input, merged["approvals_reviewer"]);
  const profile = input.sandbox === undefined ? chosenProfile(facts) : null;
  const base = profile === null ? fromSandboxMode(input, facts) : fromProfile(profile, facts);
  const added = (input.addDirs ?? []).map((path) => resolve(facts.cwd, path));
  const mode = input.sandbox ?? merged["sandbox_mode"];
  if (profile === null && mode === undefined && isTable(merged["permissions"])) {
    throw configError("there are profiles in `permissions`, and nothing chooses one: set `default_permissions`");
  }
  const approvalPolicy = input.unattended && !reviewed ? "never" : (input.approvalPolicy ?? policy ?? "on-request");
  return {
    profile,
    permissions: {
      ...base,
      writableRoots: [...base.writableRoots, ...added],
      approvalPolicy,
      ...(approvalPolicy === "granular" && granular && { granular }),
      ...(reviewed && { reviewer: "auto_review" as const }),
      ...(input.mode && { mode: input.mode }),
    },
  };
}

function readGranular(policy: TomlTable): Granular {
  const flags = policy["granular"];
  const table = isTable(flags) ? flags : emptyTable();
  const missing = granularFlags.slice(0, 3).find((flag) => table[flag] === undefined);
  if (missing !== undefined) {
    throw configError(`\`approval_policy.granular.${missing}\` is missing; say whether the user is asked about it`);
  }
  return Object.fromEntries(granularFlags.map((flag) => [flag, table[flag] === true])) as Granular;
}

function isReviewed({ reviewer }: ConfigInput, configured: TomlValue | undefined): boolean {
  if (configured !== undefined && configured !== "user" && configured !== "auto_review") {
    throw configError(`approvals_reviewer is ${JSON.stringify(configured)}; it can be "user" or "auto_review"`);
  }
  return (reviewer ?? configured) === "auto_review";
}

const strength: readonly LayerKind[] = ["system", "user", "profile", "project", "override"];

/** Of a profile and a sandbox mode that one layer has both, the profile counts; else the stronger layer. */
function chosenProfile({ layers, requirements }: PermissionFacts): string | null {
  const named = layers.merged["default_permissions"] as string | undefined;
  const rank = (layer: Layer | undefined): number => (layer === undefined ? -1 : strength.indexOf(layer.kind));
  const ofMode = rank(layers.origins.get("sandbox_mode"));
  if (named !== undefined && rank(layers.origins.get("default_permissions")) >= ofMode) return named;
  return ofMode < 0 ? (requirements?.defaultProfile ?? null) : null;
}

function fromProfile(name: string, { cwd, homes, layers }: PermissionFacts): ProfilePermissions {
  return resolveProfile(name, {
    settings: layers.merged,
    cwd,
    absolute: (path, key) => absolutePath(path, layers.origins.get(key)?.base ?? cwd, homes),
  });
}

function fromSandboxMode(input: ConfigInput, { cwd, homes, layers }: PermissionFacts): ProfilePermissions {
  const workspace = <Value extends TomlValue>(key: string): Value | undefined =>
    valueAt(layers.merged, ["sandbox_workspace_write", key]) as Value | undefined;
  const base = layers.origins.get("sandbox_workspace_write.writable_roots")?.base ?? cwd;
  return {
    // A project explicitly marked as untrusted gets no more than one that nobody has judged.
    sandbox:
      input.sandbox ??
      (layers.merged["sandbox_mode"] as SandboxMode | undefined) ??
      (layers.trust === "trusted" ? "workspace-write" : "read-only"),
    networkAccess: workspace<boolean>("network_access") ?? false,
    writableRoots: (workspace<string[]>("writable_roots") ?? []).map((path) => absolutePath(path, base, homes)),
    excludeTmpdir: workspace<boolean>("exclude_tmpdir_env_var") ?? false,
    excludeSlashTmp: workspace<boolean>("exclude_slash_tmp") ?? false,
  };
}

/** `~` is the user's home; what is relative starts from the folder of the file that says it. */
export function absolutePath(path: string, base: string, homes: Homes): string {
  if (homes.user !== null && (path === "~" || path.startsWith("~/"))) return join(homes.user, path.slice(1));
  return resolve(base, path);
}
