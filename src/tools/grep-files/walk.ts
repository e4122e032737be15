import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync, type Dirent } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { openedPath } from "../place.ts";
import { isIgnored, readIgnoreFile, type IgnoreFile } from "./ignore-rules.ts";

const maxFileBytes = 8 * 1024 * 1024;
const ignoreNames = [".gitignore", ".ignore"];

export interface FoundFile {
  path: string;
  modifiedMs: number;
}

const withSlash = (path: string): string => (path === "" ? "" : `${path}/`);
const posix = (path: string): string => (sep === "/" ? path : path.split(sep).join("/"));

/** The nearest directory above `path`, or it itself, that holds a `.git`; `path` when there is none. */
function repositoryTop(path: string): string {
  for (let directory = path; ; directory = dirname(directory)) {
    if (statSync(join(directory, ".git"), { throwIfNoEntry: false }) !== undefined) return directory;
    if (dirname(directory) === directory) return path;
  }
}

const ignoreFilesIn = (directory: string, base: string): IgnoreFile[] =>
  ignoreNames.flatMap((name) => readIgnoreFile(join(directory, name), base));

/**
 * Every file below `root` that a search should look at, as ripgrep sees it: no hidden entries, nothing that
 * ignore files (those of the repository above included) take out, and no links, so that there are no circles.
 */
export function* filesBelow(root: string): Generator<string> {
  if (statSync(root).isFile()) {
    yield root;
    return;
  }
  const top = repositoryTop(root);
  const inherited: IgnoreFile[] = [];
  const steps = relative(top, root) === "" ? [] : relative(top, root).split(sep);
  for (let depth = 0; depth < steps.length; depth++) {
    const above = steps.slice(0, depth);
    inherited.push(...ignoreFilesIn(join(top, ...above), withSlash(above.join("/"))));
  }
  yield* walk(root, posix(relative(top, root)), inherited);
}

function* walk(directory: string, path: string, inherited: readonly IgnoreFile[]): Generator<string> {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return;
  }
  const rules = [...inherited, ...ignoreFilesIn(directory, withSlash(path))];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const below = withSlash(path) + entry.name;
    if (entry.isDirectory()) {
      if (!isIgnored(below, true, rules)) yield* walk(join(directory, entry.name), below, rules);
    } else if (entry.isFile() && !isIgnored(below, false, rules)) yield join(directory, entry.name);
  }
}

/**
 * The file when one of its lines matches; null when none does, or when it is binary, too big or unreadable, or lies where it is
 * not to be read.
 */
export function matchFile(path: string, expression: RegExp, mayRead: (real: string) => boolean): FoundFile | null {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > maxFileBytes) return null;
    if (!mayRead(openedPath(descriptor, path))) return null;
    const bytes = Buffer.allocUnsafe(stat.size);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = readSync(descriptor, bytes, length, bytes.length - length, length);
    if (bytes.subarray(0, length).includes(0)) return null;
    const text = bytes.toString("utf8", 0, length);
    return hasMatchingLine(text, expression) ? { path, modifiedMs: stat.mtimeMs } : null;
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function hasMatchingLine(text: string, expression: RegExp): boolean {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (expression.test(text.slice(start, text[end - 1] === "\r" ? Math.max(start, end - 1) : end))) return true;
    start = end + 1;
  }
  return false;
}

/**
 * A regular expression in ripgrep's writing: inline flags at the start are understood.
 * @throws {SyntaxError} when it is none.
 */
export function lineExpression(pattern: string): RegExp {
  const flags = /^\(\?([imsu]+)\)/.exec(pattern);
  const body = flags === null ? pattern : pattern.slice(flags[0].length);
  const ignoreCase = flags?.[1]?.includes("i") === true ? "i" : "";
  try {
    return new RegExp(body, `u${ignoreCase}`);
  } catch {
    // Escapes of ordinary characters (`\-`, `\"`) are fine for ripgrep and only so without the Unicode mode.
    return new RegExp(body, ignoreCase);
  }
}
