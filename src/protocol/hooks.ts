/** Hooks as doors see them: what is configured, and what becomes of one that runs. Names and shapes are Codex's. */

/** In the order in which hooks of one file are listed and reported. */
export const hookEventNames = [
  "preModelRequest",
  "postModelRequest",
  "preToolUse",
  "permissionRequest",
  "postToolUse",
  "preCompact",
  "postCompact",
  "sessionStart",
  "sessionEnd",
  "userPromptSubmit",
  "subagentStart",
  "subagentStop",
  "stop",
  "interrupt",
] as const;

export type HookEventName = (typeof hookEventNames)[number];

/** Where a hook was configured: managed ones come from the machine's administrator. */
export type HookSource = "system" | "user" | "project" | "sessionFlags" | "cloudRequirements";

export type HookTrust = "managed" | "untrusted" | "trusted" | "modified";

export type HookHandler =
  | { handlerType: "command"; command: string; async: boolean }
  | { handlerType: "mcpTool"; server: string; tool: string; input: Record<string, unknown> };

/** One configured hook. */
export type HookFacts = HookHandler & {
  /** `SOURCE PATH:EVENT_IN_SNAKE_CASE:GROUP:HANDLER`; trust is stored under it. */
  key: string;
  eventName: HookEventName;
  matcher: string | null;
  timeoutSec: number;
  statusMessage: string | null;
  /** Tokens that its context may have before it is saved to a file; 0: any number; null: the default. */
  additionalContextLimit: number | null;
  sourcePath: string;
  source: HookSource;
  /** Position among all hooks of the thread. */
  displayOrder: number;
  enabled: boolean;
  isManaged: boolean;
  /** `sha256:` and 64 digits over what the definition says. */
  currentHash: string;
  trustStatus: HookTrust;
};

export interface HookList {
  cwd: string;
  hooks: HookFacts[];
  warnings: string[];
  errors: { path: string; message: string }[];
}

export type HookRunStatus = "running" | "completed" | "failed" | "blocked" | "stopped";

export interface HookEntry {
  kind: "warning" | "stop" | "feedback" | "context" | "error";
  text: string;
}

/** One run of a hook. Times are seconds since the Unix epoch. */
export interface HookRun {
  /** `EVENT-IN-KEBAB-CASE:DISPLAY ORDER:SOURCE PATH`, for events of a call with `:CALL ID`. */
  id: string;
  eventName: HookEventName;
  handlerType: HookHandler["handlerType"];
  executionMode: "sync" | "async";
  scope: "thread" | "turn";
  sourcePath: string;
  source: HookSource;
  displayOrder: number;
  status: HookRunStatus;
  statusMessage: string | null;
  startedAt: number;
  completedAt: number | null;
  durationMs: number | null;
  entries: HookEntry[];
}
