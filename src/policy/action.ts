import type { Enclose } from "./sandbox/sandbox.ts";

/** What a tool call is about to do, as far as policy has to judge it. Paths are absolute, links not always resolved yet. */
export type Action =
  | { kind: "none" }
  | { kind: "read"; paths: readonly string[] }
  | { kind: "write"; paths: readonly string[] }
  | {
      kind: "command";
      argv: readonly string[];
      cwd: string;
      escalate: boolean;
      justification: string | null;
      /** First words that the model would like to see allowed for good. */
      prefixRule?: readonly string[] | null;
    }
  /** Input for a command that runs already. */
  | { kind: "stdin"; sessionId: number; text: string }
  | McpAction;

/** `asks`: the user has to allow it; `changes`: it may do more than read, as far as its server says. */
export type McpAction = { kind: "mcp"; server: string; tool: string; asks: boolean; changes: boolean };

export type DenyReason =
  /** No walls stand here that are as strong as they have to be. */
  | "walls"
  /** The sandbox mode forbids every action of this kind. */
  | "sandbox"
  /** A path lies outside of the writable roots or in a protected folder. */
  | "outside"
  /** The path holds credentials or state of this product. */
  | "secret"
  /** The model asked for more than an unattended run may give. */
  | "escalation"
  /** A rule, a mode or the network's list forbids it. */
  | "rule"
  /** It has to be asked about, and nobody is there. */
  | "unattended"
  /** Whoever was asked said no. */
  | "user"
  /** A model said no in the user's place, or could not decide. */
  | "reviewer"
  /** A hook said no in the user's place. */
  | "hook"
  /** Whoever was asked stopped the turn. */
  | "cancelled";

/** A command that runs where it changes nothing, until somebody has seen what it did. It has to run to its end. */
export interface TrialRun {
  /** To be called when it has ended; null: it had to be ended. What is to be added to its output, and whether the turn is stopped. */
  conclude(exitCode: number | null): Promise<{ note: string | null; stops: boolean }>;
  /** Instead, where it could not be run. */
  abandon(): Promise<void>;
}

/** `enclose` puts a command within the walls that were decided for it; null where it runs without any. */
export type Allowed = { type: "allow"; enclose: Enclose | null; trial?: TrialRun };
/** `answer`: what a person, who was there and was asked, did: said no, or gave no answer that means anything. */
export type Denied = { type: "deny"; reason: DenyReason; message: string; answer?: "no" | "none" };
export type Decision = Allowed | Denied;
/** Nobody but the user can say: `allowed` is what a yes means. */
export type Asked = { type: "ask"; allowed: Allowed };
