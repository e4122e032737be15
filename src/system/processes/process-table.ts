import { readdirSync, readFileSync } from "node:fs";
import type { ProcessMark } from "../ports.ts";

/** A line of the system's table of processes. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks from the boot of the machine to the start of the process. */
  readonly startTicks: number;
  /** It has ended, and its parent has not asked how. */
  readonly zombie: boolean;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

/** `/proc/PID/stat`: proc(5). The name in brackets may hold anything, brackets and spaces too. */
function entryOf(pid: number): ProcessEntry | null {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent, group, session] = fields.slice(1, 4).map(Number);
  if (parent === undefined || group === undefined || session === undefined) return null;
  return {
    pid,
    parent,
    group,
    session,
    startTicks: Number(fields[19]),
    zombie: fields[0] === "Z" || fields[0] === "X",
  };
}

/** Every process that can be seen; empty where there is no `/proc`. */
export function readProcessTable(): ProcessEntry[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names.flatMap((name) => (/^\d+$/.test(name) ? (entryOf(Number(name)) ?? []) : []));
}

/** Changes with every start of the machine; null where the system does not tell. Enough of it to tell boots apart. */
export const bootId = (): string | null => textOf("/proc/sys/kernel/random/boot_id")?.slice(0, 8) || null;

let knownBootId: string | null | undefined;

/** What tells this process from a later one with its number; null where the system does not show it (it has no `/proc`). */
export function markProcess(pid: number): ProcessMark | null {
  knownBootId ??= bootId();
  const entry = knownBootId === null ? null : entryOf(pid);
  return entry && { pid, startTicks: entry.startTicks, bootId: knownBootId! };
}

/** Does the environment that the process was started with have this variable? False when it cannot be seen. */
export function wasStartedWith(pid: number, name: string, value: string): boolean {
  const text = textOf(`/proc/${pid}/environ`);
  return text !== null && `\0${text}`.includes(`\0${name}=${value}\0`);
}
