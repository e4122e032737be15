/** Groups of every thread that were not yet seen to end; whatever remains dies with this process. */
const watched = new Set<number>();
let watching = false;

const graceMs = 2000;

/** Signals every process of the group; false when none is left. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    // EPERM: there is one, but it has become somebody else's (a set-uid program).
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function watch(group: number): void {
  watched.add(group);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const each of watched) signalGroup(each, "SIGKILL");
  });
}

/** The process groups that one owner has started. */
export class ProcessGroups {
  readonly #groups = new Set<number>();

  add(group: number): void {
    this.#groups.add(group);
    watch(group);
  }

  /** Ends the group: SIGTERM now, SIGKILL to what is left after two seconds. */
  end(group: number): void {
    if (!this.#groups.has(group)) return;
    if (!signalGroup(group, "SIGTERM")) return this.#forget(group);
    setTimeout(() => this.kill(group), graceMs).unref();
  }

  /** Does nothing to a group that has gone: its number may be another's by now. */
  kill(group: number): void {
    if (!this.#groups.has(group)) return;
    signalGroup(group, "SIGKILL");
    this.#forget(group);
  }

  killAll(): void {
    for (const group of this.#groups) this.kill(group);
  }

  #forget(group: number): void {
    this.#groups.delete(group);
    watched.delete(group);
  }
}
