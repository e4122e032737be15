import type { Effects } from "./effects.ts";
import type { GrantScope } from "./grants.ts";

/** One thing that holds without being asked for, and can be taken back. */
export interface ApprovalInfo {
  id: string;
  /**
   * `grant`: a yes of the user's. `rule`: first words that `rules/default.rules` lets out of the sandbox. `content`: what a
   * project brings and was trusted as it is.
   */
  kind: "grant" | "rule" | "content";
  scope: GrantScope;
  /** In a line, for people; made of text that others wrote. */
  what: string;
  threadId: string | null;
  /** Null unless it is tied to one. */
  folder: string | null;
  /** As it was shown; null where nothing was. */
  effects: Effects | null;
  /** Null where nobody knows. */
  grantedAtMs: number | null;
  /** Null: until it is revoked. */
  expiresAtMs: number | null;
  /** `held` ones count; the others are listed only when all are asked for. */
  state: "held" | "expired" | "revoked";
}

/** What a project brings that starts a process or lifts walls. It has no effect until this very content is trusted. */
export interface ProjectContent {
  /** `mcp:NAME` or `rules:FILE`. */
  key: string;
  /** Where it stands. */
  source: string;
  /** What exactly would start or be lifted, in lines; text that others wrote. */
  does: string[];
  /** SHA-256 of all of it. */
  hash: string;
  state: "trusted" | "untrusted" | "changed";
}
