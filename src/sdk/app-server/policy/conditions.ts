/** Whether what a rule asks for holds. In doubt a rule that allows does not apply, and one that does not allow does. */
import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isRecord } from "../events/address.ts";
import { readCommand, wordsOf, type CommandLine } from "./command-line.ts";
import type { PolicyContext } from "./engine.ts";
import { changedPaths, changesOf } from "./file-changes.ts";
import { matches } from "./pattern.ts";
import type { Conditions } from "./rubric.ts";

/** What conditions look at, read once for all rules. */
export interface Facts {
  params: Record<string, unknown>;
  context: PolicyContext;
  command: CommandLine | null;
}

export function factsOf(params: unknown, context: PolicyContext): Facts {
  const fields = isRecord(params) ? params : {};
  const { command } = fields;
  return {
    params: fields,
    context,
    command: typeof command === "string" && command !== "" ? readCommand(command) : null,
  };
}

/** `allows`: what the rule does where it applies. */
export function holds(when: Conditions, facts: Facts, allows: boolean): boolean {
  // A question about the network has no command: a rule for commands that allows is no answer to it.
  if (allows && facts.context.requestType === "command" && facts.command === null && !names(when, "host")) return false;
  return all(when, facts, allows);
}

function all(when: Conditions, facts: Facts, allows: boolean): boolean {
  return (Object.entries(when) as [keyof Conditions, never][]).every(([key, value]) =>
    tests[key](value, facts, allows),
  );
}

function names(when: Conditions, key: keyof Conditions): boolean {
  return key in when || (when.any ?? []).some((each) => names(each, key));
}

type Test<Value> = (value: Value, facts: Facts, allows: boolean) => boolean;

const tests: { [Key in keyof Required<Conditions>]: Test<NonNullable<Conditions[Key]>> } = {
  commandRegex: (source, { command, params }, allows) => {
    if (command === null) return false;
    if (allows) return command.parts?.every((part) => matches(source, part, true) === true) ?? false;
    const actions = listOf(params["commandActions"]).map(({ command }) => command);
    const texts = [
      command.raw,
      command.script,
      ...(command.parts ?? []),
      ...actions.filter((each) => typeof each === "string"),
    ];
    return texts.some((text) => matches(source, text, false) !== false);
  },
  commandArgv: (argv, { command }, allows) => {
    if (command === null) return false;
    if (command.parts === null) return !allows;
    const begins = (part: string): boolean => {
      const words = wordsOf(part);
      return words === null ? !allows : argv.every((word, index) => words[index] === word);
    };
    return allows ? command.parts.every(begins) : command.parts.some(begins);
  },
  commandActionsAll: (kinds, { params, command }, allows) => {
    const actions = listOf(params["commandActions"]);
    if (allows && command?.isPlain === false) return false;
    return command !== null && actions.length > 0 && actions.every(({ type }) => kinds.includes(type as never));
  },
  cwdPrefix: (folder, { params }) => typeof params["cwd"] === "string" && isWithin(params["cwd"], [folder]),
  pathWithin: (folders, facts, allows) => {
    const paths = pathsOf(facts);
    const lies = (path: string): boolean => isWithin(path, many(folders));
    if (allows) return paths.length > 0 && paths.every(lies);
    return (facts.context.requestType === "file_change" && changesOf(facts.context).length === 0) || paths.some(lies);
  },
  host: (hosts, { params }) => {
    const context = params["networkApprovalContext"];
    const host = isRecord(context) && typeof context["host"] === "string" ? context["host"].toLowerCase() : null;
    if (host === null) return false;
    return many(hosts).some((each) =>
      each.startsWith("*.") ? host.endsWith(each.slice(1).toLowerCase()) : host === each.toLowerCase(),
    );
  },
  kind: (kinds, { params }) => many(kinds).includes(String(params["kind"] ?? "command")),
  hasProposedExecpolicy: (wanted, { params }) =>
    listOf(params["proposedExecpolicyAmendment"], true).length > 0 === wanted,
  grantRootPresent: (wanted, { params }) => (typeof params["grantRoot"] === "string") === wanted,
  reasonRegex: (source, { params }, allows) => found(source, params["reason"], allows),
  threadIdRegex: (source, { context }, allows) => found(source, context.threadId, allows),
  turnIdRegex: (source, { context }, allows) => found(source, context.turnId, allows),
  questionIdRegex: (source, { params }, allows) => {
    const ids = listOf(params["questions"]).map(({ id }) => id);
    return (
      ids.length > 0 &&
      (allows ? ids.every((id) => found(source, id, true)) : ids.some((id) => found(source, id, false)))
    );
  },
  not: (when, facts, allows) => !all(when, facts, !allows),
  any: (list, facts, allows) => list.some((when) => all(when, facts, allows)),
};

function found(source: string, text: unknown, allows: boolean): boolean {
  if (typeof text !== "string") return false;
  return matches(source, text, false) ?? !allows;
}

const many = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

function listOf(value: unknown, texts = false): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((each) => texts || isRecord(each)) : [];
}

/** What would be touched: of changes of files each of them, else where the command runs. */
function pathsOf({ params, context }: Facts): string[] {
  const named = [...changedPaths(changesOf(context)), params["grantRoot"], params["cwd"]];
  return named.filter((path) => typeof path === "string");
}

/** By folders, not letters, links resolved as far as there is something. */
export function isWithin(path: string, folders: readonly string[]): boolean {
  if (!isAbsolute(path)) return false;
  const real = realPath(path);
  return folders.some((folder) => {
    const way = relative(realPath(resolve(folder)), real);
    return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}

function realPath(path: string): string {
  const rest: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...rest);
    } catch {
      if (dirname(at) === at) return resolve(path);
      rest.unshift(at.slice(dirname(at).length).replace(/^[\\/]/, ""));
    }
  }
}
