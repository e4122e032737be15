import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { type Effects, noEffects } from "../../protocol/effects.ts";
import type { Grant } from "../../protocol/grants.ts";
import type { Mode } from "../../protocol/modes.ts";
import type { Action, Asked, Decision } from "../action.ts";
import type { PolicyContext } from "../decide.ts";
import type { Assessment } from "../effects/assessment.ts";
import { isWithin, realTarget } from "../paths.ts";
import type { CodexRules } from "../rules/codex-rules.ts";
import type { OwnRule } from "../rules/own-rules.ts";
import { trustedRoots } from "../sandbox/roots.ts";
import { writableRoots } from "../sandbox/walls.ts";
import type { NetworkRules } from "./network.ts";

export interface EngineContext extends PolicyContext {
  /** The mode of ours that holds; null: Codex's settings, with Codex's meaning. */
  readonly mode: Mode | null;
  readonly codexRules: CodexRules;
  readonly ownRules: readonly OwnRule[];
  readonly network: NetworkRules | null;
  /** What the text of a command tells; null where nothing depends on it. */
  assess(argv: readonly string[], cwd: string): Assessment | null;
  /** A yes from before that covers all of it, `outside` of the sandbox where that is asked for; null: none does. Called only where something would be asked. */
  granted(action: Action, effects: Effects, outside: boolean): Grant | null;
}

/** What has been found out of an action. */
export interface Findings {
  readonly action: Action;
  readonly effects: Effects;
  readonly assessment: Assessment | null;
  /** Without rules: as if somebody could be asked. */
  readonly base: Decision | Asked;
  readonly context: EngineContext;
}

export const isEscalated = (action: Action): boolean => action.kind === "command" && action.escalate;

export function toolOf(action: Action): string {
  if (action.kind === "mcp") return `mcp__${action.server}__${action.tool}`;
  return { command: "exec_command", write: "apply_patch", read: "view_image", stdin: "write_stdin", none: "" }[
    action.kind
  ];
}

/** What writing to changes nothing. */
const sinks = new Set(["/dev/null", "/dev/tty", "/dev/stdout", "/dev/stderr", "/dev/zero", "/dev/full"]);

export const realWrites = ({ writes }: Effects): string[] =>
  writes.filter((path) => !sinks.has(path) && !path.startsWith("/dev/fd/") && !path.startsWith("/proc/self/fd/"));

export function effectsOf(action: Action, { files }: EngineContext): Effects {
  const real = (paths: readonly string[]): string[] => paths.map((path) => realTarget(path, files) ?? path);
  if (action.kind === "read") return { ...noEffects, reads: real(action.paths) };
  if (action.kind === "write") return { ...noEffects, writes: real(action.paths) };
  if (action.kind !== "mcp") return noEffects;
  return { ...noEffects, unknown: [`what ${action.tool} of ${action.server} does is not known here`] };
}

export function outsideRoots(paths: readonly string[], context: EngineContext): string[] {
  const roots = trustedRoots(writableRoots(context), context.files);
  return paths.filter((path) => !roots.some((root) => isWithin(realTarget(path, context.files) ?? path, root)));
}

export function nameOf(action: Action): string {
  if (action.kind === "command") return shellJoin(action.argv);
  return action.kind === "write" ? `a change of ${action.paths.join(", ")}` : toolOf(action);
}
