import type { Config } from "../../config/config.ts";
import { isWithin } from "../../policy/paths.ts";
import type { Enclose, Sandbox } from "../../policy/sandbox/sandbox.ts";
import { missingWalls } from "../../policy/sandbox/strength.ts";
import { wallsFor, type Surroundings, type View, type Walls } from "../../policy/sandbox/walls.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { TrialConflict, TrialHost, TrialReport } from "../../protocol/trial.ts";
import type { RootedFolder, System } from "../../system/ports.ts";
import { CommandGate } from "../command-gate.ts";
import { sandboxSettings, type CommandWalls } from "../command-walls.ts";
import { carryOver, conflictsOf, type Carrying } from "./carry-over.ts";
import { reportOf } from "./report.ts";
import { stepsFor, type Steps } from "./steps.ts";
import { makeCopy, placeFor, removeTrial, submounts, sweepTrials, type TrialFolder } from "./trial-folder.ts";
import { contentsOf, writtenToCopy, writtenToOverlay, type Contents } from "./written.ts";

/** After that it is ended. */
export const trialSeconds = 120;

/** One command in a view of the folders that it could write to. */
export interface Trial {
  readonly way: View["type"];
  readonly enclose: Enclose;
  /** What it has done; to be asked once the command has ended. */
  look(): Promise<TrialReport>;
  /** Carries all of it over; null when that was done, else what is in the way, and nothing was changed. */
  commit(): Promise<{ conflicts: TrialConflict[] } | { failure: string } | null>;
  /** Forgets what was written, unless it was carried over. */
  close(): Promise<void>;
}

export interface TrialPlace {
  readonly config: Config;
  readonly surroundings: Surroundings;
  readonly walls: Pick<CommandWalls, "find" | "listUpper">;
  readonly system: System;
  /** Told of each host that it wants to reach. */
  onHost?(host: TrialHost): void;
}

/** What there is of a folder: what was written to its view, and what it held before where the view is a copy. */
interface Tried {
  readonly view: View;
  readonly real: RootedFolder;
  readonly from: RootedFolder;
  readonly before: Contents | null;
}

/** A trial, or a sentence that says why there can be none here. Nothing of the folders is changed by it. */
export async function openTrial(place: TrialPlace): Promise<Trial | string> {
  const { config, system } = place;
  const { permissions } = place.surroundings;
  if (permissions.sandbox === "danger-full-access") return "with full access there are no walls to try a command in";
  const closed = {
    ...permissions,
    networkAccess: false,
    granted: { write: permissions.granted?.write ?? [], network: false },
  };
  const gate = new CommandGate(system, ({ host, port, refusal }) => {
    hosts.push({ host, port, refusal });
    place.onHost?.({ host, port, refusal });
  });
  const hosts: TrialHost[] = [];
  let folder: TrialFolder | null = null;
  const close = async (): Promise<void> => {
    await gate.close();
    if (folder !== null) await removeTrial(folder, system);
  };
  try {
    const base = wallsFor({ ...place.surroundings, permissions: closed, gate: null });
    if (base.writable.includes("/")) return "the whole machine is writable, and nothing of it can be set apart";
    const placed = placeFor(config, base.writable, system);
    if (typeof placed === "string") return placed;
    folder = placed;
    sweepTrials(placed, system);
    const { guarded, notes } = submounts(base, system);
    const walls: Walls = {
      ...base,
      network: false,
      guarded: [...base.guarded, ...guarded],
      hidden: [...new Set([...base.hidden, placed.base])].sort(),
    };
    const way = await chooseWay(place, walls, placed);
    if (typeof way === "string") {
      await close();
      return way;
    }
    const { sandbox, views, before } = way;
    const opened = sandbox.strength.hosts.held ? await gate.open(config) : null;
    const folders = await system.folders();
    const tried = views.map((view, index): Tried => ({
      view,
      real: folders.open(view.path),
      from: folders.open(view.type === "overlay" ? view.upper : view.source),
      before: before[index] ?? null,
    }));
    let begunMs = system.clock.now();
    let carrying: (Carrying & Steps)[] | null = null;
    return {
      way: views[0]?.type ?? "overlay",
      enclose(argv, cwd) {
        begunMs = system.clock.now();
        const enclosed = sandbox.enclose(argv, cwd, { ...walls, views, ...(opened !== null && { gate: opened }) });
        return { ...enclosed, seconds: Math.min(enclosed.seconds ?? trialSeconds, trialSeconds) };
      },
      async look() {
        const found = await Promise.all(tried.map((each) => stepsOf(each, begunMs, place)));
        const whole = found.filter((each) => each !== null);
        const tooMuch = whole.length < found.length;
        if (!tooMuch) carrying = whole;
        const report = reportOf(whole, hosts, [...notes, ...wayNotes(views)]);
        return tooMuch ? { ...report, refusal: "it changed more files than a trial carries over" } : report;
      },
      async commit() {
        if (carrying === null) return { failure: "what was written cannot be carried over" };
        const conflicts = conflictsOf(carrying);
        if (conflicts.length > 0) return { conflicts };
        const failure = carryOver(carrying);
        return failure === null ? null : { failure };
      },
      close,
    };
  } catch (error) {
    await close();
    return messageOf(error);
  }
}

const wayNotes = (views: readonly View[]): string[] =>
  views.some(({ type }) => type === "copy") ? ["it ran in a copy of the folders: overlays cannot be had here"] : [];

async function stepsOf(
  { view, real, from, before }: Tried,
  begunMs: number,
  { walls, system, config }: TrialPlace,
): Promise<(Carrying & Steps) | null> {
  const after = before === null ? null : contentsOf(from);
  const written =
    view.type === "overlay"
      ? await writtenToOverlay(view.upper, walls.listUpper(config), system)
      : before === null || after === null
        ? null
        : writtenToCopy(before, after);
  const steps = written === null ? null : stepsFor(written, from, real, begunMs);
  return steps === null ? null : { from, real, ...steps };
}

interface Way {
  readonly sandbox: Sandbox;
  readonly views: readonly View[];
  /** Of each view that is a copy. */
  readonly before: readonly (Contents | null)[];
}

async function chooseWay(place: TrialPlace, walls: Walls, folder: TrialFolder): Promise<Way | string> {
  const { config, system } = place;
  const settings = sandboxSettings(config);
  const own = (await place.walls.find(config)).sandbox;
  if (own === null || own.rung === "external") return "there are no walls of ours here to try a command in";
  const overlaying = own.views.includes("overlay")
    ? own
    : settings.rung === "auto"
      ? (await place.walls.find(config, "helper")).sandbox
      : null;
  const strong = (sandbox: Sandbox): boolean => missingWalls(sandbox.strength, settings.require).length === 0;
  if (overlaying !== null && strong(overlaying)) {
    const views = folder.overlays(walls.writable);
    if (await stands(overlaying, { ...walls, views }, place))
      return { sandbox: overlaying, views: folder.overlays(walls.writable), before: [] };
  }
  if (!own.views.includes("copy")) {
    return `a command can be tried only where namespaces can be had, and the walls here are those of ${own.rung}`;
  }
  // What lies in the temporary folders is others', and copied by nobody.
  const copied = walls.writable.filter((path) => !isTemporary(path, place));
  const views: View[] = [];
  const before: Contents[] = [];
  for (const path of walls.writable) {
    const source = folder.copy(path);
    if (copied.includes(path)) {
      const problem = await makeCopy(path, source, system);
      if (problem !== null) return problem;
    }
    const contents = contentsOf((await system.folders()).open(source));
    if (contents === null) return `${path} holds too many files to be copied for a trial`;
    views.push({ type: "copy", path, source });
    before.push(contents);
  }
  return { sandbox: own, views, before };
}

const isTemporary = (path: string, { surroundings: { cwd, temporaryDirectory } }: TrialPlace): boolean =>
  ["/tmp", temporaryDirectory].includes(path) && !isWithin(cwd, path);

/** Whether these very folders can be overlaid: not every file system can be. */
async function stands(sandbox: Sandbox, walls: Walls, { system, surroundings }: TrialPlace): Promise<boolean> {
  const { argv, release } = sandbox.enclose(["/bin/sh", "-c", "exit 7"], surroundings.cwd, walls);
  try {
    return (await system.processes.run(argv, { timeoutMs: 5000, env: {} })).code === 7;
  } finally {
    release();
  }
}
