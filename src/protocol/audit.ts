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
  /** The walls that commands run in from here on, and what they do not hold. */
  | { type: "walls"; turn_id: string; rung: string; lacks?: string[] }
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
