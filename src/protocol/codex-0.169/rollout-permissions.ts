import type { ApprovalPolicy, Permissions } from "../permissions.ts";
import type { JsonObject } from "./rollout.ts";

/** Folders that stay read-only inside of every writable root, in Codex's order. */
const protectedFolders = [".git", ".agents", ".codex", ".aws"];

/** The working directory and what else may be written, each once. */
export const workspaceRoots = (cwd: string, permissions: Permissions): string[] => [
  ...new Set([cwd, ...(permissions.sandbox === "workspace-write" ? permissions.writableRoots : [])]),
];

const special = (kind: string, access: string): JsonObject => ({ path: { type: "special", value: { kind } }, access });
const path = (at: string, access: string): JsonObject => ({ path: { type: "path", path: at }, access });

function fileSystemEntries(cwd: string, permissions: Permissions): JsonObject[] {
  const entries = [special("root", "read")];
  if (permissions.sandbox === "read-only") return entries;
  const roots = workspaceRoots(cwd, permissions);
  for (const root of roots) entries.push(path(root, "write"));
  if (!permissions.excludeSlashTmp) entries.push(special("slash_tmp", "write"));
  if (!permissions.excludeTmpdir) entries.push(special("tmpdir", "write"));
  for (const folder of protectedFolders) {
    for (const root of roots) {
      const at = root.endsWith("/") ? root + folder : `${root}/${folder}`;
      entries.push({ ...path(at, "read"), missing_path_behavior: "skip" });
    }
  }
  return entries;
}

/** Codex keeps a table under `granular`; the word alone would make it refuse the line. */
const policyWord = (policy: ApprovalPolicy): string => (policy === "granular" ? "on-request" : policy);

/** The keys that `turn_context` and `thread_settings` share. */
export function permissionFields(cwd: string, permissions: Permissions): JsonObject {
  const approval = {
    approval_policy: policyWord(permissions.approvalPolicy),
    approvals_reviewer: permissions.reviewer ?? "user",
  };
  if (permissions.sandbox === "danger-full-access") return { ...approval, permission_profile: { type: "disabled" } };
  const profile = {
    type: "managed",
    file_system: { type: "restricted", entries: fileSystemEntries(cwd, permissions) },
    network: permissions.sandbox === "workspace-write" && permissions.networkAccess ? "enabled" : "restricted",
  };
  if (permissions.sandbox === "workspace-write") return { ...approval, permission_profile: profile };
  return { ...approval, permission_profile: profile, active_permission_profile: { id: ":read-only" } };
}

/** `sandbox_policy` of `turn_context` and, when files are walled in, its list of paths. */
export function sandboxFields(cwd: string, permissions: Permissions): JsonObject {
  if (permissions.sandbox !== "workspace-write") return { sandbox_policy: { type: permissions.sandbox } };
  const roots = workspaceRoots(cwd, permissions).slice(1);
  return {
    sandbox_policy: {
      type: "workspace-write",
      ...(roots.length > 0 && { writable_roots: roots }),
      network_access: permissions.networkAccess,
      exclude_tmpdir_env_var: permissions.excludeTmpdir,
      exclude_slash_tmp: permissions.excludeSlashTmp,
    },
    file_system_sandbox_policy: { kind: "restricted", entries: fileSystemEntries(cwd, permissions) },
  };
}
