import { baseName, parentOf, resolvePath } from "../../system/paths.ts";
import { isWithin } from "../paths.ts";
import type { Argument } from "../shell/expand.ts";
import type { PlaceFiles } from "./assessment.ts";

/** Names in folders that a pattern is compared with, and names that it may stand for. */
const mostNames = 5_000;
const mostMatches = 256;

/** What is asked of the disk for one line, each only once. */
export class FileView {
  readonly files: PlaceFiles;
  readonly #real = new Map<string, string | null>();
  readonly #directories = new Map<string, boolean>();
  readonly #names = new Map<string, readonly string[]>();
  /** Names that the line itself makes point elsewhere. */
  readonly #moved: string[] = [];

  constructor(files: PlaceFiles) {
    this.files = files;
  }

  /** The real path; null where it cannot be known. */
  real(path: string): string | null {
    if (this.#moved.some((moved) => isWithin(path, moved))) return null;
    return this.#resolve(path);
  }

  /** As `realTarget` of ../paths.ts, with what was found kept: a long line names the same folders again and again. */
  #resolve(path: string): string | null {
    const known = this.#real.get(path);
    if (known !== undefined) return known;
    const real = this.#look(path);
    this.#real.set(path, real);
    return real;
  }

  #look(path: string): string | null {
    try {
      if (this.files.lstat(path) !== null) return this.files.realPath(path);
    } catch {
      return null;
    }
    const parent = parentOf(path);
    const above = parent === path ? null : this.#resolve(parent);
    return above === null ? null : resolvePath(above, baseName(path));
  }

  /** The path that a program reaches from a folder: `..` leads back from where a link leads. Null where that cannot be known. */
  locate(cwd: string, text: string): string | null {
    if (!text.includes("..")) return resolvePath(cwd, text);
    let current = text.startsWith("/") ? "/" : cwd;
    for (const part of text.split("/")) {
      if (part === "..") {
        const real = this.real(current);
        if (real === null) return null;
        current = parentOf(real);
      } else current = resolvePath(current, part === "" ? "." : part);
    }
    return current;
  }

  /** From here on the path may lead somewhere else than the disk shows now. */
  move(path: string): void {
    this.#moved.push(path);
  }

  isDirectory(path: string): boolean {
    let directory = this.#directories.get(path);
    if (directory === undefined) {
      try {
        directory = this.files.stat(path)?.kind === "directory";
      } catch {
        directory = false;
      }
      this.#directories.set(path, directory);
    }
    return directory;
  }

  /** Names in a folder; none where it cannot be read. */
  #list(path: string): readonly string[] {
    let names = this.#names.get(path);
    if (names === undefined) {
      try {
        names = this.files.list(path);
      } catch {
        names = [];
      }
      this.#names.set(path, names);
    }
    return names;
  }

  exists(path: string): boolean {
    try {
      return this.files.lstat(path) !== null;
    } catch {
      return true;
    }
  }

  /** What a pattern stands for in a folder, as it would be written; null where that cannot be known. */
  matches(pattern: string, cwd: string): string[] | null {
    const parts = pattern.split("/");
    let found: string[] = [""];
    let looked = 0;
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      const end = last ? "" : "/";
      const matcher = patternOf(part);
      if (matcher === null) return null;
      const next: string[] = [];
      for (const base of found) {
        if (typeof matcher === "string") {
          const path = `${base}${matcher}${end}`;
          if (!last || matcher === "" || this.exists(resolvePath(cwd, path))) next.push(path);
          continue;
        }
        const names = this.#list(resolvePath(cwd, base === "" ? "." : base));
        looked += names.length;
        if (looked > mostNames) return null;
        // Some shells take these for names as well.
        for (const name of part.startsWith(".") ? [...names, ".", ".."] : names) {
          if ((name.startsWith(".") && !part.startsWith(".")) || !matcher.test(name)) continue;
          if (last || this.isDirectory(resolvePath(cwd, base + name))) next.push(`${base}${name}${end}`);
        }
      }
      if (next.length > mostMatches) return null;
      found = next;
    }
    return found.toSorted();
  }
}

/** A part of a pattern between two slashes: its text where it is none; null where it cannot be compared. */
function patternOf(part: string): RegExp | string | null {
  if (!/(^|[^\\])(\\\\)*[*?[]/.test(part)) return part.replace(/\\(.)/g, "$1");
  let source = "";
  for (let at = 0; at < part.length; at++) {
    const letter = part[at]!;
    if (letter === "*") source += ".*";
    else if (letter === "?") source += ".";
    else if (letter === "\\") source += escapeLetter(part[++at] ?? "");
    else if (letter === "[") {
      const [whole, not, inside] = /^\[([!^]?)([A-Za-z0-9_.,-]+)\]/.exec(part.slice(at)) ?? [];
      if (whole === undefined || inside === undefined) return null;
      source += `[${not === "" ? "" : "^"}${inside.replace(/^-|-$/g, "\\-").replaceAll(".", "\\.")}]`;
      at += whole.length - 1;
    } else source += escapeLetter(letter);
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    return null;
  }
}

const escapeLetter = (letter: string): string => letter.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");

/** What a program gets for an argument, seen from a folder; null where that is not known. */
export function textsOf(arg: Argument, cwd: string, view: FileView): readonly string[] | null {
  if (arg.text === null) return null;
  const matches = arg.pattern === null ? [arg.text] : view.matches(arg.pattern, cwd);
  // A pattern that nothing matches is left as it is.
  return matches?.length === 0 ? [arg.text] : matches;
}

/** The paths that an argument may name, from each folder that it may be seen from; null where that is not known. */
export function pathsOf(arg: Argument, cwds: readonly string[] | null, view: FileView): string[] | null {
  if (arg.text === null) return null;
  const absolute = arg.text.startsWith("/");
  const folders = absolute ? ["/"] : cwds;
  if (folders === null) return null;
  const paths: string[] = [];
  for (const cwd of folders) {
    const texts = textsOf(arg, cwd, view);
    if (texts === null) return null;
    for (const text of texts) {
      const path = view.locate(cwd, text);
      if (path === null) return null;
      paths.push(path);
    }
  }
  return paths;
}
