/** What a rubric may say, and the check of it: everything that is wrong is told at once, when the engine is made. */
import { ValidationError } from "../../errors.ts";
import { isRecord } from "../events/address.ts";
import { isCommandDecision, isFileDecision, userInputAnswer } from "../requests/answers.ts";
import type { CommandDecision, FileChangeDecision, UserInputAnswer } from "../requests/hooks.ts";
import { checkPattern } from "./pattern.ts";

/** All that are given must hold; one that is empty holds always. */
export interface Conditions {
  /**
   * A regular expression. Where the rule allows, it has to match the whole of each simple command of the line, which may hold nothing that
   * cannot be taken apart (substitutions, redirections, groups); where it does not allow, a match anywhere counts.
   */
  commandRegex?: string;
  /** Words that each simple command begins with. */
  commandArgv?: readonly string[];
  /** The server's reading of the command: each of its actions is one of these. */
  commandActionsAll?: readonly ("read" | "listFiles" | "search" | "unknown")[];
  /** The working directory is this folder, or below it; links resolved. */
  cwdPrefix?: string;
  /** Everything that is to be changed, or the working directory of a command, lies in one of these folders. */
  pathWithin?: string | readonly string[];
  /** Of a question about the network: the host, or with `*.` in front one below it. */
  host?: string | readonly string[];
  /** `command`, `writeStdin`. */
  kind?: string | readonly string[];
  hasProposedExecpolicy?: boolean;
  grantRootPresent?: boolean;
  reasonRegex?: string;
  threadIdRegex?: string;
  turnIdRegex?: string;
  questionIdRegex?: string;
  not?: Conditions;
  any?: readonly Conditions[];
}

export interface Rule<Decision> {
  name?: string;
  /** Rules with lower numbers are asked first. Default 1000. */
  priority?: number;
  when: Conditions;
  decision: Decision;
  reason?: string;
}

/** `auto_empty`: no answers. */
export type ToolInputDecision =
  | "auto_empty"
  | UserInputAnswer
  | { answers: readonly { id: string; answers: readonly string[] }[] };

export interface Rubric {
  /** Words for the judge. */
  systemRubric?: string;
  /** What commands and changes come to that no rule decides: allowed; refused unless they only read; refused. Default balanced. */
  mode?: "permissive" | "balanced" | "strict";
  /** Have a model decide what no rule does. */
  useLlmJudge?: boolean;
  commandRules?: readonly Rule<CommandDecision>[];
  fileChangeRules?: readonly Rule<FileChangeDecision>[];
  toolInputRules?: readonly Rule<ToolInputDecision>[];
  /** In the place of what the mode says. */
  defaults?: { command?: CommandDecision; fileChange?: FileChangeDecision; toolInput?: ToolInputDecision };
  /** Whether each decision is told of, and with the parameters of the request. Default: told, without. */
  audit?: { enabled?: boolean; includeParams?: boolean };
}

type Check = (value: unknown) => string | null;

const pattern: Check = (value) =>
  typeof value === "string" ? checkPattern(value) : "must be a regular expression as text";
const flag: Check = (value) => (typeof value === "boolean" ? null : "must be true or false");
const text: Check = (value) => (typeof value === "string" && value !== "" ? null : "must be a text that is not empty");
const texts: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((each) => text(each) === null)
    ? null
    : "must be a list of texts that is not empty";
const oneOrMore: Check = (value) => (typeof value === "string" ? text(value) : texts(value));
const actions = ["read", "listFiles", "search", "unknown"];

const always: Record<string, Check> = {
  commandRegex: pattern,
  cwdPrefix: text,
  reasonRegex: pattern,
  threadIdRegex: pattern,
  turnIdRegex: pattern,
  hasProposedExecpolicy: flag,
  commandArgv: texts,
  commandActionsAll: (value) =>
    texts(value) ??
    ((value as string[]).every((each) => actions.includes(each)) ? null : `knows ${actions.join(", ")}`),
  host: oneOrMore,
  pathWithin: oneOrMore,
  kind: oneOrMore,
};
const kinds = {
  commandRules: { more: {}, decision: isCommandDecision },
  fileChangeRules: { more: { grantRootPresent: flag }, decision: isFileDecision },
  toolInputRules: {
    more: { questionIdRegex: pattern },
    decision: (value: unknown) => toolInputAnswer(value) !== null,
  },
} as const;

/** In one spelling, and a copy: later changes of the caller's object change nothing. Throws {@link ValidationError} with all that is wrong. */
export function readRubric(given: unknown): Rubric {
  const problems: string[] = [];
  if (!isRecord(given)) throw new ValidationError("policyRubric", "must be an object");
  const rubric = structuredClone(camelKeys(given)) as Record<string, unknown>;
  const say = (path: string, problem: string | null): void => {
    if (problem !== null) problems.push(`${path} ${problem}`);
  };
  fieldsOf(rubric, "", [...Object.keys(kinds), "systemRubric", "mode", "useLlmJudge", "defaults", "audit"], say);
  if (rubric["systemRubric"] !== undefined)
    say("systemRubric", typeof rubric["systemRubric"] === "string" ? null : "must be a text");
  if (rubric["useLlmJudge"] !== undefined) say("useLlmJudge", flag(rubric["useLlmJudge"]));
  if (rubric["mode"] !== undefined && !["permissive", "balanced", "strict"].includes(rubric["mode"] as string))
    say("mode", "must be permissive, balanced or strict");
  for (const [list, { more, decision }] of Object.entries(kinds))
    checkRules(rubric[list], list, { ...always, ...more }, decision, say);
  checkDefaults(rubric["defaults"], say);
  const { audit } = rubric;
  if (audit !== undefined && isRecord(audit)) {
    fieldsOf(audit, "audit.", ["enabled", "includeParams"], say);
    for (const [key, value] of Object.entries(audit)) say(`audit.${key}`, flag(value));
  } else if (audit !== undefined) say("audit", "must be an object");
  if (problems.length > 0) throw new ValidationError("policyRubric", `has faults:\n  ${problems.join("\n  ")}`);
  return rubric as Rubric;
}

type Say = (path: string, problem: string | null) => void;

function checkRules(
  rules: unknown,
  list: string,
  checks: Record<string, Check>,
  isDecision: (value: unknown) => boolean,
  say: Say,
): void {
  if (rules === undefined) return;
  if (!Array.isArray(rules)) return say(list, "must be a list");
  for (const [index, rule] of rules.entries()) {
    const path = `${list}[${index}]`;
    if (!isRecord(rule)) {
      say(path, "must be an object");
      continue;
    }
    fieldsOf(rule, `${path}.`, ["name", "priority", "when", "decision", "reason"], say);
    if (rule["name"] !== undefined) say(`${path}.name`, text(rule["name"]));
    if (rule["reason"] !== undefined)
      say(`${path}.reason`, typeof rule["reason"] === "string" ? null : "must be a text");
    if (rule["priority"] !== undefined && !Number.isFinite(rule["priority"]))
      say(`${path}.priority`, "must be a number");
    if (!isDecision(rule["decision"])) say(`${path}.decision`, `is none: ${JSON.stringify(rule["decision"])}`);
    checkConditions(rule["when"], `${path}.when`, checks, say);
  }
}

function checkConditions(when: unknown, path: string, checks: Record<string, Check>, say: Say): void {
  if (!isRecord(when)) return say(path, "must be an object; one that is empty matches everything");
  for (const [key, value] of Object.entries(when)) {
    if (key === "not") checkConditions(value, `${path}.not`, checks, say);
    else if (key === "any") {
      if (!Array.isArray(value) || value.length === 0) say(`${path}.any`, "must be a list that is not empty");
      else for (const [index, each] of value.entries()) checkConditions(each, `${path}.any[${index}]`, checks, say);
    } else
      say(
        `${path}.${key}`,
        Object.hasOwn(checks, key)
          ? checks[key]!(value)
          : `is no condition; there are ${Object.keys(checks).join(", ")}, not, any`,
      );
  }
}

function checkDefaults(defaults: unknown, say: Say): void {
  if (defaults === undefined) return;
  if (!isRecord(defaults)) return say("defaults", "must be an object");
  fieldsOf(defaults, "defaults.", ["command", "fileChange", "toolInput"], say);
  const { command, fileChange, toolInput } = defaults;
  if (command !== undefined && !isCommandDecision(command)) say("defaults.command", "is no decision");
  if (fileChange !== undefined && !isFileDecision(fileChange)) say("defaults.fileChange", "is no decision");
  if (toolInput !== undefined && toolInputAnswer(toolInput) === null) say("defaults.toolInput", "is no answer");
}

function fieldsOf(value: Record<string, unknown>, path: string, names: readonly string[], say: Say): void {
  for (const key of Object.keys(value))
    if (!names.includes(key)) say(`${path}${key}`, `is not known; there are ${names.join(", ")}`);
}

/** The answer in the form of the wire; null for what is none. */
export function toolInputAnswer(decision: unknown): UserInputAnswer | null {
  if (decision === "auto_empty") return { answers: {} };
  const answers: unknown = isRecord(decision) ? decision["answers"] : null;
  if (!Array.isArray(answers)) return userInputAnswer(decision) as UserInputAnswer | null;
  const map = answers.map((each: unknown) =>
    isRecord(each) ? [each["id"], { answers: each["answers"] }] : [null, null],
  );
  if (!map.every(([id]) => typeof id === "string" && id !== "")) return null;
  return userInputAnswer({ answers: Object.fromEntries(map as [string, unknown][]) }) as UserInputAnswer | null;
}

/** Names as Python writes them become those of TypeScript; what a decision holds is the server's, and stays. */
function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined && each !== null)
      .map(([key, each]) => {
        const name = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
        return [name, name === "decision" || isDefault(name, value) ? each : camelKeys(each)];
      }),
  );
}

const isDefault = (name: string, parent: Record<string, unknown>): boolean =>
  !("when" in parent) && ["command", "fileChange", "toolInput"].includes(name);
