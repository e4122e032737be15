import type { ApprovalInfo, ProjectContent } from "./approvals.ts";
import type { AuditReport } from "./audit.ts";
import type { HookFacts, HookList } from "./hooks.ts";
import type { ThreadOptions } from "./methods.ts";
import type { UsageReport } from "./usage-report.ts";
import type { Verdict } from "./verdict.ts";

/** What may be done, what was let through, and what it came to. */
export interface GuardMethods {
  /**
   * What would be decided about a command, and why; nothing is run. One word is a line for the shell, several are a program and
   * its arguments: `argv` is what was judged.
   */
  "policy/explain": {
    params: ThreadOptions & { words: readonly string[] };
    result: { verdict: Verdict; argv: readonly string[] };
  };
  /**
   * What the threads of the home used, and why; with `threadId`, that one and its sub-agents, request by request. Prices are those of
   * the configuration that the options name.
   */
  "usage/read": { params: ThreadOptions & { threadId?: string }; result: UsageReport };
  /** What threads did, who let them and why; with an id that thread and its sub-agents. */
  "audit/read": { params: ThreadOptions & { threadId?: string }; result: AuditReport };
  /** Every hook that is configured for the folder, whether it may run or not. */
  "hook/list": { params: ThreadOptions; result: HookList };
  /** Lets a hook run as it was listed, here and in Codex. One that has another hash by now is `usage`. */
  "hook/trust": { params: ThreadOptions & { key: string; hash: string }; result: { hook: HookFacts } };
  /** What holds without being asked for again, the oldest first; with `all` also what has expired or was revoked. */
  "approval/list": { params: { all?: boolean }; result: { approvals: ApprovalInfo[] } };
  /** Takes one back, or `all` that hold: they stop counting at once, in other processes too. An unknown `id` is `usage`. */
  "approval/revoke": { params: { id: string } | { all: true }; result: { revoked: ApprovalInfo[] } };
  /** What a trusted project brings that starts processes or lifts walls. */
  "content/list": { params: ThreadOptions; result: { content: ProjectContent[] } };
  /** Lets it have its effect as it was listed, in threads that open from now on. Another hash by now is `usage`. */
  "content/trust": { params: ThreadOptions & { key: string; hash: string }; result: { content: ProjectContent } };
}
