import type { Effects } from "./effects.ts";
import type { Mode } from "./modes.ts";
import type { RepairKind } from "./repairs.ts";
import type { TrialHost } from "./trial.ts";

/**
 * What the journal keeps of decisions and effects beside what it keeps anyway, as it stands in a line of ours. What was decided by
 * default is not among it.
 */
export type AuditNote =
  /** Somebody or something other than mode and sandbox decided: a rule, a yes of before, a hook, protection of a file. */
  | {
      type: "decided";
      turn_id: string;
      call_id: string;
      decision: "allow" | "deny";
      /** As `Verdict.rule`; `hook` where one decided. */
      rule: string;
      reason: string;
    }
  /** The call was not made; `message` is what the model was told. */
  | { type: "call_rejected"; turn_id: string; call_id: string; tool: string; message: string }
  /** A script types into a running command, which nothing else would tell. What is long is cut off. */
  | { type: "typed"; turn_id: string; call_id: string; tool: string; text: string }
  /** The call was put right before it was decided on. */
  | { type: "call_repaired"; turn_id: string; call_id: string; tool: string; kind: RepairKind; detail: string }
  /** From here on and to the end of the turn, `model` answers. */
  | { type: "model_fell_back"; turn_id: string; from: string; to: string; model: string; cause: string }
  /** The mode of ours and the walls that commands run in from here on, and what these do not hold. */
  | { type: "walls"; turn_id: string; mode?: Mode; rung?: string; lacks?: string[] }
  | { type: "host"; host: string; port: number; refusal?: string }
  | {
      type: "trial";
      turn_id: string;
      call_id: string;
      outcome: "kept" | "dropped" | "unchanged";
      rule: string;
      reason?: string;
      /** At most fifty. */
      files?: string[];
      file_count?: number;
      hosts?: TrialHost[];
    };

/** Something that a thread did or was told, or that was done to it. Texts and paths are as others wrote them. */
export interface AuditEntry {
  /** Milliseconds since the Unix epoch; null where the file does not tell. */
  atMs: number | null;
  turnId: string | null;
  kind: "call" | "turn" | "walls" | "host" | "rights" | "rewind" | "trust";
  callId: string | null;
  /** Of a call: its tool, with the group or server before it. */
  tool: string | null;
  /** What was called, in a line. */
  what: string;
  argv: string[] | null;
  cwd: string | null;
  /** Null where there was nothing to decide, or the file does not tell. */
  decision: "allow" | "deny" | null;
  /** Who or what decided. `default`: mode or sandbox, by themselves. */
  by: "default" | "rule" | "grant" | "hook" | "person" | "reviewer" | null;
  /** As `Verdict.rule`. */
  rule: string | null;
  reason: string | null;
  /** How far a yes reaches, where it was more than for this once. */
  scope: string | null;
  /**
   * Of a command: what its text says that it would touch. As it was shown when it was asked about; else found out when the audit
   * is read, from the files as they are then.
   */
  effects: Effects | null;
  /** Null while it runs, or where nothing is known of it. */
  outcome: string | null;
  exitCode: number | null;
  /** Files that it is known to have changed. */
  files: string[];
  hosts: { host: string; port: number; refusal: string | null }[];
}

export interface AuditThread {
  id: string;
  path: string;
  cwd: string;
  /** `exec`, `cli`, ...; `agent` for a sub-agent. */
  source: string;
  createdAtMs: number | null;
  parentThreadId: string | null;
  /** Of a sub-agent: `/root/NAME`, or its nickname. */
  agent: string | null;
  entries: AuditEntry[];
  /** Damage that was passed over, in sentences. */
  warnings: string[];
}

export interface AuditReport {
  /** The newest last; sub-agents behind the thread that they belong to. */
  threads: AuditThread[];
  /** What belongs to no thread. */
  others: AuditEntry[];
  /** Older threads that are not in it. */
  older: number;
}
