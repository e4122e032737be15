import { parentOf } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";
import { isWithin } from "../paths.ts";
import type { Placeholders } from "./placeholders.ts";
import type { View, Walls } from "./walls.ts";

/**
 * One step in laying out the file system of a command, on top of a root that is read-only as a whole: a folder made writable,
 * a file or folder made read-only, or an empty read-only folder put over one.
 */
export interface Mount {
  readonly kind: "writable" | "read-only" | "empty";
  readonly path: string;
  /** Of a writable one: what the command gets in its place. */
  readonly view?: View;
}

/** The walls cannot be built as they should; the message is for user and model. */
export class WallsError extends Error {
  override readonly name = "WallsError";
}

const depthOf = (path: string): number => (path === "/" ? 0 : path.split("/").length);

/** Folders between `path` and the nearest mount above it, outermost first. */
function between(path: string, mounted: ReadonlySet<string>): string[] {
  const folders: string[] = [];
  for (let folder = parentOf(path); !mounted.has(folder) && parentOf(folder) !== folder; folder = parentOf(folder)) {
    folders.unshift(folder);
  }
  return folders;
}

/**
 * The mounts of some walls, outer ones first. Every folder between a writable root and a mount below it is a
 * mount too: a folder that is one cannot be renamed, and with it what must stay in its place.
 * `held` are the placeholders that must stand as long as the command runs.
 * @throws {WallsError} where a guarded path is a link, which nothing can lie over.
 */
export function planMounts(
  walls: Walls,
  files: FileSystem,
  placeholders: Placeholders,
): { mounts: Mount[]; held: string[] } {
  const kinds = new Map<string, Mount["kind"]>();
  for (const path of walls.writable) kinds.set(path, "writable");
  const link = walls.guarded.find((path) => files.lstat(path)?.kind === "link");
  if (link !== undefined) {
    throw new WallsError(
      `${link} is a link in a writable folder and could be put elsewhere; make it a real folder, or run read-only`,
    );
  }
  const held = placeholders.hold(walls.guarded);
  for (const path of walls.guarded) {
    if (held.includes(path)) kinds.set(path, "empty");
    else if (files.lstat(path) !== null) kinds.set(path, "read-only");
  }
  for (const path of walls.hidden) kinds.set(path, "empty");
  for (const path of walls.shown) kinds.set(path, "read-only");

  const views = new Map(walls.views?.map((view) => [view.path, view]));
  for (const path of Array.from(kinds.keys())) {
    // What is renamed in a view is looked at before it is carried over.
    if (views.size > 0) break;
    const root = walls.writable.filter((each) => path !== each && isWithin(path, each)).at(-1);
    if (root === undefined) continue;
    for (const folder of between(path, new Set(kinds.keys()))) {
      // Below an empty folder nothing exists that could be renamed.
      if (
        isWithin(folder, root) &&
        !walls.hidden.some((hidden) => isWithin(folder, hidden) && isWithin(hidden, root))
      ) {
        kinds.set(folder, "writable");
      }
    }
  }
  const mounts = [...kinds].map(([path, kind]): Mount => {
    const view = kind === "writable" ? views.get(path) : undefined;
    return view === undefined ? { kind, path } : { kind, path, view };
  });
  return { mounts: mounts.sort((one, other) => depthOf(one.path) - depthOf(other.path)), held };
}
