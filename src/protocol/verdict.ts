import type { Effects } from "./effects.ts";

/** What policy says of an action, and why. */
export interface Verdict {
  readonly decision: "allow" | "ask" | "deny";
  /**
   * What decided: `mode:auto`, `sandbox:read-only`, `protected:.git/hooks`, `approval:ID`, `rules/default.rules:3`,
   * `config:codex_agent.rules[2]`, ...
   */
  readonly rule: string;
  /** A sentence for the user. */
  readonly reason: string;
  readonly effects: Effects;
}
