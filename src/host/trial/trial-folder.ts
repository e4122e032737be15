import type { Config } from "../../config/config.ts";
import { isWithin, realTarget } from "../../policy/paths.ts";
import type { View, Walls } from "../../policy/sandbox/walls.ts";
import { joinPath } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";
import { contentsOf } from "./written.ts";

/** What may be copied where there are no overlays. */
const mostCopiedBytes = 2 ** 28;

/** Where a trial keeps what the command writes. */
export interface TrialFolder {
  /** Holds those of all trials, and is hidden from all commands that are tried. */
  readonly base: string;
  readonly path: string;
  /** Nobody else keeps anything in the base. */
  readonly alone: boolean;
  /** Fresh ones with each call. */
  overlays(roots: readonly string[]): View[];
  /** An empty folder for the copy of a root. */
  copy(root: string): string;
}

/** A folder of its own outside of what commands may write to, or why there is none. */
export function placeFor(
  config: Config,
  writable: readonly string[],
  { files, processes, random }: System,
): TrialFolder | string {
  const { runtime } = config.homes;
  const name = `${processes.pid}-${[...random.bytes(12)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const free = (path: string): boolean => {
    const real = realTarget(path, files);
    return real !== null && !writable.some((root) => isWithin(real, root));
  };
  const usual = joinPath(runtime, "cache", "trials");
  // An overlay cannot keep its changes in the folder that it lies over.
  const base = free(usual) ? usual : free("/var/tmp") ? joinPath("/var/tmp", `codex-agent-trials-${name}`) : null;
  if (base === null) return "all folders where its changes could be kept are writable for commands";
  files.makeDirectory(base, 0o700);
  const path = joinPath(files.realPath(base), name);
  files.makeDirectory(path, 0o700);
  let count = 0;
  const make = (root: string): string => {
    const folder = joinPath(path, String(++count));
    // The view of a folder has the rights of this one.
    files.makeDirectory(folder, (files.stat(root)?.mode ?? 0o755) & 0o7777);
    return folder;
  };
  return {
    base: files.realPath(base),
    path,
    alone: base !== usual,
    overlays: (roots) =>
      roots.map((root) => {
        const work = joinPath(path, `work-${count + 1}`);
        files.makeDirectory(work, 0o700);
        return { type: "overlay", path: root, upper: make(root), work };
      }),
    copy: make,
  };
}

/** The kernel leaves folders behind that even their owner has to open first. */
const removal = 'rm -rf "$@" 2>/dev/null || { chmod -R u+rwx "$@"; exec rm -rf "$@"; }';

export async function removeTrial({ base, path, alone }: TrialFolder, { processes, files }: System): Promise<void> {
  await processes.run(["/bin/sh", "-c", removal, "sh", path], { env: {}, timeoutMs: 60_000 });
  if (alone) files.removeDirectory(base);
}

/** Takes away what processes left that were killed. */
export function sweepTrials({ base }: TrialFolder, { files, processes }: System): void {
  const dead = files.list(base).filter((name) => {
    const pid = Number(name.split("-")[0]);
    return Number.isInteger(pid) && !processes.isAlive(pid);
  });
  if (dead.length === 0) return;
  const paths = dead.map((name) => joinPath(base, name));
  void processes.run(["/bin/sh", "-c", removal, "sh", ...paths], { env: {}, timeoutMs: 60_000 });
}

/** What is mounted below the writable folders would not be in a view of them: it is seen as it is, and stays so. */
export function submounts({ writable }: Walls, { files }: System): { guarded: string[]; notes: string[] } {
  let table: string;
  try {
    table = files.readText("/proc/self/mountinfo");
  } catch {
    return { guarded: [], notes: [] };
  }
  const points = table
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    )
    .filter((point) => writable.some((root) => point !== root && isWithin(point, root)))
    .filter((point) => files.lstat(point) !== null);
  const guarded = [...new Set(points)].sort();
  return {
    guarded,
    notes: guarded.length === 0 ? [] : [`what is mounted in them was read-only: ${guarded.join(", ")}`],
  };
}

/** Copies a folder, sharing its blocks where the file system can; null, or why not. */
export async function makeCopy(root: string, target: string, { folders, processes }: System): Promise<string | null> {
  const contents = contentsOf((await folders()).open(root));
  const bytes = [...(contents?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
  if (contents === null || bytes > mostCopiedBytes) {
    return `${root} is too big to be copied for a trial (at most 20,000 files and ${mostCopiedBytes / 2 ** 20} MiB), and overlays cannot be had here`;
  }
  const { code, stderr } = await processes.run(["/bin/cp", "-a", "--reflink=auto", "-x", "--", `${root}/.`, target], {
    env: {},
    timeoutMs: 60_000,
  });
  return code === 0 ? null : `${root} cannot be copied for a trial: ${stderr.trim().split("\n")[0]}`;
}

/** The command may have closed folders of the copy, which are not carried over with their rights anyway. */
export async function openFolders(copy: string, { processes }: System): Promise<void> {
  const command = ["/usr/bin/find", copy, "-type", "d", "!", "-perm", "-700", "-exec", "chmod", "u+rwx", "{}", ";"];
  await processes.run(command, { env: {}, timeoutMs: 60_000 });
}
