import { resolve } from "node:path";
import type { Action } from "../../policy/action.ts";
import { CallError, type CallContext, type Effect, type PreparedCall } from "../tool.ts";
import { callVariables } from "./environment.ts";
import type { PipePool } from "./process/pipe-pool.ts";
import type { ProcessGroups } from "./process/process-group.ts";
import type { Sessions } from "./sessions.ts";
import type { LoginSource } from "./login/user-shell.ts";

/** What the tools of one thread that run commands share. */
export interface ExecContext {
  readonly sessions: Sessions;
  readonly pipes: PipePool;
  readonly groups: ProcessGroups;
  readonly login: LoginSource;
  /** False: no command runs in a login shell. */
  readonly allowLogin: boolean;
  /** The longest that a call waits for a command that says nothing. */
  readonly longestWaitMs: number;
  /** The user's shell, absolute. */
  readonly shell: string;
  /** Environment of commands, without what each call adds. */
  readonly environment: Readonly<Record<string, string>>;
  readonly fixedVariables: Readonly<Record<string, string>>;
  /** Takes over a command line that is no command but a patch. */
  readonly intercept: (commandLine: string, context: CallContext) => PreparedCall | null;
}

/** Whether a command runs in a login shell. @throws CallError when it asks for one and may not have it. */
export function wantsLogin({ allowLogin }: ExecContext, asked: boolean | undefined): boolean {
  if (asked === true && !allowLogin)
    throw new CallError("login shell is disabled by config; omit `login` or set it to false.");
  return asked ?? allowLogin;
}

/** The variables of the thread's policy, then what a call adds; the latter win. */
export const variablesOf = (exec: ExecContext, context: CallContext): Record<string, string> => ({
  ...exec.environment,
  ...exec.fixedVariables,
  ...callVariables(context),
});

export const directoryOf = (workdir: string | undefined, context: CallContext): string =>
  resolve(context.cwd, workdir ?? "");

/** In a sandbox that lets nothing be written, a command may be started again. */
export const effectOf = ({ permissions }: CallContext): Effect =>
  permissions.sandbox === "read-only" && (permissions.granted?.write.length ?? 0) === 0 ? "repeatable" : "once";

export interface Escalation {
  sandbox_permissions?: "use_default" | "require_escalated";
  justification?: string;
  prefix_rule?: string[];
}

export const commandAction = (argv: string[], cwd: string, asked: Escalation): Action => ({
  kind: "command",
  argv,
  cwd,
  escalate: asked.sandbox_permissions === "require_escalated",
  justification: asked.justification ?? null,
  prefixRule: asked.prefix_rule ?? null,
});

const integerTypes = { u64: 0, usize: 0, i32: -(2 ** 31) } as const;

/** @throws {CallError} when the number is not one of the integer type that Codex reads it as. */
export function requireInteger(value: number | undefined, type: keyof typeof integerTypes): void {
  if (value === undefined) return;
  if (!Number.isInteger(value)) {
    throw new CallError(
      `failed to parse function arguments: invalid type: floating point \`${value}\`, expected ${type}`,
    );
  }
  if (value < integerTypes[type]) {
    throw new CallError(`failed to parse function arguments: invalid value: integer \`${value}\`, expected ${type}`);
  }
}

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
