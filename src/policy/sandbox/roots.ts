import { joinPath, parentOf } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";
import { isWithin, realTarget } from "../paths.ts";

/** A folder that commands may write to, with the links on the way to it: where they lie, and what they are called there. */
interface Root {
  readonly real: string;
  readonly links: readonly string[];
}

/** The real place of every link on the way to a path. */
export function linksTo(path: string, files: FileSystem): string[] {
  const links: string[] = [];
  let folder = "/";
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next = name === ".." ? parentOf(folder) : joinPath(folder, name);
    if (files.lstat(next)?.kind !== "link") {
      folder = next;
      continue;
    }
    links.push(next);
    const target = realTarget(next, files);
    if (target === null) break;
    folder = target;
  }
  return links;
}

/**
 * The real paths of writable folders. Left out is what only a link in another one leads to: whoever may write there
 * could have put the link there, to wherever they like.
 */
export function trustedRoots(paths: readonly string[], files: FileSystem): string[] {
  const roots: Root[] = [];
  for (const path of paths) {
    const links = linksTo(path, files);
    const real = realTarget(path, files);
    if (real !== null) roots.push({ real, links });
  }
  const isPlanted = (root: Root): boolean =>
    root.links.some((link) => roots.some((other) => other !== root && isWithin(link, other.real)));
  return [...new Set(roots.filter((root) => !isPlanted(root)).map(({ real }) => real))];
}

/** Those that lie in no other. What lies in one is writable with it, and no command can put something else in its place meanwhile. */
export const outermost = (paths: readonly string[]): string[] =>
  paths.filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));
