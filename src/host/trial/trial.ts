import type { Config } from "../../config/config.ts";
import { isWithin } from "../../policy/paths.ts";
import type { Enclose, Sandbox } from "../../policy/sandbox/sandbox.ts";
import { missingWalls } from "../../policy/sandbox/strength.ts";
import { wallsFor, type Surroundings, type View, type Walls } from "../../policy/sandbox/walls.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { TrialConflict, TrialHost, TrialReport } from "../../protocol/trial.ts";
import { joinPath } from "../../system/paths.ts";
import type { RootedFolder, System } from "../../system/ports.ts";
import { CommandGate } from "../walls/command-gate.ts";
import { sandboxSettings, type CommandWalls } from "../walls/command-walls.ts";
import { carryOver, conflictsOf, type Carrying } from "./carry-over.ts";
import { reportOf } from "./report.ts";
import { stepsFor, type Steps } from "./steps.ts";
import {
  makeCopy,
  openFolders,
  placeFor,
  removeTrial,
  submounts,
  sweepTrials,
  type TrialFolder,
} from "./trial-folder.ts";
import { contentsOf, writtenToCopy, writtenToOverlay, type Contents } from "./written.ts";

/** What is listed of the hosts that a trial tried. */
const mostHosts = 200;
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
  const hosts = new Map<string, TrialHost>();
  let moreHosts = false;
  const gate = new CommandGate(system, ({ host, port, refusal }) => {
    const key = JSON.stringify([host, port, refusal]);
    if (hosts.size < mostHosts) hosts.set(key, { host, port, refusal });
    else moreHosts ||= !hosts.has(key);
    place.onHost?.({ host, port, refusal });
  });
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
    const wanted: Walls = {
      ...base,
      network: false,
      guarded: [...base.guarded, ...guarded],
      hidden: [...new Set([...base.hidden, placed.base])].sort(),
    };
    const way = await chooseWay(place, wanted, placed);
    if (typeof way === "string") {
      await close();
      return way;
    }
    const { sandbox, walls, views, before } = way;
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
        const report = reportOf(
          whole,
          [...hosts.values()],
          [
            ...notes,
            ...wayNotes(views),
            ...(moreHosts ? [`more than ${mostHosts} hosts were tried; the first of them are listed`] : []),
          ],
        );
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
  if (view.type === "copy") await openFolders(view.source, system);
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
  readonly walls: Walls;
  readonly views: readonly View[];
  /** Of each view that is a copy. */
  readonly before: readonly (Contents | null)[];
}

async function chooseWay(place: TrialPlace, walls: Walls, folder: TrialFolder): Promise<Way | string> {
  const { config } = place;
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
    const trying = (): Walls => ({ ...walls, views: folder.overlays(walls.writable) });
    if (await stands(overlaying, trying, place)) {
      return { sandbox: overlaying, walls, views: folder.overlays(walls.writable), before: [] };
    }
  }
  if (!own.views.includes("copy")) {
    return `a command can be tried only where namespaces can be had, and the walls here are those of ${own.rung}`;
  }
  return copies(own, walls, place, folder);
}

/** Of the workspace; the temporary folders, which are everybody's, are empty ones. */
async function copies(sandbox: Sandbox, walls: Walls, place: TrialPlace, folder: TrialFolder): Promise<Way | string> {
  const { surroundings, system } = place;
  const inWorkspace = { ...surroundings.permissions, excludeSlashTmp: true, excludeTmpdir: true };
  const own = wallsFor({ ...surroundings, permissions: inWorkspace, gate: null });
  const temporary = walls.writable.filter((path) => !own.writable.includes(path));
  const { folders } = system;
  const views: View[] = [];
  const before: Contents[] = [];
  for (const path of [...temporary, ...own.writable].sort()) {
    const source = folder.copy(path);
    const problem = temporary.includes(path) ? null : await makeCopy(path, source, system);
    const contents = problem === null ? contentsOf((await folders()).open(source)) : null;
    if (contents === null) return problem ?? `${path} holds too many files to be copied for a trial`;
    views.push({ type: "copy", path, source });
    before.push(contents);
  }
  const guarded = [...new Set([...own.guarded, ...walls.guarded])].filter((path) => {
    // What guards a temporary folder has nothing to guard in an empty one.
    return own.writable.some((root) => isWithin(path, root));
  });
  return { sandbox, walls: { ...walls, writable: views.map(({ path }) => path), guarded }, views, before };
}

/** By walls, and folders. */
const tried = new WeakMap<Sandbox, Map<string, boolean>>();

/** Whether these very folders can be overlaid: not every file system can be. Each is tried once. */
async function stands(sandbox: Sandbox, walls: () => Walls, { system, surroundings }: TrialPlace): Promise<boolean> {
  const known = tried.get(sandbox) ?? new Map<string, boolean>();
  tried.set(sandbox, known);
  const trying = walls();
  const key = trying.writable.join("\0");
  const before = known.get(key);
  if (before !== undefined) return before;
  const { cwd } = surroundings;
  // A folder of a group that has no number in there can be overlaid, but not changed.
  const inside = trying.writable.some((root) => isWithin(cwd, root));
  const attempt = inside ? ': > "$0" && rm "$0" && exit 7' : "exit 7";
  const name = joinPath(cwd, ".codex-agent-trial");
  const { argv, release } = sandbox.enclose(["/bin/sh", "-c", attempt, name], cwd, trying);
  try {
    const { code } = await system.processes.run(argv, { timeoutMs: 5000, env: {} });
    known.set(key, code === 7);
    return code === 7;
  } finally {
    release();
  }
}
