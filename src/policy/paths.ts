import type { FileSystem } from "../system/ports.ts";
import { baseName, parentOf } from "../system/paths.ts";

/** Whether `path` is `root` or lies below it; both real and absolute. */
export const isWithin = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === "/" ? "/" : `${root}/`);

/** Of a process: keys are handed on in it. */
const environment = /^\/proc\/\d+\/(?:task\/\d+\/)?environ$/;

/** Whether what lies at a real path is credentials: it lies in one of these places, or is the environment of a process. */
export const isSecret = (path: string, secrets: readonly string[]): boolean =>
  environment.test(path) || secrets.some((secret) => isWithin(path, secret));

/**
 * Where a path really leads, links resolved, also when its last parts do not exist yet. Null when that cannot be
 * known: a link that points nowhere, or a folder that may not be read.
 */
export function realTarget(path: string, files: Pick<FileSystem, "lstat" | "realPath">): string | null {
  const missing: string[] = [];
  for (let current = path; ; current = parentOf(current)) {
    try {
      if (files.lstat(current) !== null) {
        const real = files.realPath(current);
        return missing.length === 0 ? real : `${real === "/" ? "" : real}/${missing.join("/")}`;
      }
    } catch {
      return null;
    }
    if (parentOf(current) === current) return null;
    // Where the way back from a folder that is not there leads depends on what is put in its place.
    if (baseName(current) === "..") return null;
    missing.unshift(baseName(current));
  }
}
