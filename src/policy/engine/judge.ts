import { type Effects, noEffects } from "../../protocol/effects.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import type { Action, Allowed, Asked, Decision } from "../action.ts";
import { decide } from "../decide.ts";
import { isWithin } from "../paths.ts";
import { type EngineContext, type Findings, effectsOf, nameOf } from "./findings.ts";
import { askModeOpinion, baseOpinion, escapeOpinion, harmlessly, planOpinion } from "./mode-opinions.ts";
import type { Opinion } from "./opinion.ts";
import { codexOpinion, hostOpinion, ownOpinion, removalOpinion, stricter } from "./rule-opinions.ts";
import { isLifted, keptFiles, protectedOpinions } from "./target-opinions.ts";

export interface Judgement {
  readonly verdict: Verdict;
  readonly outcome: Decision | Asked;
  /** For the user, where nobody could be asked: what was denied, and what would have allowed it. */
  readonly notice: string | null;
}

/** Joins sandbox, approval policy, mode, rule files, rules, protected targets and grants into one verdict. */
export function judge(action: Action, context: EngineContext): Judgement {
  const { permissions, mode } = context;
  const alone = permissions.approvalPolicy === "never";
  const strict = decide(action, context);
  // Codex tells a model that nobody can be asked before it looks at anything else.
  if (mode === null && action.kind === "command" && strict.type === "deny" && strict.reason === "escalation") {
    return settled(strict, baseOpinion(strict, action, context), noEffects, null);
  }
  const assessment = action.kind === "command" ? context.assess(action.argv, action.cwd) : null;
  const effects = assessment?.effects ?? effectsOf(action, context);
  const base =
    mode === "full"
      ? strict
      : decide(action, { ...context, permissions: { ...permissions, approvalPolicy: "on-request" } });
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
        : (lifts ?? harmlessly(baseOpinion(base, action, context), assessment));
    const lifted = lifts !== null && lifts.outside && mode !== "plan";
    const leaves = grant !== null && leavesBy;
    return settled(leaves ? outsideOf : enclosed(findings, lifted, grant !== null), because, effects, null);
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
  if (context.mode === "plan" || (context.mode === null && context.ownRules.length === 0)) return base;
  const named = asked ? effects.writes : effects.writes.filter((path) => isLifted(path, context));
  const kept = (): string[] =>
    keptFiles(context).filter((path) => !named.some((each) => isWithin(path, each) || isWithin(each, path)));
  const again = decide(action, {
    ...context,
    protectedFiles: kept,
  });
  return again.type === "allow" ? again : base;
}

/** What a rule asks about is refused where a granular policy lets no rule ask. */
function unasked(byRules: Opinion | null, { permissions: { granular } }: EngineContext): Opinion | null {
  if (byRules?.decision !== "ask" || granular?.rules !== false) return byRules;
  const codexWords = "approval required by policy rule, but AskForApproval::Granular.rules is false";
  return { ...byRules, decision: "deny", codexWords };
}

interface Opinions {
  readonly denials: readonly Opinion[];
  readonly asks: readonly Opinion[];
  /** What allows it, where a rule does. */
  readonly lifts: Opinion | null;
}

function opinionsOf(findings: Findings): Opinions {
  const { action, base, context } = findings;
  const byRules = unasked(stricter(codexOpinion(findings), ownOpinion(findings)), context);
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
