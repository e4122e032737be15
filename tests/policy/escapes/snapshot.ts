import * as fs from "node:fs";

/** How paths look: kind, owner, rights, times and content. */
export type Snapshot = ReadonlyMap<string, string>;

export function snapshot(paths: readonly string[]): Snapshot {
  const found = new Map<string, string>();
  for (const path of paths) look(path, found);
  return found;
}

/** The empty folders that name the holders of a placeholder, which stands for a moment longer than the command. */
const isNote = (path: string): boolean =>
  /\/codex-agent-(made|kept)-\d+$/.test(path) && fs.lstatSync(path).isDirectory() && fs.readdirSync(path).length === 0;

function look(path: string, found: Map<string, string>): void {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const { mode, uid, gid, nlink, size, mtimeMs } = stats;
  const names = stats.isDirectory() ? fs.readdirSync(path) : [];
  const inside = names.map((name) => `${path}/${name}`).filter((each) => !isNote(each));
  if (inside.length === 0 && names.some((name) => name.startsWith("codex-agent-made-"))) return;
  // The number of links of a folder counts the folders in it, which are looked at themselves.
  const facts = [mode.toString(8), uid, gid];
  if (stats.isFile()) found.set(path, [...facts, nlink, size, mtimeMs, fs.readFileSync(path, "latin1")].join(" "));
  else if (stats.isSymbolicLink()) found.set(path, [...facts, fs.readlinkSync(path)].join(" "));
  else found.set(path, facts.join(" "));
  for (const each of inside) look(each, found);
}

/** The paths that are new, gone or changed. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  return changed.map(
    (path) => `${path} ${!before.has(path) ? "is new" : !after.has(path) ? "is gone" : "has changed"}`,
  );
}
