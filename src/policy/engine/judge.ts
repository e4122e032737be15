import { noEffects, type Effects } from "../../protocol/effects.ts";
import type { Mode } from "../../protocol/modes.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import type { Grant } from "../../protocol/grants.ts";
import type { Action, Allowed, Asked, Decision } from "../action.ts";
import { decide, type PolicyContext } from "../decide.ts";
import type { Assessment } from "../effects/assessment.ts";
import { isWithin, realTarget } from "../paths.ts";
import type { CodexRules } from "../rules/codex-rules.ts";
import { forcedRemovalReason, forcesRemoval } from "../rules/forced-removal.ts";
import { judgeArgv } from "../rules/judge-argv.ts";
import { judgeByOwnRules } from "../rules/judge-own.ts";
import type { OwnRule } from "../rules/own-rules.ts";
import { trustedRoots } from "../sandbox/roots.ts";
import { writableRoots } from "../sandbox/walls.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { judgeHost, type NetworkRules } from "./network.ts";
import type { Opinion } from "./opinion.ts";
import { protectedIn, protectedTarget, type ProtectedTarget } from "./protected.ts";

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

export interface Judgement {
  readonly verdict: Verdict;
  readonly outcome: Decision | Asked;
  /** For the user, where nobody could be asked: what was denied, and what would have allowed it. */
  readonly notice: string | null;
}

/** What has been found out of an action. */
interface Findings {
  readonly action: Action;
  readonly effects: Effects;
  readonly assessment: Assessment | null;
  /** Without rules: as if somebody could be asked. */
  readonly base: Decision | Asked;
  readonly context: EngineContext;
}

/** Joins sandbox, approval policy, mode, rule files, rules, protected targets and grants into one verdict. */
export function judge(action: Action, context: EngineContext): Judgement {
  const { permissions, mode } = context;
  const alone = permissions.approvalPolicy === "never";
  const strict = decide(action, { ...context, permissions: { ...permissions, askFirst: false } });
  // Codex tells a model that nobody can be asked before it looks at anything else.
  if (mode === null && alone && action.kind === "command" && action.escalate && strict.type === "deny") {
    return settled(strict, baseOpinion(strict, action, context), noEffects, null);
  }
  const assessment = action.kind === "command" ? context.assess(action.argv, action.cwd) : null;
  const effects = assessment?.effects ?? effectsOf(action, context);
  const base =
    mode === "full"
      ? strict
      : decide(action, { ...context, permissions: { ...permissions, approvalPolicy: "on-request", askFirst: false } });
  const findings: Findings = { action, effects, assessment, base, context };
  const { denials, asks, lifts } = opinionsOf(findings);
  const [denial] = denials;
  if (denial !== undefined) {
    const message = denial.codexWords ?? denial.reason;
    return settled(
      { type: "deny", reason: base.type === "deny" ? base.reason : "rule", message },
      denial,
      effects,
      null,
    );
  }
  const leavesBy = asks.some((each) => each.outside);
  const grant = asks.length === 0 ? null : context.granted(action, effects, leavesBy);
  const open = grant !== null ? [] : asks;
  const [ask] = open;
  const guarded = (left: Findings): Allowed => enclosed(left, lifts !== null && lifts.outside && mode !== "plan");
  if (ask === undefined) {
    const because: Opinion =
      grant !== null
        ? {
            decision: "allow",
            rule: `approval:${grant.id}`,
            reason: "you allowed this before",
            outside: false,
            wayOut: null,
          }
        : (lifts ?? baseOpinion(base, action, context));
    const leaves = grant !== null && leavesBy;
    return settled(leaves ? outsideOf : guarded(findings), because, effects, null);
  }
  const outside = open.some((each) => each.outside);
  const allowed = outside ? outsideOf : enclosed(findings, false, true);
  if (!alone) return settled({ type: "ask", allowed }, ask, effects, null);
  // Where nobody is there, what Codex would do without asking is done, and the rest refused in its words.
  if (mode === null && ask.codexWords === undefined && ask.rule.startsWith("sandbox:")) {
    if (strict.type !== "deny") return settled(strict, baseOpinion(strict, action, context), effects, null);
    return settled(strict, ask, effects, null);
  }
  if (ask.codexWords !== undefined && mode === null) {
    return settled({ type: "deny", reason: "unattended", message: ask.codexWords }, ask, effects, null);
  }
  const way = ask.wayOut === null ? "" : ` ${ask.wayOut}`;
  const notice = `Denied, as nobody can be asked: ${nameOf(action)}: ${ask.reason} (${ask.rule}).${way}`;
  const message = `${ask.reason} (${ask.rule}), and nobody is there to be asked.${way}`;
  return settled({ type: "deny", reason: "unattended", message }, ask, effects, notice);
}

const outsideOf: Allowed = { type: "allow", enclose: null };

function settled(
  outcome: Decision | Asked,
  { rule, reason }: Opinion,
  effects: Effects,
  notice: string | null,
): Judgement {
  return { outcome, notice, verdict: { decision: outcome.type, rule, reason, effects } };
}

/** In walls that keep protected files as they are, but for those that the user is asked about by name. */
function enclosed({ base, effects, context, action }: Findings, outside: boolean, asked = false): Allowed {
  if (outside || base.type !== "allow" || base.enclose === null) return outsideOf;
  if (context.mode !== "auto" && context.mode !== "ask") return base;
  const named = asked ? effects.writes : effects.writes.filter((path) => isLifted(path, context));
  const kept = lazily(() =>
    keptFiles(context).filter((path) => !named.some((each) => isWithin(path, each) || isWithin(each, path))),
  );
  const again = decide(action, {
    ...context,
    permissions: { ...context.permissions, askFirst: false },
    protectedFiles: kept,
  });
  return again.type === "allow" ? again : base;
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** Files of the writable folders that a mode of ours keeps from commands; the temporary folders are everybody's. */
function keptFiles(context: EngineContext): string[] {
  const { cwd, permissions, files } = context;
  const roots = trustedRoots([cwd, ...permissions.writableRoots, ...(permissions.granted?.write ?? [])], files);
  return roots.flatMap((root) => protectedIn(root, files)).filter((path) => !isLifted(path, context));
}

/** A rule of the user's allows to write it. */
const isLifted = (path: string, { ownRules }: EngineContext): boolean =>
  ownRules.some(({ decision, paths, access, command, tool }) => {
    const names = paths?.some((glob) => glob.matches(path)) === true && access !== "read";
    return names && decision === "allow" && command === null && tool === null;
  });

interface Opinions {
  readonly denials: readonly Opinion[];
  readonly asks: readonly Opinion[];
  /** What allows it, where a rule does. */
  readonly lifts: Opinion | null;
}

function opinionsOf(findings: Findings): Opinions {
  const { action, base, context } = findings;
  const byRules = stricter(codexOpinion(findings), ownOpinion(findings));
  const allowing = byRules?.decision === "allow" ? byRules : null;
  const leaves = allowing !== null && allowing.outside && context.mode !== "plan";
  const walls = base.type === "deny" && base.reason === "walls" && leaves;
  const denials = [
    ...(base.type === "deny" && !walls ? [baseOpinion(base, action, context)] : []),
    byRules?.decision === "deny" ? byRules : null,
    hostOpinion(findings),
    planOpinion(findings),
  ].filter((each) => each !== null);
  const asks = [
    byRules?.decision === "ask" ? byRules : null,
    removalOpinion(findings, byRules),
    ...protectedOpinions(findings),
    ...(leaves ? [] : [base.type === "ask" ? baseOpinion(base, action, context) : null, escapeOpinion(findings)]),
    allowing === null ? askModeOpinion(findings) : null,
  ].filter((each) => each !== null);
  const mcp = action.kind === "mcp" && allowing !== null;
  return { denials, asks: mcp ? [] : asks, lifts: allowing };
}

const rank = { allow: 0, ask: 1, deny: 2 } as const;

/** Of rule files and rules of ours, where both say something: the stricter one, and of two that allow the one that stays inside. */
function stricter(codex: Opinion | null, own: Opinion | null): Opinion | null {
  if (codex === null || own === null) return codex ?? own;
  const difference = rank[codex.decision] - rank[own.decision];
  if (difference !== 0) return difference > 0 ? codex : own;
  return codex.decision === "allow" && codex.outside && !own.outside ? own : codex;
}

function codexOpinion({ action, context }: Findings): Opinion | null {
  if (action.kind !== "command") return null;
  const said = judgeArgv(action.argv, context.codexRules);
  if (said === null) return null;
  const { file, line } = said.by.rule.place;
  const rule = `${ruleFileName(file)}:${line}`;
  const wayOut = `A rule of ${file} asks for it: change line ${line}.`;
  if (said.type === "allow") {
    const reason = said.by.rule.justification ?? "a rule file lets every part of it run outside of the sandbox";
    return { decision: "allow", rule, reason, outside: true, wayOut: null };
  }
  if (said.type === "forbidden") {
    return { decision: "deny", rule, reason: said.reason, outside: false, wayOut: null };
  }
  const codexWords = "approval required by policy, but AskForApproval is set to Never";
  return { decision: "ask", rule, reason: said.reason, outside: action.escalate, wayOut, codexWords };
}

/** `rules/default.rules` of `/home/me/.codex/rules/default.rules`. */
const ruleFileName = (file: string): string => file.split("/").slice(-2).join("/");

/** Codex asks before files are removed by force, unless a rule allows it. */
function removalOpinion({ action, context }: Findings, byRules: Opinion | null): Opinion | null {
  if (context.mode !== null || action.kind !== "command" || byRules !== null || !forcesRemoval(action.argv))
    return null;
  return {
    decision: "ask",
    rule: "codex:forced-removal",
    reason: "it removes files by force",
    outside: action.escalate,
    wayOut: 'A rule file lets it run: prefix_rule(pattern=["rm"], decision="allow").',
    codexWords: `\`${shellJoin(action.argv)}\` rejected: ${forcedRemovalReason}`,
  };
}

function ownOpinion({ action, effects, assessment, context }: Findings): Opinion | null {
  if (context.ownRules.length === 0) return null;
  const said = judgeByOwnRules(
    {
      tool: toolOf(action),
      effects,
      commands: assessment?.commands ?? null,
      unreadable: assessment !== null && assessment.commands === null,
    },
    context.ownRules,
  );
  if (said === null) return null;
  const { rule, decision, unsure } = said;
  const doubt = unsure && rule.decision === "deny" ? "it cannot be told whether a rule forbids it" : null;
  const does = { allow: "a rule allows it", ask: "a rule has it asked about", deny: "a rule forbids it" }[decision];
  const reason = doubt ?? rule.reason ?? does;
  const wayOut = `The rule stands in ${rule.source}.`;
  return {
    decision,
    rule: rule.name,
    reason,
    outside: decision === "allow" ? rule.outside : isEscalated(action),
    wayOut,
  };
}

const isEscalated = (action: Action): boolean => action.kind === "command" && action.escalate;

function toolOf(action: Action): string {
  if (action.kind === "mcp") return `mcp__${action.server}__${action.tool}`;
  return { command: "exec_command", write: "apply_patch", read: "view_image", stdin: "write_stdin", none: "" }[
    action.kind
  ];
}

function hostOpinion({ effects, context }: Findings): Opinion | null {
  const { network } = context;
  if (network === null) return null;
  const host = effects.hosts.find((each) => judgeHost(each, network) === "deny");
  if (host === undefined) return null;
  const reason = `${host} is denied by codex_agent.network.deny`;
  return { decision: "deny", rule: `network:${host}`, reason, outside: false, wayOut: null };
}

/** Plan mode only looks: what is known to do more is not even tried. */
function planOpinion({ action, effects, context }: Findings): Opinion | null {
  if (context.mode !== "plan") return null;
  const does =
    isEscalated(action) || (action.kind === "mcp" && action.changes)
      ? "this does more"
      : action.kind === "write" || realWrites(effects).length > 0
        ? `this would write ${(effects.writes[0] ?? "files").toString()}`
        : effects.hosts.length > 0
          ? `this would reach ${effects.hosts[0]}`
          : effects.signals.length > 0
            ? "this would signal processes"
            : null;
  if (does === null) return null;
  return {
    decision: "deny",
    rule: "mode:plan",
    reason: `plan mode only looks, and ${does}`,
    outside: false,
    wayOut: null,
  };
}

function protectedOpinions({ action, effects, context }: Findings): Opinion[] {
  const { mode } = context;
  if (mode === null || mode === "full") return [];
  const written = touched(realWrites(effects), context).filter(({ path }) => !isLifted(path, context));
  const read = touched(effects.reads, context).filter(
    ({ path, target }) => target.kind === "credentials" && !isReadLifted(path, context),
  );
  const [first] = [...written, ...read];
  if (first === undefined) return [];
  const writes = written.length > 0;
  const reason = `${first.path} is protected: it ${what[first.target.kind]}`;
  const rule = `path = ${JSON.stringify(first.path)}, access = "${writes ? "write" : "read"}", decision = "allow"`;
  const wayOut = `--mode full asks nothing; a rule of [[codex_agent.rules]] with ${rule} allows this.`;
  return [
    {
      decision: "ask",
      rule: `protected:${first.target.name}`,
      reason,
      outside: isEscalated(action) || !inRoots(written, context),
      wayOut,
    },
  ];
}

const what: Readonly<Record<ProtectedTarget["kind"], string>> = {
  git: "says what git runs",
  startup: "is run when a shell or session starts",
  credentials: "holds keys or passwords",
  editor: "says what an editor runs",
};

interface Touched {
  readonly path: string;
  readonly target: ProtectedTarget;
}

const touched = (paths: readonly string[], { files }: EngineContext): Touched[] =>
  paths.flatMap((path) => {
    const target = protectedTarget(path) ?? protectedTarget(realTarget(path, files) ?? path);
    return target === null ? [] : [{ path, target }];
  });

const isReadLifted = (path: string, { ownRules }: EngineContext): boolean =>
  ownRules.some(
    ({ decision, paths, access, command }) =>
      decision === "allow" &&
      access !== "write" &&
      command === null &&
      paths?.some((glob) => glob.matches(path)) === true,
  );

/** What writing to changes nothing. */
const sinks = new Set(["/dev/null", "/dev/tty", "/dev/stdout", "/dev/stderr", "/dev/zero", "/dev/full"]);
const realWrites = ({ writes }: Effects): string[] =>
  writes.filter((path) => !sinks.has(path) && !path.startsWith("/dev/fd/") && !path.startsWith("/proc/self/fd/"));

const inRoots = (all: readonly Touched[], context: EngineContext): boolean =>
  outsideRoots(
    all.map(({ path }) => path),
    context,
  ).length === 0;

function outsideRoots(paths: readonly string[], context: EngineContext): string[] {
  const roots = trustedRoots(writableRoots(context), context.files);
  return paths.filter((path) => !roots.some((root) => isWithin(realTarget(path, context.files) ?? path, root)));
}

/** What is known to need more than the sandbox gives is asked about at once, not after it has failed. */
function escapeOpinion({ action, effects, assessment, context }: Findings): Opinion | null {
  const { mode, permissions, network } = context;
  if ((mode !== "auto" && mode !== "ask") || action.kind !== "command" || assessment === null) return null;
  const [path] = outsideRoots(realWrites(effects), context);
  const reachable = permissions.networkAccess || permissions.granted?.network === true;
  const host = reachable
    ? undefined
    : effects.hosts.find((each) => network === null || judgeHost(each, network) !== "allow");
  const past = assessment.danger === "destructive" && (realWrites(effects).length === 0 || effects.unknown.length > 0);
  const [reason, hint] =
    path !== undefined
      ? [`it would write ${path}, outside of the writable folders`, `--add-dir makes a folder writable; `]
      : host !== undefined
        ? [
            `it would reach ${host === "*" ? "some host" : host}, and the sandbox has no network`,
            `[codex_agent.network] allow names hosts; `,
          ]
        : effects.signals.length > 0
          ? ["it would signal processes outside of the sandbox", ""]
          : past
            ? [assessment.reasons.at(-1) ?? "what it takes away does not come back", ""]
            : [null, ""];
  if (reason === null) return null;
  return { decision: "ask", rule: `mode:${mode}`, reason, outside: true, wayOut: `${hint}--mode full asks nothing.` };
}

function askModeOpinion({ action, assessment, context }: Findings): Opinion | null {
  if (context.mode !== "ask") return null;
  const harmless =
    action.kind === "command"
      ? assessment?.danger === "none" && !action.escalate
      : action.kind === "mcp"
        ? !action.changes
        : action.kind !== "write" && !(action.kind === "stdin" && action.text !== "");
  if (harmless) return null;
  const reason = assessment?.reasons[0] ?? "it is not known to be harmless";
  return {
    decision: "ask",
    rule: "mode:ask",
    reason,
    outside: isEscalated(action),
    wayOut: "--mode auto runs unasked what the sandbox holds.",
  };
}

/** What sandbox and approval policy say by themselves. */
function baseOpinion(base: Decision | Asked, action: Action, { mode, permissions }: EngineContext): Opinion {
  const rule = mode === null ? `sandbox:${permissions.sandbox}` : `mode:${mode}`;
  if (base.type === "deny")
    return {
      decision: "deny",
      rule: `sandbox:${permissions.sandbox}`,
      reason: base.message,
      outside: false,
      wayOut: null,
    };
  if (base.type === "allow") {
    const held = action.kind === "command" && base.enclose !== null;
    const free =
      permissions.sandbox === "danger-full-access"
        ? "nothing is asked with full access"
        : "it does nothing that has to be asked about";
    return {
      decision: "allow",
      rule,
      reason: held ? "the sandbox holds what it does" : free,
      outside: !held,
      wayOut: null,
    };
  }
  const outside = "--mode full asks nothing, and a rule with outside = true allows it.";
  if (action.kind === "command") {
    return { decision: "ask", rule, reason: "it asks to run outside of the sandbox", outside: true, wayOut: outside };
  }
  if (action.kind === "mcp") {
    const reason = `its server does not say that ${action.tool} only reads`;
    return {
      decision: "ask",
      rule,
      reason,
      outside: false,
      wayOut: `A rule with tool = "${toolOf(action)}" allows it.`,
    };
  }
  const reason = "it writes outside of the writable folders";
  return { decision: "ask", rule, reason, outside: false, wayOut: `--add-dir makes a folder writable; ${outside}` };
}

function effectsOf(action: Action, { files }: EngineContext): Effects {
  const real = (paths: readonly string[]): string[] => paths.map((path) => realTarget(path, files) ?? path);
  if (action.kind === "read") return { ...noEffects, reads: real(action.paths) };
  if (action.kind === "write") return { ...noEffects, writes: real(action.paths) };
  if (action.kind !== "mcp") return noEffects;
  return { ...noEffects, unknown: [`what ${action.tool} of ${action.server} does is not known here`] };
}

function nameOf(action: Action): string {
  if (action.kind === "command") return shellJoin(action.argv);
  return action.kind === "write" ? `a change of ${action.paths.join(", ")}` : toolOf(action);
}
