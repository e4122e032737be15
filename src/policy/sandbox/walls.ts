import type { Permissions } from "../../protocol/permissions.ts";
import { joinPath, parentOf, resolvePath } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";
import { isWithin, realTarget } from "../paths.ts";
import { WallsError } from "./mount-plan.ts";
import type { Limits } from "./limits.ts";
import { linksTo, outermost, trustedRoots } from "./roots.ts";

/**
 * A writable folder that the command has to itself: what it writes there is kept elsewhere, and the folder stays as it is.
 * `overlay`: the files that it changes come to lie in `upper`; `copy`: it works in a copy of the folder.
 */
export type View =
  | { readonly type: "overlay"; readonly path: string; readonly upper: string; readonly work: string }
  | { readonly type: "copy"; readonly path: string; readonly source: string };

/** What stands between a command and the machine. Paths are real and absolute. */
export interface Walls {
  /** Folders that may be written to, none of them inside of another; empty in read-only. */
  readonly writable: readonly string[];
  /** Folders and files below writable ones that stay as they are. Those that do not exist may not be made. */
  readonly guarded: readonly string[];
  /** Folders whose contents are not seen. */
  readonly hidden: readonly string[];
  /** What is seen below hidden folders all the same; nobody may write there. */
  readonly shown: readonly string[];
  /** Whether sockets may be opened; without it none leads outside, unix sockets included. */
  readonly network: boolean;
  /** Folder of the gate's socket: where there is no network, the one way out, to hosts that the gate lets through. */
  readonly gate?: string;
  readonly limits?: Limits;
  /** Of writable folders; where there are any, there is one of each. */
  readonly views?: readonly View[];
}

/** What the walls are built from. */
export interface Surroundings {
  readonly permissions: Permissions;
  /** The thread's working directory. */
  readonly cwd: string;
  /** `$TMPDIR` of the user; empty when there is none. */
  readonly temporaryDirectory: string;
  /** Folders whose contents are this product's own: written by nobody else, and in part secret. */
  readonly homes: readonly string[];
  /** Files and folders that hold credentials, tokens or caches. */
  readonly secrets: readonly string[];
  /** What a command needs of the secrets: its login snapshot. */
  readonly shown?: readonly string[];
  /** Folder of a gate's socket; null where no hosts are allowed. */
  readonly gate?: string | null;
  readonly limits?: Limits;
  /** Files and folders beside the usual ones that stay as they are; asked when walls are built. */
  protectedFiles?(): readonly string[];
  readonly files: FileSystem;
}

/** Folders of a writable root that no tool writes to. */
export const protectedNames = [".git", ".codex", ".agents", ".aws"] as const;

export function writableRoots({ permissions, cwd, temporaryDirectory }: Surroundings): string[] {
  const granted = permissions.sandbox === "danger-full-access" ? [] : (permissions.granted?.write ?? []);
  if (permissions.sandbox !== "workspace-write") return [...granted];
  return [
    ...granted,
    cwd,
    ...permissions.writableRoots,
    ...(permissions.excludeSlashTmp ? [] : ["/tmp"]),
    ...(permissions.excludeTmpdir || temporaryDirectory === "" ? [] : [temporaryDirectory]),
  ];
}

export const realRoots = (paths: readonly string[], files: FileSystem): string[] =>
  paths.map((path) => realTarget(path, files)).filter((path) => path !== null);

const isDirectory = (path: string, files: FileSystem): boolean => files.stat(path)?.kind === "directory";

const unique = (paths: readonly string[]): string[] => [...new Set(paths)].sort();

/**
 * The walls of one command.
 * @throws {WallsError} where a secret lies so that it cannot be hidden.
 */
export function wallsFor(surroundings: Surroundings): Walls {
  const { permissions, homes, secrets, shown, files } = surroundings;
  const realHomes = unique(realRoots(homes, files));
  const inHome = (path: string): boolean => realHomes.some((home) => isWithin(path, home));
  const roots = trustedRoots(writableRoots(surroundings), files).filter(
    (path) => isDirectory(path, files) && !inHome(path),
  );
  const writable = unique(outermost(roots));
  const inWritable = (path: string): boolean => writable.some((root) => isWithin(path, root));
  const realSecrets = unique(realRoots(secrets, files));
  const hiddenSecrets = new Set(realSecrets);
  const seen: string[] = [];
  const hidden: string[] = [];
  for (const home of realHomes) {
    if (!isDirectory(home, files)) continue;
    hidden.push(home);
    // Shown entry by entry: what is not there yet, such as a credential of tomorrow, is not seen either.
    if (!hiddenSecrets.has(home)) seen.push(...entriesBut(home, hiddenSecrets, files));
  }
  for (const secret of realSecrets) {
    if (inHome(secret)) continue;
    const found = files.stat(secret);
    if (found?.kind === "directory") hidden.push(secret);
    else if (found !== null) {
      // A link in a home leads to it. Only folders can be hidden: with its own goes all that is not shown again.
      const folder = parentOf(secret);
      if (folder === "/" || inWritable(secret))
        throw new WallsError(
          `${secret} is secret, and cannot be hidden where it lies; move it to a folder where nothing is written`,
        );
      hidden.push(folder);
      seen.push(...entriesBut(folder, hiddenSecrets, files));
    }
  }
  const needed = realRoots([surroundings.cwd, ...(shown ?? [])], files);
  const covered = (path: string): boolean =>
    hidden.some((home) => isWithin(path, home)) && !seen.some((each) => isWithin(path, each));
  seen.push(...needed.filter((path) => covered(path) && !hidden.includes(path) && files.stat(path) !== null));
  const guarded = [
    ...roots.flatMap((root) => guardedIn(root, files)).filter(inWritable),
    ...realHomes.filter((home) => inWritable(home) && files.stat(home) === null),
    // Replaced by a folder, the link would make that one a home.
    ...homes.flatMap((home) => linksTo(home, files)).filter(inWritable),
    ...realRoots(surroundings.protectedFiles?.() ?? [], files).filter(inWritable),
  ];
  const { gate, limits } = surroundings;
  // What was granted is had by way of the gate, where there is one: it knows what is denied.
  const network =
    (permissions.granted?.network === true && !gate) ||
    (permissions.sandbox === "workspace-write" && permissions.networkAccess);
  return {
    writable,
    guarded: unique(guarded).filter((path) => !hidden.includes(path)),
    hidden: unique(hidden),
    shown: unique(seen).filter((path) => !hidden.includes(path) && !writable.includes(path)),
    network,
    ...(!network && gate && { gate }),
    ...(limits !== undefined && { limits }),
  };
}

function entriesBut(folder: string, secrets: ReadonlySet<string>, files: FileSystem): string[] {
  return files
    .list(folder)
    .map((name) => joinPath(folder, name))
    .filter((path) => {
      const real = realTarget(path, files);
      // A link is shown only where its target is not a secret by another name.
      return real !== null && ![...secrets].some((secret) => isWithin(real, secret)) && !isAbove(real, secrets);
    });
}

const isAbove = (path: string, others: ReadonlySet<string>): boolean =>
  [...others].some((other) => isWithin(other, path));

function guardedIn(root: string, files: FileSystem): string[] {
  const paths = protectedNames.map((name) => joinPath(root, name));
  const git = joinPath(root, ".git");
  return [...paths, ...realRoots(paths, files), ...worktreeFolders(git, files)];
}

/** Where the `.git` file of a worktree or submodule points, and the repository that it belongs to. */
function worktreeFolders(git: string, files: FileSystem): string[] {
  try {
    if (files.stat(git)?.kind !== "file") return [];
    const pointer = /^gitdir: (.+)$/m.exec(files.readText(git))?.[1];
    if (pointer === undefined) return [];
    const folder = resolvePath(parentOf(git), pointer.trim());
    const shared = joinPath(folder, "commondir");
    const common = files.stat(shared)?.kind === "file" ? [resolvePath(folder, files.readText(shared).trim())] : [];
    return realRoots([folder, ...common], files);
  } catch {
    return [];
  }
}
