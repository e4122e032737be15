import { homedir } from "node:os";
import { parsePatch } from "./parse.ts";
import { PatchFault } from "./problem.ts";
import { CallError } from "../tool.ts";

/** A shell command that is nothing but a patch. */
export interface InterceptedPatch {
  patch: string;
  /** Where the command changes to first, as written but for quotes and `~`; relative to the command's own directory. */
  workdir?: string;
}

/** `cd DIR &&`: one word, plain or quoted, in which the shell would expand nothing. */
const changeDirectory =
  /cd[ \t]+(?:'([^']*)'|"([^"$`\\!]*)"|((?:\\[^\n]|[^\s'"\\$`*?[\]{}()<>|&;!#-])(?:\\[^\n]|[^\s'"\\$`*?[\]{}()<>|&;!])*))[ \t]*&&\s*/;

/** The command and the start of its here-document, alone on their line. */
const hereDocument = /(?:apply_patch|applypatch)[ \t]*<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|\\?([\w.-]+))[ \t]*\n/;

const command = new RegExp(`^\\s*(?:${changeDirectory.source})?${hereDocument.source}`);

function unquoted(word: string): string {
  const home = word === "~" || word.startsWith("~/") ? homedir() + word.slice(1) : word;
  return home.replace(/\\(.)/g, "$1");
}

/**
 * Recognises `apply_patch <<'EOF' ... EOF`, alone or behind `cd DIR &&`. The body counts as literal whether the tag is quoted
 * or not. Anything more on the command line, before or after, makes it an ordinary command (null).
 * @throws {CallError} when the command is a bare patch, which no shell could do anything with.
 */
export function interceptPatch(cmd: string): InterceptedPatch | null {
  const match = command.exec(cmd);
  if (match === null) {
    rejectBarePatch(cmd);
    return null;
  }
  const [opening, single, double, plain, dash, ...tags] = match;
  const tag = tags.find((candidate) => candidate !== undefined)!;
  let lines = cmd.slice(opening.length).split("\n");
  if (dash === "-") lines = lines.map((line) => line.replace(/^\t+/, ""));
  const end = lines.indexOf(tag);
  if (end < 0 || lines.slice(end + 1).some((line) => line.trim() !== "")) return null;
  const patch = lines.slice(0, end).join("\n");
  const workdir = single ?? double ?? (plain === undefined ? undefined : unquoted(plain));
  return workdir === undefined ? { patch } : { patch, workdir };
}

/** The same for a command given as its words: the patch itself as the one argument, or a script for a shell. */
export function interceptPatchWords(argv: readonly string[]): InterceptedPatch | null {
  const [program = "", second = "", third] = argv;
  if ((program === "apply_patch" || program === "applypatch") && argv.length === 2) return { patch: second };
  const isShell = /^(?:.*\/)?(?:bash|zsh|sh)$/.test(program) && (second === "-lc" || second === "-c");
  return isShell && argv.length === 3 ? interceptPatch(third!) : null;
}

function rejectBarePatch(cmd: string): void {
  if (!cmd.trimStart().startsWith("*** Begin Patch")) return;
  try {
    parsePatch(cmd);
  } catch (error) {
    if (error instanceof PatchFault) return;
    throw error;
  }
  throw new CallError(
    "apply_patch verification failed: the command is a bare patch. Hand it to apply_patch: apply_patch <<'EOF', the patch, EOF",
  );
}
