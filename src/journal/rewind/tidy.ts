import type { System } from "../../system/ports.ts";
import { dropRewinds, treesOfRewinds } from "./rewind-records.ts";
import { ShadowGit } from "./shadow-git.ts";
import { coveredFolders, keptDays, readLog, timesOf, trimLog, workedIn } from "./snapshot-log.ts";

/** From here on what is loose is packed. */
const mostLoose = 128;
/** From here on the packs become one, and what nobody needs goes; git does that by itself, behind our back. */
const mostPacks = 20;
/** A week late: what expires day by day is not worth a look at everything each day. */
const outdatedMs = (keptDays + 7) * 86_400_000;

/** Loose objects, estimated from a sixteenth of them, and packs. */
function untidiness(git: ShadowGit, { files }: System): { loose: number; packs: number } {
  const count = (name: string, end: string): number => {
    try {
      return files.list(`${git.home}/git/objects/${name}`).filter((each) => each.endsWith(end)).length;
    } catch {
      return 0;
    }
  };
  let loose = 0;
  for (const digit of "0123456789abcdef") loose += count(`0${digit}`, "") * 16;
  return { loose, packs: count("pack", ".pack") };
}

/** Forgets what no thread needs any more, and packs the rest where that is worth it. */
export async function tidy(git: ShadowGit, system: System, runtimeHome: string, gone?: string): Promise<void> {
  const { files, clock } = system;
  const { loose, packs } = untidiness(git, system);
  const outdated = (timesOf(system, git.home)?.first ?? Infinity) < clock.now() - outdatedMs;
  if (gone === undefined && !outdated && loose <= mostLoose && packs <= mostPacks) return;
  await git.whileLocked(async () => {
    const trees = trimLog(system, git.home, (thread) => thread === gone, clock.now());
    const kept = [...new Set([...trees, ...treesOfRewinds(system, runtimeHome, git.folder)])].toSorted();
    const refs = kept.map((tree) => `${tree} refs/kept/${tree}\n`).join("");
    files.writeAtomic(`${git.home}/git/packed-refs`, `# pack-refs with: peeled fully-peeled sorted \n${refs}`, 0o600);
    // Whoever works on one holds the lock: these were left by programs that were killed.
    for (const name of files.list(git.home)) {
      if (name.startsWith("index.") && name !== "index.json") files.remove(`${git.home}/${name}`);
    }
  });
  if (loose > mostLoose) await git.run(["repack", "-d", "-l", "-q"]);
  if (outdated) await git.run(["gc", "--quiet"], { fine: [0, 1] });
  else if (packs > mostPacks) await git.run(["gc", "--auto", "--quiet"], { fine: [0, 1] });
}

/** Takes away what is kept of folders in which nothing was looked at for so long that all of it is outdated. */
export async function forgetOutdated(system: System, runtimeHome: string): Promise<void> {
  const { files, processes, clock } = system;
  const isOutdated = (home: string): boolean => (timesOf(system, home)?.last ?? Infinity) < clock.now() - outdatedMs;
  for (const { home } of coveredFolders(system, runtimeHome)) {
    if (!isOutdated(home)) continue;
    const lock = await processes.lock(`${home}/lock`);
    if (lock === null) continue;
    try {
      if (isOutdated(home)) removeAll(home, files);
    } finally {
      await lock.release();
    }
  }
}

/** No link is followed. */
function removeAll(folder: string, files: System["files"]): void {
  for (const name of files.list(folder)) {
    const path = `${folder}/${name}`;
    if (files.lstat(path)?.kind === "directory") removeAll(path, files);
    else files.remove(path);
  }
  files.removeDirectory(folder);
}

/** Forgets the snapshots of a thread that was deleted. */
export async function forgetThread(system: System, runtimeHome: string, threadId: string): Promise<void> {
  dropRewinds(system, runtimeHome, threadId);
  for (const { folder, home } of coveredFolders(system, runtimeHome)) {
    if (!readLog(system, home).some(({ thread }) => thread === threadId)) continue;
    try {
      await tidy(
        ShadowGit.open(system, runtimeHome, folder, workedIn(system, runtimeHome)),
        system,
        runtimeHome,
        threadId,
      );
    } catch {
      // Without git, say: the thread is gone all the same, and its snapshots go when they are old.
    }
  }
}
