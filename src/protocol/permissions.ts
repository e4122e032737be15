import type { Mode } from "./modes.ts";

export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";
export const sandboxModes: readonly SandboxMode[] = ["read-only", "workspace-write", "danger-full-access"];

/** `untrusted`: everything is asked about but what is known to change nothing. */
export type ApprovalPolicy = "never" | "on-request" | "on-failure" | "untrusted" | "granular";

/** Kinds of questions, by the names of `approval_policy.granular`; Codex needs the first three to be said. */
export const granularFlags = [
  "sandbox_approval",
  "rules",
  "mcp_elicitations",
  "skill_approval",
  "request_permissions",
] as const;

/** The questions that the user may be asked; what the others would ask about is refused at once. */
export type Granular = Readonly<Record<(typeof granularFlags)[number], boolean>>;

/** What the tools of a thread may touch. Paths are absolute. */
export interface Permissions {
  sandbox: SandboxMode;
  /** Workspace-write only: commands may reach the network. */
  networkAccess: boolean;
  /** Workspace-write only: writable beside the working directory (`--add-dir`, `writable_roots`). */
  writableRoots: readonly string[];
  excludeTmpdir: boolean;
  excludeSlashTmp: boolean;
  approvalPolicy: ApprovalPolicy;
  /** Under the policy `granular` alone. */
  granular?: Granular;
  /** Who answers what has to be asked about, before anybody else is; absent: the user. */
  reviewer?: "auto_review";
  /** The mode of ours that holds; absent where Codex's settings mean what they mean there. Never written where Codex reads. */
  mode?: Mode;
  /** What the user has granted on top of all this while the thread ran. */
  granted?: { readonly write: readonly string[]; readonly network: boolean };
}
