import { basename, relative, sep } from "node:path";
import { isSecret, isWithin } from "../../policy/paths.ts";
import type { SearchRequest } from "./search.ts";

/** A found path as include globs see it: below the root, with `/`; of a root that is the file itself, its name. */
export function relativeTo(root: string, path: string): string {
  const below = relative(root, path);
  return below === "" ? basename(path) : below.split(sep).join("/");
}

/** Whether a file, by its real path, is searched: a folder on the way to it may have turned into a link. */
export const isSearched = (real: string, { root, except }: Pick<SearchRequest, "root" | "except">): boolean =>
  isWithin(real, root) && (except === null || !isSecret(real, except));
