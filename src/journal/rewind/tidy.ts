import type { System } from "../../system/ports.ts";
import { dropRewinds, treesOfRewinds } from "./rewind-records.ts";
import { ShadowGit } from "./shadow-git.ts";
import { coveredFolders, readLog, trimLog } from "./snapshot-log.ts";

/** From here on git packs what is loose, in the background: about 3,000 objects, or 20 packs. */
const looseSample = 12;
const mostPacks = 20;

/** Whether there is anything to be packed; looks at a 256th of the objects, as git does. */
function isUntidy(git: ShadowGit, { files }: System): boolean {
  const count = (name: string, end: string): number => {
    try {
      return files.list(`${git.home}/git/objects/${name}`).filter((each) => each.endsWith(end)).length;
    } catch {
      return 0;
    }
  };
  return count("17", "") > looseSample || count("pack", ".pack") > mostPacks;
}

/** Forgets what no thread needs any more, and lets git pack the rest; it goes on by itself when this has resolved. */
export async function tidy(git: ShadowGit, system: System, runtimeHome: string, gone?: string): Promise<void> {
  if (gone === undefined && !isUntidy(git, system)) return;
  const { files, clock } = system;
  await git.whileLocked(async () => {
    const trees = trimLog(system, git.home, (thread) => thread === gone, clock.now());
    const kept = [...new Set([...trees, ...treesOfRewinds(system, runtimeHome, git.folder)])].toSorted();
    const refs = kept.map((tree) => `${tree} refs/kept/${tree}\n`).join("");
    files.writeAtomic(`${git.home}/git/packed-refs`, `# pack-refs with: peeled fully-peeled sorted \n${refs}`, 0o600);
    for (const name of files.list(git.home)) {
      if (name.startsWith("index.") && name !== "index.json") files.remove(`${git.home}/${name}`);
    }
  });
  await git.run(["gc", "--auto", "--quiet"], { fine: [0, 1] });
}

/** Forgets the snapshots of a thread that was deleted. */
export async function forgetThread(system: System, runtimeHome: string, threadId: string): Promise<void> {
  dropRewinds(system, runtimeHome, threadId);
  for (const { folder, home } of coveredFolders(system, runtimeHome)) {
    if (!readLog(system, home).some(({ thread }) => thread === threadId)) continue;
    await tidy(ShadowGit.open(system, runtimeHome, folder), system, runtimeHome, threadId);
  }
}
