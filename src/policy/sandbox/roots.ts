import { joinPath, parentOf } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";
import { isWithin, realTarget } from "../paths.ts";

/** A folder, and the real places of the links on the way to it. */
interface Root {
  readonly real: string;
  readonly links: readonly string[];
}

/** Follows a path link by link; null where it leads nowhere that could be known. */
function follow(path: string, files: FileSystem): Root | null {
  const links: string[] = [];
  let real = "/";
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next = name === ".." ? parentOf(real) : joinPath(real, name);
    if (files.lstat(next)?.kind !== "link") {
      real = next;
      continue;
    }
    links.push(next);
    const target = realTarget(next, files);
    if (target === null) return null;
    real = target;
  }
  return { real, links };
}

/** The real place of every link on the way to a path. */
export const linksTo = (path: string, files: FileSystem): readonly string[] => follow(path, files)?.links ?? [];

/**
 * The real paths of writable folders. Left out is what only a link in another one leads to: whoever may write there
 * could have put the link there, to wherever they like.
 */
export function trustedRoots(paths: readonly string[], files: FileSystem): string[] {
  // Followed once: looked at again, a folder could have become a link.
  const roots = paths.map((path) => follow(path, files)).filter((root) => root !== null);
  const isPlanted = (root: Root): boolean =>
    root.links.some((link) => roots.some((other) => other !== root && isWithin(link, other.real)));
  return [...new Set(roots.filter((root) => !isPlanted(root)).map(({ real }) => real))];
}

/** Those that lie in no other. What lies in one is writable with it, and no command can put something else in its place meanwhile. */
export const outermost = (paths: readonly string[]): string[] =>
  paths.filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));
