import type { Effects } from "../../protocol/effects.ts";
import type { PlainCommand } from "../effects/assessment.ts";
import { matchesHost, mayMatchHost } from "../engine/network.ts";
import type { OwnRule } from "./own-rules.ts";

/** An action as rules look at it. */
export interface RuledAction {
  /** `exec_command`, `apply_patch`, `view_image`, `write_stdin`, `mcp__SERVER__TOOL`. */
  readonly tool: string;
  readonly effects: Effects;
  /** Null where no command is judged, or where the line cannot be read. */
  readonly commands: readonly PlainCommand[] | null;
  /** A command line that cannot be read. */
  readonly unreadable: boolean;
  /** It may run what is none of its commands. */
  readonly loose: boolean;
}

export interface OwnSentence {
  readonly rule: OwnRule;
  readonly decision: OwnRule["decision"];
  /** It cannot be told whether the rule is met: then what it would deny is asked about. */
  readonly unsure: boolean;
}

type Met = "yes" | "maybe" | "no";

/**
 * What our rules say: deny before all; between allow and ask the more specific one of each part, and ask where both are
 * equally so. A line is allowed where every part of it is. Null: they say nothing.
 */
export function judgeByOwnRules(action: RuledAction, rules: readonly OwnRule[]): OwnSentence | null {
  const fitting = rules.filter(({ tool }) => tool === null || tool.test(action.tool));
  const parts: readonly (PlainCommand | null)[] =
    action.commands !== null && action.commands.length > 0
      ? [...action.commands, ...(action.loose ? [null] : [])]
      : [null];
  const sentences = parts.map((part) => judgePart(part, action, fitting));
  const said = sentences.filter((each) => each !== null);
  const strict = said.find(({ decision }) => decision === "deny") ?? said.find(({ decision }) => decision === "ask");
  if (strict !== undefined) return strict;
  // What only reads need not be allowed by name, unless it would leave the sandbox.
  const outside = said.every(({ rule }) => rule.outside);
  const covered = parts.every((part, index) => sentences[index] !== null || (!outside && part?.danger === "none"));
  const [first] = said;
  if (!covered || first === undefined) return null;
  return said.find(({ rule }) => !rule.outside) ?? first;
}

function judgePart(part: PlainCommand | null, action: RuledAction, rules: readonly OwnRule[]): OwnSentence | null {
  let best: OwnSentence | null = null;
  for (const rule of rules) {
    const met = meets(rule, part, action);
    if (met === "no" || (met === "maybe" && rule.decision === "allow")) continue;
    const unsure = met === "maybe";
    const decision = unsure ? "ask" : rule.decision;
    if (decision === "deny") return { rule, decision, unsure };
    const closer = best === null ? 1 : weight(rule) - weight(best.rule);
    if (closer > 0 || (closer === 0 && decision === "ask")) best = { rule, decision, unsure };
  }
  return best;
}

/** More keys before more words before longer patterns. */
function weight({ tool, command, paths, hosts }: OwnRule): number {
  const named = [tool, command, paths, hosts].filter((each) => each !== null).length;
  const words = command?.length ?? 0;
  const path = Math.max(0, ...(paths ?? []).map((glob) => glob.weight));
  const host = Math.max(0, ...(hosts ?? []).map((pattern) => pattern.length));
  return named * 1e6 + words * 1e4 + path + host;
}

function meets(rule: OwnRule, part: PlainCommand | null, action: RuledAction): Met {
  return least([
    rule.command === null ? "yes" : meetsCommand(rule, rule.command, part, action),
    rule.paths === null ? "yes" : meetsPaths(rule, action),
    rule.hosts === null ? "yes" : meetsHosts(rule, rule.hosts, part, action.effects),
  ]);
}

const least = (all: readonly Met[]): Met => (all.includes("no") ? "no" : all.includes("maybe") ? "maybe" : "yes");

function meetsCommand(rule: OwnRule, prefix: readonly string[], part: PlainCommand | null, action: RuledAction): Met {
  if (part === null) return action.unreadable || action.loose ? "maybe" : "no";
  if (rule.decision !== "allow" && runsAnything(part)) return "maybe";
  const same = (word: string | undefined, index: number): boolean =>
    word === prefix[index] ||
    (index === 0 && word !== undefined && word.slice(word.lastIndexOf("/") + 1) === prefix[0]);
  if (part.words === null) {
    if (part.program === null) return "maybe";
    if (!same(part.program, 0)) return "no";
    return prefix.length === 1 && rule.decision !== "allow" ? "yes" : "maybe";
  }
  const { words } = part;
  // A file that only has the name of a program is not what an allowed name means.
  const fits = prefix.every((word, index) =>
    rule.decision === "allow" ? words[index] === word : same(words[index], index),
  );
  const behind = rule.decision !== "allow" && same(words[0], 0) && standsBehindOptions(words, prefix);
  if (!fits && !behind) return "no";
  return rule.decision === "allow" && (part.assigns || part.redirected) ? "no" : "yes";
}

/** `git -C x push`: the words of the rule, with options and what may be their values between them. */
function standsBehindOptions(words: readonly string[], [, ...rest]: readonly string[]): boolean {
  let at = 1;
  for (const word of rest) {
    for (; words[at] !== word; at++) {
      const [before = "", here] = [words[at - 1], words[at]];
      const value = before.startsWith("-") && !before.includes("=");
      if (here === undefined || (!here.startsWith("-") && !value)) return false;
    }
    at++;
  }
  return true;
}

const runners = /^(?:.*\/)?(?:eval|trap|(?:ba|z|da|k|a|mk|rba)?sh)$/;

/** A shell whose line, or input, is only known when it runs. */
function runsAnything({ program, danger, words }: PlainCommand): boolean {
  if (danger !== "unknown" || program === null || !runners.test(program)) return false;
  return words === null || words.slice(1).every((word) => word.startsWith("-"));
}

function meetsPaths(rule: OwnRule, { effects, unreadable }: RuledAction): Met {
  const globs = rule.paths ?? [];
  const reads = rule.access === "write" ? [] : effects.reads;
  const writes = rule.access === "read" ? [] : effects.writes;
  const touched = [...reads, ...writes];
  if (rule.decision === "allow") {
    // Everything that is done has to be meant, and known.
    const known = effects.unknown.length === 0 && !unreadable;
    const hosts = rule.hosts === null ? effects.hosts.length : 0;
    const beyond = hosts + effects.signals.length + (rule.access === "read" ? effects.writes.length : 0);
    const all = touched.length > 0 && touched.every((path) => globs.some((glob) => glob.matches(path)));
    return known && beyond === 0 && all ? "yes" : "no";
  }
  const hit =
    touched.some((path) => globs.some((glob) => glob.matches(path))) ||
    writes.some((path) => globs.some((glob) => glob.only !== null && glob.mayLieIn(path)));
  if (hit) return "yes";
  return effects.writes.some((path) => globs.some((glob) => glob.mayLieIn(path))) && rule.access !== "read"
    ? "maybe"
    : "no";
}

function meetsHosts(rule: OwnRule, patterns: readonly string[], part: PlainCommand | null, effects: Effects): Met {
  const { hosts, unknown } = effects;
  const meant = (host: string): boolean => patterns.some((pattern) => matchesHost(host, pattern));
  if (rule.decision === "allow") {
    // To reach a host is all that is allowed, and what of it is meant besides is said by the other keys.
    const writes = rule.paths === null ? effects.writes.length : 0;
    const besides = rule.command === null && (writes + effects.signals.length > 0 || part?.danger === "destructive");
    return hosts.length > 0 && unknown.length === 0 && !besides && hosts.every(meant) ? "yes" : "no";
  }
  if (hosts.some(meant)) return "yes";
  const near = (host: string): boolean => patterns.some((pattern) => mayMatchHost(host, pattern));
  return hosts.includes("*") || hosts.some(near) ? "maybe" : "no";
}
