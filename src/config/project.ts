import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

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

/** Of a linked worktree the root of its main repository, so that trust given once holds in all of them. */
export function findMainRepository(gitRoot: string): string {
  let pointer: string;
  try {
    pointer = readFileSync(join(gitRoot, ".git"), "utf8");
  } catch {
    return gitRoot;
  }
  const target = /^gitdir:[ \t]*(.+?)\s*$/m.exec(pointer)?.[1];
  if (target === undefined) return gitRoot;
  const worktrees = dirname(resolve(gitRoot, target));
  const git = dirname(worktrees);
  return basename(worktrees) === "worktrees" && basename(git) === ".git" ? dirname(git) : gitRoot;
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
