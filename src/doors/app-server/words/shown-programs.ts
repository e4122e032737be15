import type { CommandAction } from "../../../protocol/codex-0.169/app-server/items.ts";
import { shellJoin } from "../../../protocol/codex-0.169/shell-join.ts";

/** What Codex knows of programs that read, list and search; for showing alone, so that it may err. */

type Recogniser = (args: readonly string[]) => Found | null;
type Found =
  | { type: "read"; file: string }
  | { type: "listFiles"; path: string | null }
  | { type: "search"; query: string | null; path: string | null };

/** Of the words of one command. */
export function actionOfWords(words: readonly string[]): CommandAction {
  const command = shellJoin(words);
  const [program = "", ...args] = words;
  const found = Object.hasOwn(programs, program) ? programs[program]!(args) : walkingPython(program, args);
  if (found === null) return { type: "unknown", command };
  if (found.type === "read") return { type: "read", command, name: shortPath(found.file), path: found.file };
  return { ...found, command };
}

/** Whether a command only brings into form what others bring. */
export function isFormatter(words: readonly string[]): boolean {
  const [program = "", ...args] = words;
  switch (program) {
    case "wc":
    case "tr":
    case "cut":
    case "sort":
    case "uniq":
    case "tee":
    case "column":
    case "yes":
    case "printf":
      return true;
    case "xargs":
      return !changesFiles(args);
    case "awk":
      return awkFile(args) === null;
    case "sed":
      return sedFile(args) === null;
    case "head":
      return onlyCounts(args, /^\d+$/);
    case "tail":
      return onlyCounts(args, /^\+?\d+$/);
    default:
      return false;
  }
}

function onlyCounts(args: readonly string[], count: RegExp): boolean {
  const [flag = "", value = ""] = args;
  if (args.length < 2) return args.length === 0 || flag.startsWith("-");
  return args.length === 2 && (flag === "-n" || flag === "-c") && count.test(value);
}

/** Whether what `xargs` runs edits files in place. */
function changesFiles(args: readonly string[]): boolean {
  let at = 0;
  while (args[at]?.startsWith("-")) {
    if (args[at] === "--") {
      at++;
      break;
    }
    at += ["-E", "-e", "-I", "-L", "-n", "-P", "-s"].includes(args[at]!) ? 2 : 1;
  }
  const [program, ...rest] = args.slice(at);
  if (program === "perl" || program === "ruby") return rest.some((arg) => /^-(?:i|pi|p\w*i|ni)/.test(arg));
  if (program === "sed") return rest.some((arg) => /^(?:-i|--in-place)/.test(arg));
  return program === "rg" && rest.includes("--replace");
}

/** The last part of a path that says something. */
function shortPath(path: string): string {
  const trimmed = path.replaceAll("\\", "/").replace(/\/+$/, "");
  const dull = new Set(["", "build", "dist", "node_modules", "src"]);
  return trimmed.split("/").findLast((part) => !dull.has(part)) ?? trimmed;
}

const shortOrNull = (path: string | undefined): string | null => (path === undefined ? null : shortPath(path));

const isConnector = (word: string): boolean => word === "|" || word === "&&" || word === "||" || word === ";";

function beforeConnector(args: readonly string[]): readonly string[] {
  const end = args.findIndex(isConnector);
  return end < 0 ? args : args.slice(0, end);
}

/** Without the values of these flags, and without flags that carry theirs. */
function withoutValues(args: readonly string[], flags: readonly string[]): string[] {
  const left: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") return [...left, ...args.slice(at + 1)];
    if (arg.startsWith("--") && arg.includes("=")) continue;
    if (flags.includes(arg)) at++;
    else left.push(arg);
  }
  return left;
}

const named = (words: readonly string[]): string[] => words.filter((word) => !word.startsWith("-"));

/** What is no flag and no flag's value; behind `--`, everything. */
function operands(args: readonly string[], flags: readonly string[]): string[] {
  const dashes = args.indexOf("--");
  const [before, after] = dashes < 0 ? [args, []] : [args.slice(0, dashes), args.slice(dashes + 1)];
  return [...named(withoutValues(before, flags)), ...after];
}

const lists =
  (...flags: string[]): Recogniser =>
  (args) => ({ type: "listFiles", path: shortOrNull(operands(args, flags)[0]) });

/** Reads one file, and no more. */
const readsOne =
  (...flags: string[]): Recogniser =>
  (args) => {
    const [file, ...more] = operands(args, flags);
    return file === undefined || more.length > 0 ? null : { type: "read", file };
  };

const readOrNull = (file: string | null | undefined): Found | null => (file == null ? null : { type: "read", file });

/** Reads so many lines of a file. */
const readsLines =
  (count: RegExp): Recogniser =>
  (args) => {
    const [first = "", second = ""] = args;
    const apart = first === "-n";
    if (apart ? args.length > 1 && count.test(second) : first.startsWith("-n") && count.test(first.slice(2))) {
      const file = named(args.slice(apart ? 2 : 0))[0];
      if (file !== undefined) return { type: "read", file };
    }
    return args.length === 1 && !first.startsWith("-") ? { type: "read", file: first } : null;
  };

const searches =
  (...flags: string[]): Recogniser =>
  (args) => {
    const [query = null, path] = named(withoutValues(beforeConnector(args), flags));
    return { type: "search", query, path: shortOrNull(path) };
  };

const ripgrepFlags =
  "-g --glob --iglob -t --type --type-add --type-not -m --max-count -A -B -C --context --max-depth".split(" ");

const ripgrep: Recogniser = (args) => {
  const before = beforeConnector(args);
  if (!before.includes("--files")) return searches(...ripgrepFlags)(args);
  return { type: "listFiles", path: shortOrNull(named(withoutValues(before, ripgrepFlags))[0]) };
};

const valuesOfGrep = "-m --max-count -C --context -A --after-context -B --before-context".split(" ");

const grep: Recogniser = (args) => {
  const words = beforeConnector(args);
  const left: string[] = [];
  let pattern: string | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") {
      left.push(...words.slice(at + 1));
      break;
    }
    if (["-e", "--regexp", "-f", "--file"].includes(word)) {
      const given = words[++at] ?? null;
      pattern ??= given;
    } else if (valuesOfGrep.includes(word)) at++;
    else if (!word.startsWith("-")) left.push(word);
  }
  const path = left[pattern === null ? 1 : 0];
  return { type: "search", query: pattern ?? left[0] ?? null, path: shortOrNull(path) };
};

const git: Recogniser = ([name, ...args]) => {
  if (name === "grep") return grep(args);
  return name === "ls-files" ? lists("--exclude", "--exclude-from", "--pathspec-from-file")(args) : null;
};

const looksLikePath = (word: string): boolean => word === "." || word === ".." || /[/\\]/.test(word);

const fd: Recogniser = (args) => {
  const flags = ["-t", "--type", "-e", "--extension", "-E", "--exclude", "--search-path"];
  const [first, second] = named(withoutValues(beforeConnector(args), flags));
  if (first === undefined) return { type: "listFiles", path: null };
  if (second !== undefined) return { type: "search", query: first, path: shortPath(second) };
  if (looksLikePath(first)) return { type: "listFiles", path: shortPath(first) };
  return { type: "search", query: first, path: null };
};

const find: Recogniser = (args) => {
  const words = beforeConnector(args);
  const path = shortOrNull(words.find((word) => !word.startsWith("-") && !["!", "(", ")"].includes(word)));
  const at = words.findIndex((word) => ["-name", "-iname", "-path", "-regex"].includes(word));
  const query = at < 0 ? undefined : words[at + 1];
  return query === undefined ? { type: "listFiles", path } : { type: "search", query, path };
};

const isRange = (word: string | undefined): boolean => word !== undefined && /^\d+(?:,\d+)?p$/.test(word);

/** The file of which `sed -n` shows lines. */
function sedFile(args: readonly string[]): string | null {
  const words = beforeConnector(args);
  if (!words.includes("-n")) return null;
  const given = words.some((word, at) => (word === "-e" || word === "--expression") && isRange(words[at + 1]));
  if (!given && !words.some((word) => isRange(word))) return null;
  const left = named(withoutValues(words, ["-e", "-f", "--expression", "--file"]));
  return (isRange(left[0]) ? left[1] : left[0]) ?? null;
}

function awkFile(args: readonly string[]): string | null {
  const words = beforeConnector(args);
  const left = named(withoutValues(words, ["-F", "-v", "-f", "--field-separator", "--assign", "--file"]));
  const hasProgram = words.includes("-f") || words.includes("--file");
  return left[hasProgram ? 0 : 1] ?? null;
}

const walks = ["os.walk", "os.listdir", "os.scandir", "glob.glob", "glob.iglob", "pathlib.Path", ".rglob("];

function walkingPython(program: string, args: readonly string[]): Found | null {
  if (!/^python(?:2|3)?(?:\.\d+)*$/.test(program)) return null;
  const script = args[args.indexOf("-c") + 1];
  const walking = args.includes("-c") && walks.some((call) => script?.includes(call));
  return walking ? { type: "listFiles", path: null } : null;
}

const exa = lists("-I", "--ignore-glob", "--color", "--sort", "--time-style", "--time");
const batFlags = "--theme --language --style --terminal-width --tabs --line-range --map-syntax".split(" ");
const bat = readsOne(...batFlags);
const silver = searches("-G", "-g", "--file-search-regex", "--ignore-dir", "--ignore-file", "--path-to-ignore");

const programs: Readonly<Record<string, Recogniser>> = {
  ls: lists("-I", "-w", "--block-size", "--format", "--time-style", "--color", "--quoting-style"),
  eza: exa,
  exa,
  tree: lists("-L", "-P", "-I", "--charset", "--filelimit", "--sort"),
  du: lists("-d", "--max-depth", "-B", "--block-size", "--exclude", "--time-style"),
  rg: ripgrep,
  rga: ripgrep,
  "ripgrep-all": ripgrep,
  git,
  fd,
  find,
  grep,
  egrep: grep,
  fgrep: grep,
  ag: silver,
  ack: silver,
  pt: silver,
  cat: readsOne(),
  bat,
  batcat: bat,
  less: readsOne("-p", "-P", "-x", "-y", "-z", "-j", "--pattern", "--prompt", "--tabs", "--shift", "--jump-target"),
  more: readsOne(),
  head: readsLines(/^\d*$/),
  tail: readsLines(/^(?:\d*|\+\d+)$/),
  nl: (args) => readOrNull(named(withoutValues(args, ["-s", "-w", "-v", "-i", "-b"]))[0]),
  awk: (args) => readOrNull(awkFile(args)),
  sed: (args) => readOrNull(sedFile(args)),
};
