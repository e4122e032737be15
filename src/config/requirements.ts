import { join } from "node:path";
import type { ApprovalPolicy, SandboxMode } from "../protocol/permissions.ts";
import { configError } from "./config-error.ts";
import { tablePlace, type HookPlace } from "./hooks/places.ts";
import { readConfigText } from "./read-text.ts";
import { checkTable } from "./schema/schema.ts";
import { parseTomlFile } from "./toml/toml.ts";

/** What the machine's administrator allows (`requirements.toml` beside the system's `config.toml`); null: everything. */
export interface Requirements {
  readonly file: string;
  readonly sandboxModes: readonly string[] | null;
  readonly approvalPolicies: readonly string[] | null;
  /** Hooks that must run. */
  readonly hooks: readonly HookPlace[];
  /** Keys of the file that are not enforced here. */
  readonly unsupported: readonly string[];
}

const keys = {
  allowed_sandbox_modes: { kind: "list", of: { kind: "string" } },
  allowed_approval_policies: { kind: "list", of: { kind: "string" } },
  hooks: { kind: "map", of: { kind: "any" } },
} as const;

/** Null without a file. A file that cannot be understood is an error: a rule of the administrator is never skipped in silence. */
export async function readRequirements(systemDirectory: string): Promise<Requirements | null> {
  const file = join(systemDirectory, "requirements.toml");
  const text = readConfigText(file);
  if (text === null) return null;
  const table = await parseTomlFile(file, text);
  const findings = checkTable(table, keys);
  const wrong = findings.find((finding) => finding.kind === "wrong");
  if (wrong !== undefined) throw configError(`${wrong.message} (${file})`);
  const hooks = tablePlace("system", file, table);
  const list = (key: keyof typeof keys): readonly string[] | null => (table[key] as string[] | undefined) ?? null;
  return {
    file,
    sandboxModes: list("allowed_sandbox_modes"),
    approvalPolicies: list("allowed_approval_policies"),
    hooks: hooks === null ? [] : [hooks],
    unsupported: findings.map((finding) => finding.path.join(".")),
  };
}

/** Throws when what was chosen is not allowed on this machine. */
export function enforceRequirements(
  requirements: Requirements,
  sandbox: SandboxMode,
  approvalPolicy: ApprovalPolicy,
): void {
  requireAllowed(requirements.file, "sandbox mode", sandbox, requirements.sandboxModes);
  requireAllowed(requirements.file, "approval policy", approvalPolicy, requirements.approvalPolicies);
}

function requireAllowed(file: string, what: string, chosen: string, allowed: readonly string[] | null): void {
  if (allowed === null || allowed.includes(chosen)) return;
  throw configError(
    `the ${what} "${chosen}" is not allowed on this machine; ${file} allows ${allowed.map((one) => `"${one}"`).join(", ") || "none"}`,
  );
}
