import { commandsOf } from "./rules/plain-commands.ts";

/** Programs that only show what is there, whatever their arguments. */
const readers = new Set(
  "cat cd cut echo expr false grep head id ls nl paste pwd rev seq stat tail tr true uname wc which whoami".split(" "),
);

const gitReaders = new Set(["status", "log", "diff", "show", "branch"]);
const finders = /^-(?:exec|execdir|ok|okdir|delete|fls|fprint|fprint0|fprintf)$/;
const runners = /^(?:--pre|--hostname-bin)(?:=|$)|^(?:--search-zip|-z)$/;

function isSafe([program = "", ...args]: readonly string[]): boolean {
  if (readers.has(program)) return true;
  switch (program) {
    case "git":
      return gitReaders.has(args[0] ?? "") && args.slice(1).every((arg) => readsBranches(args[0]!, arg));
    case "find":
      return !args.some((arg) => finders.test(arg));
    case "rg":
      return !args.some((arg) => runners.test(arg));
    case "sed":
      return args.length <= 3 && args[0] === "-n" && /^\d+(?:,\d+)?p$/.test(args[1] ?? "") && args[2]?.[0] !== "-";
    case "uniq":
      return namesOneFile(args);
    default:
      return false;
  }
}

/** The second file of `uniq` is written. Options behind the first are a file's name to some of its kinds. */
function namesOneFile(args: readonly string[]): boolean {
  let at = 0;
  while (/^-./.test(args[at] ?? "") && args[at] !== "--") {
    at += /^(?:-[cdDiuz]*[fsw]|--skip-fields|--skip-chars|--check-chars)$/.test(args[at]!) ? 2 : 1;
  }
  if (args[at] === "--") at++;
  return at >= args.length - 1;
}

/** Options of git can run programs and write files. */
function readsBranches(command: string, arg: string): boolean {
  if (/^--(?:output|ext-diff|textconv|exec|paginate)/.test(arg)) return false;
  return command !== "branch" || /^(?:-a|-r|-v|-vv|--all|--list|--show-current|--verbose)$/.test(arg);
}

/** Whether everything that a command line runs is known to change nothing; what is not understood is not. */
export function isKnownSafe(argv: readonly string[]): boolean {
  return commandsOf(argv)?.every(isSafe) ?? false;
}
