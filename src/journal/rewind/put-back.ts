import type { RewindConflict, RewindFile, RewindReport } from "../../protocol/rewind.ts";
import type { RootedFolder, System } from "../../system/ports.ts";
import { emptyFolder, foldersOf, type History, type State, statesOf } from "./changes.ts";
import { type Conflict, makePlan, type Plan, type Step } from "./plan.ts";
import { missingContents, restore } from "./restore.ts";
import type { RewindRecord } from "./rewind-records.ts";
import type { ShadowGit } from "./shadow-git.ts";
import { knownModes, type Snapshot } from "./snapshot.ts";

/** A folder in which paths are to be put back. */
export interface FolderWork {
  readonly git: ShadowGit;
  readonly files: RootedFolder;
  readonly plan: Plan;
  readonly stays: ReadonlySet<string>;
}

/** Plans for a folder. `first`: as it was before all of it; its folders stay. */
export async function planFolder(
  system: System,
  git: ShadowGit,
  histories: readonly History[],
  now: Snapshot,
  first: Pick<Snapshot, "tree" | "empty">,
): Promise<FolderWork> {
  const files = (await system.folders()).open(git.folder);
  const states = await statesOf(git, now);
  const plan = makePlan(histories, states, files);
  const all = [...plan.steps, ...plan.conflicts.flatMap(({ step }) => step ?? [])];
  const missing = await missingContents(git, all);
  const lost = [...missing].map((path): Conflict => ({ path, why: "its snapshot has lost it", step: null }));
  const conflicts = [...plan.conflicts.filter(({ path }) => !missing.has(path)), ...lost];
  const stays = foldersOf(await statesOf(git, first));
  // A folder that the turns emptied is no folder that they made.
  const isKept = ({ path, now: state, wanted }: Step): boolean =>
    state === emptyFolder && wanted === null && stays.has(path);
  const steps = plan.steps.filter((step) => !missing.has(step.path) && !isKept(step));
  return { git, files, plan: { ...plan, steps, conflicts }, stays };
}

/** What is to be done when conflicts are (not) to be overwritten. */
export const stepsOf = ({ plan }: FolderWork, overwrite: boolean): Step[] => [
  ...plan.steps,
  ...(overwrite ? plan.conflicts.flatMap(({ step }) => step ?? []) : []),
];

export function tellFiles(work: readonly FolderWork[], overwrite: boolean): RewindFile[] {
  return work.flatMap((each) =>
    stepsOf(each, overwrite).map(({ path, now, wanted }) => ({
      folder: each.git.folder,
      path: path + (wanted === emptyFolder || now === emptyFolder ? "/" : ""),
      action: wanted === null ? ("delete" as const) : now === null ? ("create" as const) : ("restore" as const),
    })),
  );
}

export const tellConflicts = (work: readonly FolderWork[]): RewindConflict[] =>
  work.flatMap(({ git, plan }) =>
    plan.conflicts.map(({ path, why, step }) => ({ folder: git.folder, path, why, canOverwrite: step !== null })),
  );

/** The steps as a record keeps them, so that they can be undone: trees of the paths that they are about. */
export async function recordFolder(each: FolderWork, overwrite: boolean): Promise<RewindRecord["folders"][number]> {
  const steps = stepsOf(each, overwrite);
  const tree = async (state: (step: Step) => State): Promise<{ tree: string; empty: string[] }> => {
    const entries = steps.flatMap((step) => {
      const held = state(step);
      return held === null || held === emptyFolder
        ? []
        : [{ path: step.path, mode: held.slice(0, 6), oid: held.slice(7) }];
    });
    const empty = steps.flatMap((step) => (state(step) === emptyFolder ? [step.path] : []));
    return { tree: await each.git.writeTree(entries), empty };
  };
  return {
    folder: each.git.folder,
    before: await tree(({ now }) => now),
    after: await tree(({ wanted }) => wanted),
  };
}

/** Does it, folder by folder. */
export async function putBack(
  system: System,
  work: readonly FolderWork[],
  overwrite: boolean,
): Promise<RewindReport["failed"]> {
  const failed: RewindReport["failed"] = [];
  for (const each of work) {
    const steps = stepsOf(each, overwrite);
    const bad = await restore(each.git, each.files, steps, each.stays, knownModes(each.git, system));
    failed.push(...bad.map(({ path, why }) => ({ folder: each.git.folder, path, why })));
  }
  return failed;
}
