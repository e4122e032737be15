import { bytesOfPath, pathsOfList } from "../../system/byte-paths.ts";
import type { RootedFolder, System } from "../../system/ports.ts";

/** More is neither shown nor carried over. */
export const mostEntries = 20_000;

/** Something that a command left in its view. Paths are relative, folders stand before what is in them. */
export interface Written {
  /** `opaque`: a folder, and nothing of the one that was there shows through; `gone`: what was there was removed. */
  readonly kind: "file" | "link" | "folder" | "opaque" | "gone" | "special";
  readonly path: string;
  /** It has a second name, or attributes; neither is carried over. */
  readonly beside: "hard link" | "attributes" | null;
}

const kinds = { f: "file", l: "link", d: "folder", o: "opaque", w: "gone", s: "special" } as const;
const besides = { h: "hard link", x: "attributes", "-": null } as const;

/** What lies in the upper folder of an overlay; null where it is more than can be shown. `list`: our script, but for its arguments. */
export async function writtenToOverlay(
  upper: string,
  list: readonly string[],
  { processes, folders }: System,
): Promise<readonly Written[] | null> {
  // Most commands that are tried change nothing.
  if ((await folders()).open(upper).entries("").length === 0) return [];
  const command = [...list, upper, String(mostEntries)];
  const { code, stdout, stderr } = await processes.pipe(command, {
    cwd: "/",
    env: {},
    timeoutMs: 60_000,
    maxBytes: 2 ** 26,
  });
  if (code === 3) return null;
  if (code !== 0) throw new Error(`what the command has written cannot be listed: ${stderr.trim()}`);
  return pathsOfList(stdout).map((line) => ({
    kind: kinds[line[0] as keyof typeof kinds],
    beside: besides[line[2] as keyof typeof besides],
    path: line.slice(4),
  }));
}

/** Everything in a folder as it is now, by path; null where that is more than can be looked at. */
export type Contents = ReadonlyMap<
  string,
  { readonly kind: Written["kind"]; readonly mark: string; readonly size: number }
>;

export function contentsOf(folder: RootedFolder): Contents | null {
  const found = new Map<string, { kind: Written["kind"]; mark: string; size: number }>();
  const waiting = [""];
  for (let parent = waiting.shift(); parent !== undefined; parent = waiting.shift()) {
    for (const name of folder.entries(parent)) {
      const path = parent === "" ? name : `${parent}/${name}`;
      const entry = folder.look(path);
      if (entry === null) continue;
      if (found.size >= mostEntries) return null;
      const kind = { file: "file", link: "link", directory: "folder", other: "special" }[entry.kind] as Written["kind"];
      const link = entry.kind === "link" ? (folder.fingerprint(path) ?? "") : "";
      const times = entry.kind === "directory" ? "" : `${entry.size} ${entry.modifiedMs} ${entry.changedMs}`;
      found.set(path, { kind, mark: `${kind} ${entry.mode} ${times} ${link}`, size: entry.size });
      if (entry.kind === "directory") waiting.push(path);
    }
  }
  return found;
}

/** What is not in a copy as it was when it was made. */
export function writtenToCopy(before: Contents, after: Contents): Written[] {
  const changed = [...after].filter(([path, { mark }]) => before.get(path)?.mark !== mark);
  const gone = [...before.keys()].filter((path) => !after.has(path) && !isBelowGone(path, before, after));
  return [
    ...gone.map((path): Written => ({ kind: "gone", path, beside: null })),
    ...changed.map(([path, { kind }]): Written => ({ kind, path, beside: null })),
  ];
}

const isBelowGone = (path: string, before: Contents, after: Contents): boolean => {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  return parent !== "" && before.has(parent) && !after.has(parent);
};

export const byPath = (one: { path: string }, other: { path: string }): number =>
  Buffer.compare(bytesOfPath(one.path), bytesOfPath(other.path));
