/** Process groups that were started and not yet seen to end; whatever remains dies with this process. */
const groups = new Set<number>();
let watching = false;

const graceMs = 2000;

/** Signals every process of the group; false when none is left. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    // EPERM: there is one, but it has become somebody else's (a set-uid program).
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function watchGroup(group: number): void {
  groups.add(group);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const each of groups) signalGroup(each, "SIGKILL");
  });
}

/** Ends the group: SIGTERM now, SIGKILL to what is left after two seconds. */
export function endGroup(group: number): void {
  if (!signalGroup(group, "SIGTERM")) {
    groups.delete(group);
    return;
  }
  const timer = setTimeout(() => killGroup(group), graceMs);
  timer.unref();
}

export function killGroup(group: number): void {
  signalGroup(group, "SIGKILL");
  groups.delete(group);
}
