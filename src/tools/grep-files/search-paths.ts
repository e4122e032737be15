import { basename, relative, sep } from "node:path";

/** A found path as include globs see it: below the root, with `/`; of a root that is the file itself, its name. */
export function relativeTo(root: string, path: string): string {
  const below = relative(root, path);
  return below === "" ? basename(path) : below.split(sep).join("/");
}
