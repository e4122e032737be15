import { closeSync, readdirSync, readFileSync } from "node:fs";

const closeOnExec = 0o2000000;

/**
 * Closes what this process was started with beyond its three streams: every command that it runs would inherit it, in a
 * sandbox too. All that Node opens itself is closed on exec, and told by that. Does nothing where there is no /proc.
 */
export function closeInheritedDescriptors(): void {
  // A parent that talks to this process does it through one of them.
  if (process.channel !== undefined && process.channel !== null) return;
  for (const name of listed()) {
    const descriptor = Number(name);
    if (descriptor > 2 && isInherited(descriptor)) closeSync(descriptor);
  }
}

function listed(): string[] {
  try {
    return readdirSync("/proc/self/fd");
  } catch {
    return [];
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // It was the one that the list was read through.
    return false;
  }
}
