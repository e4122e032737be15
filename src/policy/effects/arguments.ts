import type { Argument } from "../shell/expand.ts";
import { argument, unknownArgument } from "../shell/expand.ts";
import type { Call } from "./call.ts";
import { hostOf, hostOfRemote } from "./hosts.ts";
import type { Program } from "./program.ts";

interface OptionRule {
  /** What follows it; null where nothing does. */
  readonly kind: string | null;
  /** Its value stands behind `=` or not at all. */
  readonly optional: boolean;
  readonly sign: string;
}

const parsed = new WeakMap<Program, ReadonlyMap<string, OptionRule>>();

function optionsOf(program: Program): ReadonlyMap<string, OptionRule> {
  const known = parsed.get(program);
  if (known !== undefined) return known;
  const rules = new Map<string, OptionRule>();
  for (const token of (program.options ?? "").split(/\s+/)) {
    const [, dashes, name = "", , kind, sign = ""] =
      /^(--?)(#|[\w.@:+#?-]+?)(\[?=([\w@%!~?]+)\]?)?([!~?]?)$/.exec(token) ?? [];
    if (dashes === undefined) continue;
    const rule = { kind: kind ?? null, optional: token.includes("[="), sign };
    if (dashes === "--" || program.single === true || kind !== undefined) rules.set(dashes + name, rule);
    else for (const flag of name) rules.set(`-${flag}`, rule);
  }
  parsed.set(program, rules);
  return rules;
}

/** What a command was given. */
export interface Given {
  readonly operands: readonly Argument[];
  /** Names of the options that were there, with their dashes. */
  readonly options: ReadonlyMap<string, Argument | null>;
}

/**
 * Reads a command's arguments by what is known of its program, and says what they touch. With `stops`, everything from the
 * first operand on is an operand. An option whose value has no kind of its own is left to the caller.
 */
export function readArguments(call: Call, program: Program, args: readonly Argument[], stops = false): Given {
  const rules = optionsOf(program);
  const operands: Argument[] = [];
  const options = new Map<string, Argument | null>();
  const values: [string, Argument][] = [];
  const take = (name: string, rule: OptionRule, value: Argument | null): void => {
    options.set(name, value);
    if (rule.sign !== "") signal(call, rule.sign, name);
    if (value !== null && rule.kind !== null) values.push([rule.kind, value]);
  };
  const refuse = (arg: Argument): void => {
    if (program.looks !== true) call.raise("unknown", `has an option that is not known here: ${arg.source}`);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const next = (): Argument | null => {
      const value = args[at + 1];
      if (value === undefined) return null;
      at++;
      // Words that may be none or several move what follows.
      return value.many ? unknownArgument(value.source, true) : value;
    };
    if (mayBeOption(call, arg)) {
      if (program.looks !== true) {
        call.raise("unknown", `gets ${arg.source}, which may stand for options`);
      }
      operands.push(arg);
      if (stops) return { operands: [...operands, ...args.slice(at + 1)], options };
      continue;
    }
    const text = arg.text ?? arg.prefix;
    if (text === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (!text.startsWith("-") || text === "-") {
      operands.push(arg);
      if (stops) {
        operands.push(...args.slice(at + 1));
        break;
      }
      continue;
    }
    if (text.startsWith("--") || program.single === true) {
      const equals = text.indexOf("=");
      const name = equals === -1 ? text : text.slice(0, equals);
      const rule = rules.get(name) ?? (program.single === true ? rules.get(name.replace(/^--/, "-")) : undefined);
      if (rule === undefined || (arg.text === null && equals === -1)) refuse(arg);
      else if (equals !== -1) take(name, rule, rest(arg, equals + 1));
      else take(name, rule, rule.kind !== null && !rule.optional ? next() : null);
      continue;
    }
    if (/^-\d+$/.test(text) && rules.has("-#")) continue;
    for (let letter = 1; letter < text.length; letter++) {
      const name = `-${text[letter]}`;
      const rule = rules.get(name);
      if (rule === undefined) {
        refuse(arg);
        // Where no option does more than to look, one behind it may still name what is looked at.
        if (program.looks === true) continue;
        break;
      }
      if (rule.kind === null) {
        take(name, rule, null);
        if (arg.text === null && letter === text.length - 1) refuse(arg);
        continue;
      }
      const attached = letter + 1 < text.length || arg.text === null;
      take(name, rule, attached ? rest(arg, letter + 1) : rule.optional ? null : next());
      break;
    }
  }
  for (const [kind, value] of values) touch(call, kind, value);
  return { operands, options };
}

/** The argument without its first letters. */
function rest(arg: Argument, from: number): Argument {
  if (arg.text === null) return { ...unknownArgument(arg.source, arg.many), prefix: arg.prefix.slice(from) };
  const pattern = arg.pattern === null ? null : arg.pattern.slice(from);
  return { ...argument(arg.text.slice(from)), pattern, source: arg.source };
}

/** Whether it is not certain that the argument is no option, or which one. */
export function mayBeOption(call: Pick<Call, "state" | "line">, arg: Argument): boolean {
  if (arg.text === null) return arg.many || arg.prefix === "";
  if (arg.pattern === null || !/^[*?[]/.test(arg.pattern)) return arg.pattern !== null && arg.text.startsWith("-");
  const { state, line } = call;
  if (state.cwds === null || line.findings.writesAnything) return true;
  return state.cwds.some((cwd) => line.view.matches(arg.pattern!, cwd)?.some((name) => name.startsWith("-")) ?? true);
}

function signal(call: Call, sign: string, what: string): void {
  if (sign === "!") call.raise("destructive", `has ${what}, which takes away what does not come back`);
  else if (sign === "~") call.raise("changes", `has ${what}, which changes something`);
  else call.raise("unknown", `has ${what}, which may run or change anything`);
}

/** Says what an argument of a kind (see `program.ts`) touches. */
export function touch(call: Call, kind: string, arg: Argument): void {
  switch (kind) {
    case "t":
      return;
    case "r":
      if (arg.text !== "-") call.read(arg);
      return;
    case "w":
      if (arg.text !== "-") call.write(arg);
      return;
    case "x":
      call.remove(arg);
      return;
    case "l":
      if (arg.text === null || arg.text.startsWith("+")) signal(call, "?", arg.source);
      else touch(call, "r", arg);
      return;
    case "m":
      if (arg.text === null || arg.text.includes("/")) call.read(arg);
      return;
    case "+":
      if (!arg.prefix.startsWith("+")) signal(call, "!", arg.source);
      return;
    case "e":
      if (arg.text === null || /\b(load\w*|import|include)\b/.test(arg.text)) signal(call, "?", arg.source);
      return;
    case "k":
      if (arg.text?.includes("=") !== true) call.read(arg);
      return;
    case "o":
      if (arg.text?.includes("#") === true) signal(call, "?", arg.source);
      touch(call, "w", arg);
      return;
    case "U":
      if (arg.text !== null && /[{[]/.test(arg.text)) signal(call, "?", arg.source);
      touch(call, "r", arg);
      return;
    case "f":
      readForm(call, arg);
      return;
    case "rw":
      call.read(arg);
      call.write(arg);
      return;
    case "d": {
      call.read(arg);
      call.state.move(call.folder(arg), []);
      return;
    }
    case "=":
      if (arg.text === null || arg.text.includes("=")) call.raise("destructive", `sets ${arg.source}`);
      return;
    case "u":
      if (/^file:/i.test(arg.text ?? "")) call.raise("unknown", `opens ${arg.source}`);
      call.host(arg.text === null ? "*" : hostOf(arg.text));
      return;
    case "h":
      call.host(arg.text === null ? "*" : (hostOfRemote(arg.text) ?? hostOf(arg.text)));
      return;
    case "p":
    case "P": {
      const host = arg.text === null ? null : hostOfRemote(arg.text);
      if (host !== null) call.host(host);
      else touch(call, kind === "p" ? "r" : "w", arg);
      return;
    }
    case "@":
      if (arg.text === null && !/^[^@]/.test(arg.prefix))
        call.line.findings.unknown(`What \`${call.name}\` sends as ${arg.source} is not known.`);
      else if (arg.text?.startsWith("@") && arg.text !== "@-") call.read(rest(arg, 1));
      return;
    case "%":
      if (arg.text === null || /^@|%output\{/.test(arg.text)) signal(call, "?", arg.source);
      return;
    default:
      signal(call, kind, arg.source);
  }
}

/** `name=@path`, `name=<path`, `name@path`: files whose text is sent. */
function readForm(call: Call, arg: Argument): void {
  if (arg.text === null) {
    call.line.findings.unknown(`What \`${call.name}\` sends as ${arg.source} is not known.`);
    return;
  }
  const [, paths] = /^(?:[^=]*=[@<]|[^=@]*@)([^;]*)/.exec(arg.text) ?? [];
  for (const path of paths?.split(",") ?? []) if (path !== "-") call.read({ ...argument(path), source: arg.source });
}

/** Says what the operands touch, by the kinds that are listed for them. */
export function touchOperands(call: Call, kinds: string, operands: readonly Argument[]): void {
  const list = kinds.split(" ").filter((kind) => kind !== "");
  const place = list.findIndex((kind) => kind.endsWith("*"));
  const behind = place === -1 ? 0 : list.length - 1 - place;
  for (const [index, operand] of operands.entries()) {
    let kind = list[index];
    if (place !== -1 && index >= place) {
      const fromEnd = operands.length - index;
      kind = fromEnd <= behind ? list[list.length - fromEnd] : list[place]!.slice(0, -1);
    }
    if (kind === undefined) call.raise("unknown", `has one operand more than is known here: ${operand.source}`);
    else touch(call, kind, operand);
  }
}

/** Judges a command by what is known of its program. */
export function judgeByTable(call: Call, program: Program, args: readonly Argument[] = call.args): void {
  const { subcommands } = program;
  const { operands, options } = readArguments(call, program, args, subcommands !== undefined);
  if (program.danger !== undefined && program.danger !== "none") {
    call.raise(program.danger, program.why ?? "does more than to look");
  }
  if (program.host !== undefined) call.host(program.host);
  if (subcommands !== undefined) {
    const [name, ...more] = operands;
    const known =
      name === undefined ? subcommands[""] : name.text === null ? undefined : subcommandOf(subcommands, name.text);
    if (known === undefined)
      call.raise("unknown", `has the subcommand ${name?.source ?? "(none)"}, of which nothing is known here`);
    else judgeByTable(call, known, more);
    return;
  }
  const has = (names: string): boolean => names.split(" ").some((name) => options.has(name));
  for (const { when, unless, path } of program.also ?? []) {
    const applies = when === undefined || has(when);
    if (applies && operands.length > 0 && (unless === undefined || !has(unless))) touch(call, "w", argument(path));
  }
  if (operands.length === 0 && program.otherwise !== undefined) {
    touch(call, program.otherwise.kind, argument(program.otherwise.path));
  }
  const { instead, needs } = program;
  if (needs !== undefined && !has(needs)) call.raise("unknown", "does what its text does not show");
  const kinds = instead !== undefined && has(instead.options) ? instead.operands : program.operands;
  touchOperands(call, kinds ?? "", operands);
}

/** Tables name several at once: `"ls list"`. */
function subcommandOf(subcommands: Readonly<Record<string, Program>>, name: string): Program | undefined {
  if (name === "" || name.includes(" ")) return undefined;
  const named = Object.entries(subcommands).find(([names]) => names.split(" ").includes(name))?.[1];
  return named ?? subcommands["*"];
}
