/** Where this process is late, a timer comes before what had arrived long before its time: these let that be read first. */

/** Enough for an end to be noticed, and for what it lets be read. */
const rounds = 3;

/** Resolves when what had arrived by now has been read. */
export async function whenCaughtUp(): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}

export interface Silence {
  /** Something has come: the time begins anew. */
  refresh(): void;
  stop(): void;
}

/** Calls when nothing has come for so long, and what had arrived by then has been read. */
export function watchSilence(limitMs: number, onSilence: () => void): Silence {
  let time = 0;
  const timer = setTimeout(() => {
    const now = time;
    void whenCaughtUp().then(() => now === time && onSilence());
  }, limitMs);
  return {
    refresh() {
      time++;
      timer.refresh();
    },
    stop() {
      time++;
      clearTimeout(timer);
    },
  };
}

/** A timer that acts when the time is over and what had arrived by then has been read. Returns what calls it off. */
export const afterCatchingUp = (ms: number, act: () => void): (() => void) => watchSilence(ms, act).stop;
