/** What a tool call is about to do, as far as policy has to judge it. Paths are absolute, links not yet resolved. */
export type Action =
  | { kind: "none" }
  | { kind: "read"; paths: readonly string[] }
  | { kind: "write"; paths: readonly string[] }
  | { kind: "command"; argv: readonly string[]; cwd: string; escalate: boolean; justification: string | null }
  /** Input for a command that runs already. */
  | { kind: "stdin"; sessionId: number };

export type DenyReason =
  /** The sandbox mode forbids every action of this kind. */
  | "sandbox"
  /** A path lies outside of the writable roots or in a protected folder. */
  | "outside"
  /** The path holds credentials or state of this product. */
  | "secret"
  /** The model asked for more than an unattended run may give. */
  | "escalation"
  /** Whoever was asked said no. */
  | "user";

export type Decision = { type: "allow" } | { type: "deny"; reason: DenyReason; message: string };
