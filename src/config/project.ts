import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readHead } from "./read-text.ts";

/** The directory itself and its parents, innermost first. */
function* ancestors(directory: string): Generator<string> {
  for (let current = directory; ; current = dirname(current)) {
    yield current;
    if (dirname(current) === current) return;
  }
}

/** The nearest directory, from `cwd` up, that holds one of the markers; null without one. */
export function findProjectRoot(cwd: string, markers: readonly string[]): string | null {
  for (const directory of ancestors(cwd)) {
    if (markers.some((marker) => existsSync(join(directory, marker)))) return directory;
  }
  return null;
}

/** From `root` down to `cwd`, both included; `cwd` alone when it does not lie below `root`. */
export function directoriesDown(root: string | null, cwd: string): string[] {
  if (root === null) return [cwd];
  const down: string[] = [];
  for (const directory of ancestors(cwd)) {
    down.unshift(directory);
    if (directory === root) return down;
  }
  return [cwd];
}

/** The root of the working tree that holds `directory`: a `.git` file, or a `.git` directory with a HEAD. */
export function findGitRoot(directory: string): string | null {
  for (const current of ancestors(directory)) {
    const git = join(current, ".git");
    const stat = statSync(git, { throwIfNoEntry: false });
    if (stat?.isFile() || (stat?.isDirectory() && existsSync(join(git, "HEAD")))) return current;
  }
  return null;
}

/**
 * Of a linked worktree the root of its main repository, so that trust given once holds in all of them. The repository has to know of
 * the worktree: what a `.git` file says may have come with an archive.
 */
export function findMainRepository(gitRoot: string): string {
  const link = join(gitRoot, ".git");
  const target = /^gitdir:[ \t]*(.+?)\s*$/m.exec(readPointer(link))?.[1];
  if (target === undefined) return gitRoot;
  const entry = resolve(gitRoot, target);
  const worktrees = dirname(entry);
  const git = dirname(worktrees);
  if (basename(worktrees) !== "worktrees" || basename(git) !== ".git") return gitRoot;
  const back = readPointer(join(entry, "gitdir")).trimEnd();
  return back !== "" && realPathOf(resolve(entry, back)) === realPathOf(link) ? dirname(git) : gitRoot;
}

const maxPointerBytes = 1 << 16;

/** The text of a file that names a place; "" where there is none that can be read. */
function readPointer(file: string): string {
  try {
    return readHead(file, maxPointerBytes)?.bytes.toString("utf8") ?? "";
  } catch {
    return "";
  }
}

/** Links resolved as far as the path exists; else the path itself. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * The folder that links of a project's instructions and skills may not lead out of; null where the user trusts the project. Else a
 * link to a private file would send that to the model's provider, before anybody has decided anything.
 */
export function linkLimit({ trust, projectRoot, cwd }: ProjectFacts): string | null {
  return trust === "trusted" ? null : (projectRoot ?? cwd);
}

export interface ProjectFacts {
  readonly trust: "trusted" | "untrusted" | null;
  readonly projectRoot: string | null;
  readonly cwd: string;
}

/** Whether the file, links resolved, lies elsewhere than within the folder; null is within everything. */
export function leadsOutOf(folder: string | null | undefined, file: string): boolean {
  if (folder === null || folder === undefined) return false;
  const root = realPathOf(folder);
  let real: string;
  try {
    real = realpathSync(file);
  } catch {
    // There is nothing to be read.
    return false;
  }
  return real !== root && !real.startsWith(root.endsWith("/") ? root : `${root}/`);
}
