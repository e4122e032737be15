import { isUtf8 } from "node:buffer";
import { resolve } from "node:path";
import { ChangeList } from "./changes.ts";
import { editText } from "./edit.ts";
import { parsePatch, type Hunk } from "./parse.ts";
import { Preview, PathFault, type Content, type Location } from "./preview.ts";
import { PatchFault, type PatchProblem } from "./problem.ts";
import type { FileChange, PatchedFile } from "../../protocol/items.ts";

/** One path that is to have another content. */
export interface FileEdit {
  path: string;
  before: Content;
  after: Content;
}

/** Where a path of the patch led when the patch was planned. */
export interface Route {
  path: string;
  location: Location;
}

/** Everything that a patch would do, worked out without doing any of it. */
export interface PatchPlan {
  environmentId: string | null;
  /** In the order found. Planning goes on after `write` problems only; with any problem there is nothing to apply. */
  problems: PatchProblem[];
  edits: FileEdit[];
  routes: Route[];
  /** What is reported when it is done. */
  summary: string;
  /** One entry a file, sorted by path. Works out the diffs when called. */
  fileChanges(): FileChange[];
  /** The same as texts. */
  files(): PatchedFile[];
}

/** Absolute paths that applying the plan touches: as the patch names them, and as they are with links resolved. */
export function touchedPaths(plan: PatchPlan): string[] {
  const paths = new Set<string>();
  for (const { path, location } of plan.routes) {
    paths.add(path);
    paths.add(location.path);
    if (location.link !== null) paths.add(location.link);
  }
  return [...paths];
}

class Planner {
  readonly preview = new Preview();
  readonly changes = new ChangeList();
  readonly problems: PatchProblem[] = [];
  readonly routes: Route[] = [];
  readonly #cwd: string;

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  hunk(hunk: Hunk): void {
    const path = resolve(this.#cwd, hunk.path);
    switch (hunk.type) {
      case "add":
        this.changes.add(path, hunk.content);
        this.#write(path, Buffer.from(hunk.content), null);
        break;
      case "delete":
        this.#delete(path);
        break;
      case "update":
        this.#update(path, hunk.moveTo === null ? null : resolve(this.#cwd, hunk.moveTo), hunk);
    }
  }

  #locate(path: string): Location {
    const location = this.preview.locate(path);
    this.routes.push({ path, location });
    return location;
  }

  /** Null when the place cannot take the file; that is noted. */
  #write(path: string, bytes: Buffer, mode: number | null): Location | null {
    try {
      const location = this.#locate(path);
      this.preview.write(location, bytes, mode);
      return location;
    } catch (error) {
      if (!(error instanceof PathFault)) throw error;
      this.problems.push({ type: "write", path });
      return null;
    }
  }

  #read(path: string, problem: "read" | "delete"): { location: Location; bytes: Buffer; mode: number | null } {
    try {
      const location = this.#locate(path);
      if (location.kind === "directory" || location.kind === "other") {
        throw new PathFault(`path \`${path}\` is not a file`);
      }
      const { bytes, mode } = this.preview.read(location);
      return { location, bytes, mode };
    } catch (error) {
      if (!(error instanceof PathFault)) throw error;
      throw new PatchFault({ type: problem, path, reason: error.message });
    }
  }

  #delete(path: string): void {
    const { location, bytes } = this.#read(path, "delete");
    this.preview.remove(location);
    this.changes.delete(path, isUtf8(bytes) ? bytes.toString() : "");
  }

  #update(path: string, target: string | null, hunk: Extract<Hunk, { type: "update" }>): void {
    const { location, bytes, mode } = this.#read(path, "read");
    if (!isUtf8(bytes)) throw new PatchFault({ type: "read", path, reason: "the file is not UTF-8 text" });
    const before = bytes.toString();
    const after = editText(before, hunk.chunks, path);
    this.changes.update(path, target, before, after);
    const written = this.#write(target ?? path, Buffer.from(after), mode);
    if (target === null || written === null) return;
    // A move onto the same file must not remove it; of a link that led there, only the link goes.
    const goes = written.path !== location.path || (location.link !== null && location.link !== written.link);
    if (goes) this.preview.remove(location);
  }
}

const sameContent = (a: Content, b: Content): boolean => {
  if (a.type === "file" && b.type === "file") return a.mode === b.mode && a.bytes.equals(b.bytes);
  if (a.type === "link" && b.type === "link") return a.target === b.target;
  return a.type === "absent" && b.type === "absent";
};

function summaryOf(hunks: readonly Hunk[]): string {
  const letters = { add: "A", update: "M", delete: "D" } as const;
  let text = "Success. Updated the following files:\n";
  for (const type of ["add", "update", "delete"] as const) {
    for (const hunk of hunks) {
      if (hunk.type !== type) continue;
      text += `${letters[type]} ${hunk.type === "update" ? (hunk.moveTo ?? hunk.path) : hunk.path}\n`;
    }
  }
  return text;
}

/**
 * Works out what the patch would do in `cwd`. Each operation sees what those before it left.
 * Files are read, nothing is written.
 */
export function planPatch(text: string, cwd: string): PatchPlan {
  const planner = new Planner(cwd);
  let hunks: Hunk[] = [];
  let environmentId: string | null = null;
  try {
    ({ hunks, environmentId } = parsePatch(text));
    if (hunks.length === 0) throw new PatchFault({ type: "empty" });
    for (const hunk of hunks) planner.hunk(hunk);
  } catch (error) {
    if (!(error instanceof PatchFault)) throw error;
    planner.problems.push(error.problem);
  }
  return {
    environmentId,
    problems: planner.problems,
    edits: planner.preview.touched().filter((edit) => !sameContent(edit.before, edit.after)),
    routes: planner.routes,
    summary: summaryOf(hunks),
    fileChanges: () => planner.changes.fileChanges(),
    files: () => planner.changes.files(),
  };
}
