import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { matchRules, strictest, type CodexRules, type RuleMatch } from "./codex-rules.ts";
import { commandsOf } from "./plain-commands.ts";

/** What rule files say of a command line, and by which rule. */
export type RuleSentence =
  /** Every part of it is allowed to run outside of the sandbox, unasked. */
  | { readonly type: "allow"; readonly by: RuleMatch }
  | { readonly type: "prompt"; readonly by: RuleMatch; readonly reason: string }
  | { readonly type: "forbidden"; readonly by: RuleMatch; readonly reason: string };

/**
 * Judges an argument list by rule files: the strictest rule that a part of it meets counts, and a line is allowed where all of
 * its parts are. A shell line that is more than a list of plain commands is judged as the call of a shell. Null: they say
 * nothing.
 */
export function judgeArgv(argv: readonly string[], rules: CodexRules): RuleSentence | null {
  if (rules.prefixes.length === 0) return null;
  const commands = commandsOf(argv) ?? [[...argv]];
  const met = commands.map((words) => matchRules(words, rules, true));
  const all = met.flat();
  const decision = strictest(all.map(({ rule }) => rule.decision));
  const by = mostSpecific(all.filter(({ rule }) => rule.decision === decision));
  if (decision === null || by === null) return null;
  const { justification } = by.rule;
  const line = `\`${shellJoin(argv)}\``;
  if (decision === "forbidden") {
    const why = justification ?? `policy forbids commands starting with \`${shellJoin(by.prefix)}\``;
    return { type: "forbidden", by, reason: `${line} rejected: ${why}` };
  }
  if (decision === "prompt") {
    const why = justification === null ? "requires approval by policy" : `requires approval: ${justification}`;
    return { type: "prompt", by, reason: `${line} ${why}` };
  }
  return met.every((matches) => matches.length > 0) ? { type: "allow", by } : null;
}

const mostSpecific = (matches: readonly RuleMatch[]): RuleMatch | null =>
  matches.reduce<RuleMatch | null>(
    (best, match) => (best === null || match.prefix.length > best.prefix.length ? match : best),
    null,
  );
