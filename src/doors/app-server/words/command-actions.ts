import type { CommandAction } from "../../../protocol/codex-0.169/app-server/items.ts";
import { shellJoin } from "../../../protocol/codex-0.169/shell-join.ts";
import { plainCommands } from "../../../policy/rules/plain-commands.ts";
import { shellWords } from "../../../policy/rules/shell-words.ts";
import { resolvePath } from "../../../system/paths.ts";
import { actionOfWords, isFormatter } from "./shown-programs.ts";

/** A command as Codex takes it to pieces: paths of files as they were written, behind the folders that were gone into. */
type Seen = Exclude<CommandAction, { type: "unknown" }>;

/**
 * What a command is taken to do, for showing alone: files that it reads, folders that it lists, what it searches for. One that holds
 * anything else is `unknown` as a whole.
 */
export function commandActions(argv: readonly string[], cwd: string): CommandAction[] {
  const script = scriptOf(argv);
  const line = script ?? shellJoin(argv);
  const seen = script === null ? null : seenIn(script);
  if (seen === null) return [{ type: "unknown", command: line }];
  return seen.map((action) => (action.type === "read" ? { ...action, path: resolvePath(cwd, action.path) } : action));
}

/** The line that a shell was given; null of any other program. */
function scriptOf(argv: readonly string[]): string | null {
  const [program = "", flag, script, ...rest] = argv;
  const isLine = /(?:^|\/)(?:ba|z)?sh$/.test(program) && (flag === "-lc" || flag === "-c") && rest.length === 0;
  return isLine && script !== undefined ? script : null;
}

/** Null where something in it is not known. */
function seenIn(script: string): Seen[] | null {
  const all = plainCommands(script);
  const commands = all?.filter((words) => !isFormatter(words)) ?? [];
  if (all === null || commands.length === 0) return null;
  const found = parts(commands);
  if (found === null) return null;
  const [only] = found;
  if (found.length !== 1 || only === undefined) return withoutRepeats(found);
  const words = shellWords(script) ?? [script];
  const joined = all.length > 1 || words.some((word) => connectors.has(word));
  if (!joined) return [{ ...only, command: shellJoin(words) }];
  // Which lines are shown says only the whole.
  const lines = only.type === "read" && words.includes("|") && words.some(isPrinting);
  return [lines ? { ...only, command: script } : only];
}

const connectors = new Set(["|", "&&", "||", ";"]);
const isPrinting = (word: string, at: number, words: readonly string[]): boolean =>
  word === "sed" && words[at + 1] === "-n";

/** Null where one is not known that matters beside the others. */
function parts(commands: readonly string[][]): Seen[] | null {
  let folder: string | null = null;
  const found: { words: readonly string[]; action: CommandAction }[] = [];
  for (const words of commands) {
    if (words[0] === "cd") {
      const target = folderOf(words.slice(1));
      if (target !== null) folder = behind(folder, target);
      continue;
    }
    const action = actionOfWords(words);
    const placed =
      action.type === "read" && folder !== null ? { ...action, path: behind(folder, action.path) } : action;
    found.push({ words, action: placed });
  }
  let left = found;
  if (found.length > 1) left = found.filter(({ words }) => words.length > 1 || words[0] !== "true");
  while (left.length > 1 && left[0]!.words[0] === "echo") left = left.slice(1);
  const isNumbering = ([first, ...rest]: readonly string[]): boolean =>
    first === "nl" && rest.every((word) => word.startsWith("-"));
  if (left.length > 1) {
    const others = left.filter(({ words }) => !isNumbering(words));
    left = others.length > 0 ? others : left.slice(-1);
  }
  const actions = left.map(({ action }) => action);
  return actions.every((action): action is Seen => action.type !== "unknown") ? actions : null;
}

function folderOf(args: readonly string[]): string | null {
  const dashes = args.indexOf("--");
  if (dashes >= 0) return args[dashes + 1] ?? null;
  return args.findLast((arg) => !arg.startsWith("-")) ?? null;
}

const behind = (folder: string | null, path: string): string =>
  folder === null || path.startsWith("/") ? path : `${folder.replace(/\/$/, "")}/${path}`;

const withoutRepeats = (actions: readonly Seen[]): Seen[] =>
  actions.filter((action, at) => at === 0 || JSON.stringify(action) !== JSON.stringify(actions[at - 1]));
