import type { System } from "../../system/ports.ts";

/**
 * The `git` of the first folder of PATH that has one; null without. A folder of PATH that is not absolute, or lies within one of
 * `untrusted`, is passed over: what a repository brings is never run.
 */
export function findGit(
  { environment, files }: Pick<System, "environment" | "files">,
  untrusted: readonly string[],
): string | null {
  for (const folder of searchPath(environment.variables["PATH"] ?? "", untrusted)) {
    const path = `${folder}/git`;
    try {
      const stat = files.stat(path);
      if (stat?.kind === "file" && (stat.mode & 0o111) !== 0) return path;
    } catch {
      // A folder that cannot be looked into has none for us.
    }
  }
  return null;
}

/** The folders of PATH that programs may be taken from. */
export const searchPath = (path: string, untrusted: readonly string[]): string[] =>
  path
    .split(":")
    .filter((folder) => folder.startsWith("/") && !untrusted.some((root) => `${folder}/`.startsWith(`${root}/`)));
