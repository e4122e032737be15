import { readArguments } from "../arguments.ts";
import { argument, type Argument } from "../../shell/expand.ts";
import type { Call } from "../call.ts";
import type { Program } from "../program.ts";

const sedOptions: Program = {
  options:
    "-nErsuz -e=t -f=? -l=t --quiet --silent --regexp-extended --expression=t --file=? --separate --null-data --unbuffered --line-length=t --posix --sandbox --debug --follow-symlinks --in-place[=t]",
};

/** `sed`: its script may write files and, with GNU's, run commands. */
export function sed(call: Call): void {
  // `-i` takes what is attached to it, and nothing else.
  let inPlace = false;
  const args = call.args.flatMap<Argument>((arg) => {
    const [, flags, backup] = /^-([nErsuz]*)i(.*)$/s.exec(arg.text ?? "") ?? [];
    if (flags === undefined) return [arg];
    inPlace = true;
    if (/[/*]/.test(backup ?? ""))
      call.raise("unknown", `keeps what it changes under a name that is not known: ${arg.source}`);
    return flags === "" ? [] : [{ ...argument(`-${flags}`), source: arg.source }];
  });
  const expressions = args.filter((_, index) => /^(-[nErsuz]*e|--expression)$/.test(args[index - 1]?.text ?? ""));
  const beginning = /^(-[nErsuz]*e|--expression=)(?=[\s\S])/;
  const attached = args.filter((arg) => beginning.test(arg.text ?? "") && arg.text !== "--expression");
  const { operands, options } = readArguments(call, sedOptions, args);
  const suffix = options.get("--in-place");
  inPlace ||= suffix !== undefined;
  if (suffix !== undefined && suffix !== null && (suffix.text === null || /[/*]/.test(suffix.text)))
    call.raise("unknown", `keeps what it changes under a name that is not known: ${suffix.source}`);
  const scripts = [...expressions, ...attached.map((arg) => ({ ...arg, text: arg.text!.replace(beginning, "") }))];
  const hasScript = options.has("-e") || options.has("--expression") || options.has("-f") || options.has("--file");
  const [first, ...more] = operands;
  // Others than GNU's take what follows -i for the backup's name, and the next for the script.
  if (inPlace && !hasScript && first?.text === "" && more[0] !== undefined) scripts.push(more[0]);
  const files = hasScript ? operands : more;
  if (!hasScript && first !== undefined) scripts.push(first);
  if (scripts.some(({ text, pattern }) => text === null || pattern !== null))
    call.raise("unknown", "has a script that is only known when it runs");
  else judgeSed(call, scripts.map(({ text }) => text!).join("\n"));
  for (const file of files) {
    call.read(file);
    if (inPlace) call.write(file);
  }
}

function judgeSed(call: Call, script: string): void {
  const fail = (why: string): void => call.raise("unknown", `has a script that ${why}`);
  let at = 0;
  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(script)?.[0] ?? "";
    at += found.length;
    return found;
  };
  /** What stands up to an unescaped sign. */
  const upTo = (sign: string): string | null => {
    const from = at;
    for (; at < script.length; at++) {
      if (script[at] === "\\") at++;
      else if (script[at] === sign) return script.slice(from, at++);
    }
    return null;
  };
  const address = (): boolean => {
    if (skip(/\d+(~\d+)?|\$|[+~]\d+/y) !== "") return true;
    const custom = script[at] === "\\";
    if (script[at] !== "/" && !custom) return false;
    const sign = script[at + (custom ? 1 : 0)] ?? "";
    at += custom ? 2 : 1;
    if (upTo(sign) === null) return false;
    skip(/[IM]*/y);
    return true;
  };
  const file = (write: boolean): void => {
    const name = argument(skip(/[^\n]*/y).trim());
    if (write) call.write(name);
    else call.read(name);
  };
  while (at < script.length) {
    skip(/[\s;]+/y);
    if (at >= script.length) return;
    if (address()) {
      skip(/\s*/y);
      if (script[at] === ",") {
        at++;
        skip(/\s*/y);
        if (!address()) return fail("is not understood");
      }
    }
    skip(/[\s!]*/y);
    const command = script[at++] ?? "";
    if (/[{}=dDgGhHnNpPxzF]/.test(command)) continue;
    if (command === "#") skip(/[^\n]*/y);
    else if (/[qQlL]/.test(command)) skip(/\s*\d*/y);
    else if (/[aic]/.test(command)) {
      // A backslash continues the text on the next line.
      skip(/(?:[^\\\n]|\\[\s\S])*/y);
    } else if (/[btT:]/.test(command)) skip(/[ \t]*[^\s;{}]*/y);
    else if (command === "r") file(false);
    else if (/[wW]/.test(command)) file(true);
    else if (command === "s" || command === "y") {
      const sign = script[at++] ?? "";
      const [from, to] = [upTo(sign), upTo(sign)];
      // Whether a sign within brackets ends the pattern, programs disagree.
      if (from === null || to === null || sign === "\n" || sign === "\\" || /\[[^\]]*$/.test(from))
        return fail("is not understood");
      if (command === "y") continue;
      const flags = skip(/[gpiImM\d]*/y);
      if (script[at] === "w") {
        at++;
        file(true);
      } else if (script[at] === "e" || flags.includes("e")) return fail("runs what it has changed as a command");
    } else return fail(command === "e" ? "runs commands" : "is not understood");
    skip(/[ \t]*/y);
    if (at < script.length && !/[;\n}#]/.test(script[at]!)) return fail("is not understood");
  }
}

const awkOptions: Program = {
  options: "-F=t -v=t -f=? -i=? -l=? -E=? -e=? --field-separator=t --assign=t --posix --csv --re-interval --file=?",
};

/** `awk`: its program may run commands and write files by a few signs; without them it only looks. */
export function awk(call: Call): void {
  const { operands, options } = readArguments(call, awkOptions, call.args, true);
  if (options.has("-f") || options.has("--file")) return;
  const [program, ...files] = operands;
  if (program === undefined) return;
  if (program.text === null || program.pattern !== null) {
    call.raise("unknown", "has a program that is only known when it runs");
    return;
  }
  const text = program.text.replaceAll("||", "  ");
  if (/\bARG[VC]\b/.test(text)) call.raise("unknown", "has a program that may choose what it reads");
  if (/\bsystem\b|\bgetline\b|[|@]/.test(text)) call.raise("unknown", "has a program that may run commands");
  else if (/print[\s\S]*>/.test(text)) call.raise("unknown", "has a program that may write files");
  for (const file of files) if (!/^[A-Za-z_]\w*=/.test(file.text ?? "")) call.read(file);
}
