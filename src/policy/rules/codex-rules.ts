import { isSequence, kindOf, RuleSyntaxError, runRuleFile, type RuleCall, type RuleValue } from "./rule-language.ts";
import { shellWords } from "./shell-words.ts";

/** `allow`: outside of the sandbox and unasked; `prompt`: only when asked; `forbidden`: never. The strictest that fits counts. */
export type RuleDecision = "allow" | "prompt" | "forbidden";
const strictness: readonly RuleDecision[] = ["allow", "prompt", "forbidden"];

export const strictest = (decisions: readonly RuleDecision[]): RuleDecision | null =>
  strictness.findLast((each) => decisions.includes(each)) ?? null;

/** A line of one of Codex's rule files: what commands that begin so may do. */
export interface PrefixRule {
  /** For each word those that may stand there. */
  readonly pattern: readonly (readonly string[])[];
  readonly decision: RuleDecision;
  readonly justification: string | null;
  readonly place: { readonly file: string; readonly line: number };
}

export interface CodexRules {
  readonly prefixes: readonly PrefixRule[];
  /** Where a program may lie to be meant by its bare name; of one that is not named here, anywhere. */
  readonly executables: ReadonlyMap<string, readonly string[]>;
}

/** Later definitions of where a program lies replace earlier ones. */
export const joinRules = (all: readonly CodexRules[]): CodexRules => ({
  prefixes: all.flatMap(({ prefixes }) => prefixes),
  executables: new Map(all.flatMap(({ executables }) => [...executables])),
});

const protocols = ["http", "https", "https_connect", "http-connect", "socks5_tcp", "socks5_udp"];

/** A file that cannot be read as rules; `message` names file and line. */
export class RuleFileError extends Error {}

/** Reads one rule file. @throws {RuleFileError} for anything in it that is not understood: it could forbid something. */
export function readCodexRules(text: string, file: string): CodexRules {
  const prefixes: PrefixRule[] = [];
  const executables = new Map<string, readonly string[]>();
  try {
    runRuleFile(text, {
      prefix_rule: (call) => prefixes.push(prefixRule(call, file)),
      host_executable(call) {
        const { name, paths } = executable(call);
        executables.set(name, paths);
      },
      network_rule: checkNetworkRule,
    });
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error;
    throw new RuleFileError(`${file}:${error.line}: ${error.message}`);
  }
  return { prefixes, executables };
}

/** Arguments by name, positions resolved. */
function takeArguments(name: string, names: readonly string[], needed: number, call: RuleCall): Map<string, RuleValue> {
  const { line, positional, named } = call;
  if (positional.length > names.length) throw new RuleSyntaxError(`${name} takes ${names.length} values`, line);
  const given = new Map(positional.map((value, index): [string, RuleValue] => [names[index]!, value]));
  for (const [key, value] of named) {
    if (!names.includes(key)) throw new RuleSyntaxError(`${name} has no ${key}; it has ${names.join(", ")}`, line);
    if (given.has(key)) throw new RuleSyntaxError(`${key} of ${name} is given twice`, line);
    given.set(key, value);
  }
  const missing = names.slice(0, needed).find((key) => !given.has(key));
  if (missing !== undefined) throw new RuleSyntaxError(`${name} needs ${missing}`, line);
  return given;
}

function prefixRule(call: RuleCall, file: string): PrefixRule {
  const { line } = call;
  const names = ["pattern", "decision", "match", "not_match", "justification"];
  const given = takeArguments("prefix_rule", names, 1, call);
  const elements = listOf(given.get("pattern"), "pattern", line);
  if (elements.length === 0) throw new RuleSyntaxError("pattern is empty; it would mean every command", line);
  const pattern = elements.map((element) => alternatives(element, line));
  const decision = decisionOf(given.get("decision"), ["allow", "prompt", "forbidden"], line) as RuleDecision;
  const rule = {
    pattern,
    decision,
    justification: justification(given.get("justification"), line),
    place: { file, line },
  };
  for (const example of examples(given.get("match"), "match", line)) {
    if (matchPrefix(example, rule) === null) {
      throw new RuleSyntaxError(
        `the rule does not match ${JSON.stringify(example.join(" "))}, which match says it does`,
        line,
      );
    }
  }
  for (const example of examples(given.get("not_match"), "not_match", line)) {
    if (matchPrefix(example, rule) !== null) {
      throw new RuleSyntaxError(
        `the rule matches ${JSON.stringify(example.join(" "))}, which not_match says it does not`,
        line,
      );
    }
  }
  return rule;
}

function alternatives(element: RuleValue, line: number): string[] {
  if (typeof element === "string") return [element];
  if (!isSequence(element) || element.kind !== "list") {
    throw new RuleSyntaxError(`a word of pattern is a string or a list of strings, not ${kindOf(element)}`, line);
  }
  if (element.items.length === 0) throw new RuleSyntaxError("a list of alternatives in pattern is empty", line);
  return element.items.map((item) => text(item, "an alternative in pattern", line));
}

function text(value: RuleValue | undefined, what: string, line: number): string {
  if (typeof value === "string") return value;
  throw new RuleSyntaxError(`${what} is a string, not ${kindOf(value ?? null)}`, line);
}

function listOf(value: RuleValue | undefined, what: string, line: number): readonly RuleValue[] {
  if (isSequence(value) && value.kind === "list") return value.items;
  throw new RuleSyntaxError(`${what} is a list, not ${kindOf(value ?? null)}`, line);
}

function decisionOf(value: RuleValue | undefined, known: readonly string[], line: number): string {
  if (value === undefined) return "allow";
  const word = text(value, "decision", line);
  if (known.includes(word)) return word;
  throw new RuleSyntaxError(`decision is ${JSON.stringify(word)}; there are: ${known.join(", ")}`, line);
}

function justification(value: RuleValue | undefined, line: number): string | null {
  if (value === undefined) return null;
  const words = text(value, "justification", line);
  if (words.trim() === "") throw new RuleSyntaxError("justification is empty", line);
  return words;
}

/** Each a line of shell words, or a list of words. */
function examples(value: RuleValue | undefined, what: string, line: number): string[][] {
  if (value === undefined) return [];
  return listOf(value, what, line).map((example) => {
    if (isSequence(example)) {
      if (example.kind !== "list") throw new RuleSyntaxError(`an example of ${what} is a list, not a tuple`, line);
      if (example.items.length === 0) throw new RuleSyntaxError(`an example of ${what} is empty`, line);
      return example.items.map((word) => text(word, `a word of an example of ${what}`, line));
    }
    const words = shellWords(text(example, `an example of ${what}`, line));
    if (words === null) throw new RuleSyntaxError(`an example of ${what} has a quote that is not closed`, line);
    if (words.length === 0) throw new RuleSyntaxError(`an example of ${what} is empty`, line);
    return words;
  });
}

function executable(call: RuleCall): { name: string; paths: string[] } {
  const { line } = call;
  const given = takeArguments("host_executable", ["name", "paths"], 2, call);
  const name = text(given.get("name"), "name of host_executable", line);
  if (name === "" || name.includes("/")) {
    throw new RuleSyntaxError(
      `name of host_executable is that of a program, without a folder, not ${JSON.stringify(name)}`,
      line,
    );
  }
  const paths = listOf(given.get("paths"), "paths of host_executable", line).map((path) =>
    text(path, "a path of host_executable", line),
  );
  const odd = paths.find((path) => !path.startsWith("/") || baseOf(path) !== name);
  if (odd !== undefined) {
    throw new RuleSyntaxError(
      `paths of host_executable are absolute and end in ${name}, not as ${JSON.stringify(odd)} does`,
      line,
    );
  }
  return { name, paths };
}

/** Hosts are allowed by `[codex_agent.network]` here; a file that names some has to be well-formed all the same. */
function checkNetworkRule(call: RuleCall): void {
  const { line } = call;
  const given = takeArguments("network_rule", ["host", "protocol", "decision", "justification"], 3, call);
  const host = text(given.get("host"), "host of network_rule", line).trim();
  const protocol = text(given.get("protocol"), "protocol of network_rule", line);
  if (!protocols.includes(protocol)) {
    throw new RuleSyntaxError(
      `protocol of network_rule is ${JSON.stringify(protocol)}; there are: ${protocols.join(", ")}`,
      line,
    );
  }
  if (host === "" || /[*/\s]/.test(host)) {
    throw new RuleSyntaxError(
      `host of network_rule is one host, without scheme, path or *, not ${JSON.stringify(host)}`,
      line,
    );
  }
  decisionOf(given.get("decision"), ["allow", "prompt", "deny", "forbidden"], line);
  justification(given.get("justification"), line);
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export interface RuleMatch {
  /** The words that fitted. */
  readonly prefix: readonly string[];
  readonly rule: PrefixRule;
  /** The path of the program, where it was met by its bare name. */
  readonly resolvedProgram: string | null;
}

function matchPrefix(words: readonly string[], { pattern }: Pick<PrefixRule, "pattern">): string[] | null {
  if (words.length < pattern.length) return null;
  return pattern.every((options, index) => options.includes(words[index]!)) ? words.slice(0, pattern.length) : null;
}

/**
 * The rules that one command meets. `byName`: a program that is named by its path meets rules for its bare name, where none is
 * for the path and the file does not say that it lies elsewhere.
 */
export function matchRules(words: readonly string[], rules: CodexRules, byName: boolean): RuleMatch[] {
  const exact = matchAll(words, rules, null);
  const [program = "", ...rest] = words;
  if (exact.length > 0 || !byName || !program.startsWith("/")) return exact;
  const name = baseOf(program);
  const places = rules.executables.get(name);
  if (places !== undefined && !places.includes(program)) return [];
  return matchAll([name, ...rest], rules, program);
}

function matchAll(words: readonly string[], rules: CodexRules, resolvedProgram: string | null): RuleMatch[] {
  return rules.prefixes.flatMap((rule) => {
    const prefix = matchPrefix(words, rule);
    return prefix === null ? [] : [{ prefix, rule, resolvedProgram }];
  });
}
