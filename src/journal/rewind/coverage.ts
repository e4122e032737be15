import { findHomes } from "../../config/homes.ts";
import type { System } from "../../system/ports.ts";

/** The real places of the homes in which this program and Codex keep what is theirs: threads, credentials, snapshots. */
export function ownHomes({ environment, files }: Pick<System, "environment" | "files">): string[] {
  const { codex, runtime } = findHomes(environment.variables);
  return [codex, runtime].flatMap((home) => {
    try {
      return [files.realPath(home)];
    } catch {
      // One that is not there yet.
      return [home];
    }
  });
}

/** Why nothing is kept of a folder, whatever is in it; null: something is. */
export function neverCovered({ environment, files }: System, folder: string): string | null {
  if (folder === "/") return "it is the root of the file system";
  if (ownHomes({ environment, files }).includes(folder)) return "it is the home of this program or of Codex";
  if (environment.home === null) return null;
  let home = environment.home;
  try {
    home = files.realPath(home);
  } catch {
    // One that is not there yet.
  }
  return `${home}/`.startsWith(`${folder}/`) ? "it is, or holds, your home directory" : null;
}

/** The real folders, without those that lie in another one of them. */
export function outermost({ files }: System, folders: readonly string[]): string[] {
  const real = folders.flatMap((folder) => {
    try {
      return [files.realPath(folder)];
    } catch {
      return [];
    }
  });
  return [...new Set(real)].filter(
    (folder) => !real.some((other) => other !== folder && `${folder}/`.startsWith(`${other === "/" ? "" : other}/`)),
  );
}
