import { ProcessGroups } from "../process/process-group.ts";

/** The work on one file, for all in this process who want it. */
export interface Making {
  /** Whether the file is there now. */
  readonly made: Promise<boolean>;
  /** One of them wants it no more; when nobody does, it is given up. */
  leave(): void;
}

/** What the work may use. */
export interface Workshop {
  readonly groups: ProcessGroups;
  readonly isGivenUp: () => boolean;
}

interface Work {
  readonly made: Promise<boolean>;
  readonly giveUp: () => void;
  wanted: number;
}

const underWay = new Map<string, Work>();

/** Threads that begin together would each ask a shell of its own for the same. */
export function shareMaking(purpose: string, make: (workshop: Workshop) => Promise<boolean>): Making {
  const work = underWay.get(purpose) ?? begin(purpose, make);
  work.wanted++;
  let hasLeft = false;
  return {
    made: work.made,
    leave() {
      if (hasLeft) return;
      hasLeft = true;
      if (--work.wanted === 0) work.giveUp();
    },
  };
}

function begin(purpose: string, make: (workshop: Workshop) => Promise<boolean>): Work {
  const groups = new ProcessGroups();
  let isGivenUp = false;
  const forget = (): void => {
    if (underWay.get(purpose) === work) underWay.delete(purpose);
  };
  const work: Work = {
    made: make({ groups, isGivenUp: () => isGivenUp }).finally(forget),
    giveUp() {
      isGivenUp = true;
      forget();
      groups.killAll();
    },
    wanted: 0,
  };
  underWay.set(purpose, work);
  return work;
}
