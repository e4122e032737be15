import * as fs from "node:fs";

/** Nothing where it cannot be read, or has ended meanwhile. */
export function readFile(path: string): string {
  try {
    // Of all ways to read a file of the kernel's the one that takes the least time; what is looked for is ASCII.
    return fs.readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Clock ticks from the boot of the machine to its start: field 22, counted on from the closing bracket of the name. */
function startOf(pid: number): string {
  const stat = readFile(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? "";
}

export const stateOf = (pid: number): string => /\) (\w)/.exec(readFile(`/proc/${pid}/stat`))?.[1] ?? "";

const numbers = (): number[] =>
  fs
    .readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);

/** The number that was given last to a process: they are given in turn, and from the start again after the highest. NaN where no kernel says so. */
const lastGiven = (): number => Number(readFile("/proc/loadavg").split(" ")[4]);

/** Processes that were there before any attempt: there is no need to look at them time and again. */
const older = new Map(numbers().map((pid) => [pid, startOf(pid)]));
let looked = lastGiven();

/** Takes out what has ended: its number may be another's by now, where numbers went past it since the last look. */
function forgetEnded(): void {
  const now = lastGiven();
  const wasGiven = (pid: number): boolean =>
    Number.isNaN(now) || (looked <= now ? pid > looked && pid <= now : pid > looked || pid <= now);
  for (const [pid, start] of older) if (wasGiven(pid) && start !== startOf(pid)) older.delete(pid);
  looked = now;
}

/** Processes, wherever they are, with a mark in their environment or arguments. */
export function processesWith(mark: string): number[] {
  const all = numbers();
  forgetEnded();
  return all.filter(
    (pid) =>
      !older.has(pid) && [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`].some((path) => readFile(path).includes(mark)),
  );
}
