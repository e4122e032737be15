import { readHead } from "../../config/read-text.ts";
import { globOf, type Glob } from "./glob.ts";

interface Rule {
  glob: string;
  meant: Glob;
  negated: boolean;
  directoriesOnly: boolean;
  /** Held against the whole path below the file's directory, not against the name alone. */
  anchored: boolean;
}

/** The rules of one `.gitignore`. */
export interface IgnoreFile {
  /** Directory of the file, relative to the top of the walk, "" or ending in `/`. */
  base: string;
  rules: Rule[];
}

/** Nobody writes more by hand; what stands behind it is not read. */
const maxFileBytes = 1 << 20;

/** The rules of a file, in a list; an empty one where there is no regular file, or none that can be read. */
export function readIgnoreFile(path: string, base: string): IgnoreFile[] {
  const text = readText(path);
  return text === null ? [] : [parseIgnoreFile(text, base)];
}

/** Null where there is no regular file, or none that can be read. */
export function readText(path: string): string | null {
  try {
    const head = readHead(path, maxFileBytes);
    if (head === null) return null;
    const text = head.bytes.toString("utf8");
    // Half a line would mean something else.
    return head.size > maxFileBytes ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
  } catch {
    return null;
  }
}

/** Reads the text of a `.gitignore`; lines that can match nothing are passed over, as git does. */
export function parseIgnoreFile(text: string, base: string): IgnoreFile {
  const rules: Rule[] = [];
  for (const raw of text.replace(/^\uFEFF/, "").split("\n")) {
    const line = withoutTrailingSpaces(raw.endsWith("\r") ? raw.slice(0, -1) : raw);
    if (line === "" || line.startsWith("#")) continue;
    const negated = line.startsWith("!");
    let glob = negated ? line.slice(1) : line;
    const directoriesOnly = glob.endsWith("/");
    if (directoriesOnly) glob = glob.slice(0, -1);
    const anchored = glob.includes("/");
    if (glob.startsWith("/")) glob = glob.slice(1);
    const meant = glob === "" ? null : globOf(glob, false);
    if (meant !== null) rules.push({ glob, meant, negated, directoriesOnly, anchored });
  }
  return { base, rules };
}

/** Spaces at the end do not count, unless a backslash stands before them. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " " && line[end - 2] !== "\\") end--;
  return line.slice(0, end);
}

/**
 * Whether a path is ignored: the last rule that matches decides, nearer files before farther ones. The caller
 * asks for each directory on the way down: nothing below an ignored one can come back.
 */
export function isIgnored(path: string, directory: boolean, files: readonly IgnoreFile[]): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  for (let index = files.length - 1; index >= 0; index--) {
    const { base, rules } = files[index]!;
    const relative = path.slice(base.length);
    const rule = rules.findLast(
      ({ meant, directoriesOnly, anchored }) => (directory || !directoriesOnly) && meant(anchored ? relative : name),
    );
    if (rule !== undefined) return !rule.negated;
  }
  return false;
}
