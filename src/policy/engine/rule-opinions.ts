import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { forcedRemovalReason, forcesRemoval } from "../rules/forced-removal.ts";
import { judgeArgv } from "../rules/judge-argv.ts";
import { judgeByOwnRules } from "../rules/judge-own.ts";
import { type Findings, isEscalated, toolOf } from "./findings.ts";
import { judgeHost } from "./network.ts";
import type { Opinion } from "./opinion.ts";

export function codexOpinion({ action, context }: Findings): Opinion | null {
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
export function removalOpinion({ action, context }: Findings, byRules: Opinion | null): Opinion | null {
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

export function ownOpinion({ action, effects, assessment, context }: Findings): Opinion | null {
  if (context.ownRules.length === 0) return null;
  const said = judgeByOwnRules(
    {
      tool: toolOf(action),
      effects,
      commands: assessment?.commands ?? null,
      unreadable: assessment !== null && assessment.commands === null,
      loose: assessment?.loose ?? false,
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

export function hostOpinion({ effects, context }: Findings): Opinion | null {
  const { network } = context;
  if (network === null) return null;
  const host = effects.hosts.find((each) => judgeHost(each, network) === "deny");
  if (host === undefined) return null;
  const reason = `${host} is denied by codex_agent.network.deny`;
  return { decision: "deny", rule: `network:${host}`, reason, outside: false, wayOut: null };
}

const rank = { allow: 0, ask: 1, deny: 2 } as const;

/** Of rule files and rules of ours, where both say something: the stricter one, and of two that allow the one that stays inside. */
export function stricter(codex: Opinion | null, own: Opinion | null): Opinion | null {
  if (codex === null || own === null) return codex ?? own;
  const difference = rank[codex.decision] - rank[own.decision];
  if (difference !== 0) return difference > 0 ? codex : own;
  return codex.decision === "allow" && codex.outside && !own.outside ? own : codex;
}
