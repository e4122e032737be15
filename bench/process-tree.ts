/** What /proc tells about a process and its descendants. Processes end while they are looked at: then they count nothing. */
import { readdirSync, readFileSync } from "node:fs";

const pageBytes = 4096;

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function childrenOf(pid: number): number[] {
  let tasks: string[] = [];
  try {
    tasks = readdirSync(`/proc/${pid}/task`);
  } catch {
    // Has ended.
  }
  return tasks.flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number));
}

/** The process and all below it, parents first. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/**
 * Resident bytes of the tree. A child that has the command line of its parent has not started its own program yet and
 * lives on its parent's pages: it is not counted twice.
 */
export function residentBytes(pid: number, parentCommand = ""): number {
  const command = read(`/proc/${pid}/cmdline`);
  const own = command === parentCommand ? 0 : Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * pageBytes;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child, command), own);
}

export function killTree(pid: number): void {
  for (const each of treeOf(pid)) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // Has ended.
    }
  }
}
