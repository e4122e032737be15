import { commandsOf } from "./plain-commands.ts";

/** The first words of commands that may run without being asked for. */
export type Prefix = readonly string[];

/** Programs that run whatever they are told: alone, or with the flag that says what, they stand for everything. */
const runners = new Set(
  ". ash bash builtin busybox command dash deno doas env eval exec fish ksh lua node nodejs nohup osascript perl php powershell pwsh pypy python python3 ruby sh source ssh su sudo timeout trap xargs zsh".split(
    " ",
  ),
);

function standsForEverything([program = "", ...rest]: Prefix): boolean {
  const name = program.slice(program.lastIndexOf("/") + 1);
  return (runners.has(name) || /^python\d/.test(name)) && rest.every((word) => word.startsWith("-"));
}

const startsWith = (words: readonly string[], prefix: Prefix): boolean =>
  prefix.length > 0 && prefix.every((word, index) => words[index] === word);

const fitsPattern = (words: readonly string[], pattern: readonly (readonly string[])[]): boolean =>
  pattern.every((options, index) => options.includes(words[index] ?? ""));

/**
 * What could be allowed once and for all instead of this one command: the words that the model names, where a command begins
 * with them and they do not stand for everything, else the whole of the first command that is not allowed yet. Null
 * where it cannot be told what the command line runs. Of what is allowed, each word is a list of those that may stand there.
 */
export function proposedPrefix(
  argv: readonly string[],
  wished: Prefix | null,
  allowed: readonly (readonly (readonly string[])[])[],
): string[] | null {
  const commands = commandsOf(argv);
  const open = commands?.filter((words) => !allowed.some((pattern) => fitsPattern(words, pattern))) ?? [];
  const [first] = open;
  if (first === undefined) return null;
  const fits = wished !== null && !standsForEverything(wished) && open.some((words) => startsWith(words, wished));
  if (fits) return [...wished];
  return standsForEverything(first) ? null : first;
}

/** The rule as a line of one of Codex's rule files. */
export const formatAllowRule = (prefix: Prefix): string =>
  `prefix_rule(pattern=[${prefix.map(literal).join(", ")}], decision="allow")`;

/** A string as Codex's rule language (Starlark) reads it. */
const literal = (word: string): string => JSON.stringify(word);
