import type { FileSystem } from "./ports.ts";

const isWithin = (path: string, root: string): boolean => `${path}/`.startsWith(root === "/" ? "/" : `${root}/`);

/**
 * The folders that programs of ours may be taken from. What is not absolute could be anything in a workspace; what lies below one of
 * `untrusted`, or is reached by a link from there, was perhaps put there by whom our programs are to hold.
 */
export function trustedFolders(
  folders: readonly string[],
  untrusted: readonly string[],
  files: Pick<FileSystem, "realPath">,
): string[] {
  const roots = [...untrusted, ...untrusted.map((root) => realOf(root, files))];
  return folders.filter(
    (folder) =>
      folder.startsWith("/") &&
      ![folder, realOf(folder, files)].some((path) => roots.some((root) => isWithin(path, root))),
  );
}

/** The first of the folders' programs of that name that can be trusted in the same way; null without. */
export function findProgram(
  name: string,
  folders: readonly string[],
  untrusted: readonly string[],
  files: Pick<FileSystem, "stat" | "realPath">,
): string | null {
  for (const folder of trustedFolders(folders, untrusted, files)) {
    const path = `${folder}/${name}`;
    try {
      const stat = files.stat(path);
      if (stat?.kind !== "file" || (stat.mode & 0o111) === 0) continue;
      const [home] = trustedFolders([files.realPath(path)], untrusted, files);
      if (home !== undefined) return path;
    } catch {
      // What cannot be looked at is no program for us.
    }
  }
  return null;
}

function realOf(path: string, files: Pick<FileSystem, "realPath">): string {
  try {
    return files.realPath(path);
  } catch {
    return path;
  }
}
