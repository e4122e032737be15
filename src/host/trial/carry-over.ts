import { messageOf } from "../../protocol/errors.ts";
import type { TrialConflict } from "../../protocol/trial.ts";
import { joinPath } from "../../system/paths.ts";
import type { Content, RootedFolder } from "../../system/ports.ts";
import type { Step } from "./steps.ts";

/** A folder, where what is to come lies, and what is to be done. */
export interface Carrying {
  readonly from: RootedFolder;
  readonly real: RootedFolder;
  readonly steps: readonly Step[];
}

/** What is no longer as it was when it was looked at. Nothing is changed. */
export function conflictsOf(all: readonly Carrying[]): TrialConflict[] {
  return all.flatMap(({ real, steps }) => {
    const goes = new Set(
      steps.flatMap((step) => (step.type === "remove" || step.type === "removeFolder" ? [step.path] : [])),
    );
    return steps.flatMap((step): TrialConflict[] => {
      const why = problemOf(step, real, goes);
      return why === null ? [] : [{ path: joinPath(real.root, step.path), why }];
    });
  });
}

function problemOf(step: Step, real: RootedFolder, goes: ReadonlySet<string>): string | null {
  const { path } = step;
  if (step.type === "removeFolder") {
    const kind = real.look(path)?.kind;
    if (kind !== "directory") return "the folder is not there any more";
    const stays = real.entries(path).find((name) => !goes.has(`${path}/${name}`));
    return stays === undefined ? null : `${stays} has come into the folder that would be removed`;
  }
  const cleared = goes.has(path);
  if (step.type === "makeFolder") {
    const there = real.look(path);
    return there === null || there.kind === "directory" || cleared ? null : "something else has come to stand there";
  }
  if (step.type === "put" && cleared) return null;
  return real.fingerprint(path) === step.expected ? null : "it was changed meanwhile";
}

/**
 * Makes all changes; nothing was to be in the way of them. When one fails all the same, those before it are taken back, and what
 * went wrong is returned.
 */
export function carryOver(all: readonly Carrying[]): string | null {
  const undo: (() => void)[] = [];
  for (const { from, real, steps } of all) {
    for (const step of steps) {
      try {
        make(step, from, real, undo);
      } catch (error) {
        const stuck = undo.reverse().filter((back) => !succeeds(back)).length;
        const rest =
          stuck === 0 ? "everything before it was taken back" : `${stuck} changes before it could not be taken back`;
        return `${joinPath(real.root, step.path)} could not be changed (${messageOf(error)}); ${rest}`;
      }
    }
  }
  return null;
}

function make(step: Step, from: RootedFolder, real: RootedFolder, undo: (() => void)[]): void {
  const { path } = step;
  const before = real.look(path);
  switch (step.type) {
    case "remove": {
      const content = real.read(path);
      real.remove(path, step.expected);
      if (content !== null) undo.push(() => real.put(path, content, null, before!.mode & 0o777));
      return;
    }
    case "removeFolder":
      if (!real.removeDirectory(path)) throw new Error("the folder is not empty");
      undo.push(() => real.makeDirectories(path));
      return;
    case "makeFolder":
      real.makeDirectories(path);
      if (before === null) undo.push(() => void real.removeDirectory(path));
      return;
    case "put": {
      const content = from.read(path);
      if (content === null) throw new Error("what was written is not there any more");
      const old = before === null ? null : real.read(path);
      real.put(path, content, step.expected, content.type === "file" ? step.mode : null);
      undo.push(() => putBack(real, path, old, before?.mode ?? 0));
    }
  }
}

function putBack(real: RootedFolder, path: string, old: Content | null, mode: number): void {
  const now = real.fingerprint(path);
  if (old !== null) real.put(path, old, now, old.type === "file" ? mode & 0o777 : null);
  else if (now !== null) real.remove(path, now);
}

function succeeds(back: () => void): boolean {
  try {
    back();
    return true;
  } catch {
    return false;
  }
}
