import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

export type Entry = { content: Buffer; mode: number } | { link: string };
export type Tree = Record<string, Entry>;

export const file = (content: string | Buffer, mode = 0o644): Entry => ({ content: Buffer.from(content), mode });

/** A folder for one test, with `w` three levels down so that `..` stays inside of what is looked at. */
export interface Workspace extends Disposable {
  root: string;
  cwd: string;
}

export function createWorkspace(tree: Tree): Workspace {
  const root = mkdtempSync(join(tmpdir(), "apply-patch-"));
  const cwd = join(root, "o/p/w");
  mkdirSync(cwd, { recursive: true });
  for (const [name, entry] of Object.entries(tree)) {
    const path = join(cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    if ("link" in entry) symlinkSync(entry.link, path);
    else {
      writeFileSync(path, entry.content);
      chmodSync(path, entry.mode);
    }
  }
  return { root, cwd, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** Every file and link below a folder; folders themselves do not count. Content in latin1, so that every byte shows. */
export function snapshot(folder: string): Record<string, string> {
  const seen: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) continue;
    const what = stat.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, "latin1");
    seen[relative(folder, path)] = `${(stat.mode & 0o7777).toString(8)} ${what}`;
  }
  return Object.fromEntries(Object.entries(seen).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The contents of regular files and the targets of links, modes left out. */
export function contents(seen: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(seen).map(([path, what]) => [path, what.slice(what.indexOf(" ") + 1)]));
}
