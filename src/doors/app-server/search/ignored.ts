import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isIgnored, readIgnoreFile, readText, type IgnoreFile } from "../../../tools/grep-files/ignore-rules.ts";

/** What holds below a folder, of each kind the farthest file first. Paths in it count from `top`. */
export interface Rules {
  /** Folder of the farthest file. */
  readonly top: string;
  /** The user's own for all repositories, and the repository's `info/exclude`. */
  readonly repository: readonly IgnoreFile[];
  /** `.gitignore`; null outside of repositories, where they say nothing. */
  readonly git: readonly IgnoreFile[] | null;
  /** `.ignore`, which count everywhere and before the others. */
  readonly plain: readonly IgnoreFile[];
}

/** What the folders above a root say, the root itself left out. `variables` tell where the user's own file is. */
export function rulesAbove(root: string, variables: Readonly<Record<string, string | undefined>>): Rules {
  const above: string[] = [];
  for (let folder = dirname(root); folder !== (above.at(-1) ?? root); folder = dirname(folder)) above.push(folder);
  let rules: Rules = { top: "/", repository: [], git: null, plain: [] };
  for (const folder of above.toReversed()) rules = rulesIn(folder, rules, variables, null);
  return rules;
}

/** Adds what a folder says. `names`: what is in it, where that is known. */
export function rulesIn(
  folder: string,
  above: Rules,
  variables: Readonly<Record<string, string | undefined>>,
  names: ReadonlySet<string> | null,
): Rules {
  const has = (name: string): boolean => names === null || names.has(name);
  const base = relative(above.top, folder);
  const prefix = base === "" ? "" : `${base}/`;
  let { repository, git } = above;
  if (has(".git") && existsSync(join(folder, ".git"))) {
    repository = [
      ...readIgnoreFile(userFile(variables), prefix),
      ...readIgnoreFile(join(folder, ".git/info/exclude"), prefix),
    ];
    git = [];
  }
  if (git !== null && has(".gitignore")) git = [...git, ...readIgnoreFile(join(folder, ".gitignore"), prefix)];
  const plain = has(".ignore") ? [...above.plain, ...readIgnoreFile(join(folder, ".ignore"), prefix)] : above.plain;
  if (repository === above.repository && git === above.git && plain === above.plain) return above;
  return { top: above.top, repository, git, plain };
}

function userFile(variables: Readonly<Record<string, string | undefined>>): string {
  const home = variables["HOME"] ?? "/";
  const configured = /^\s*excludesfile\s*=\s*(.+)$/im.exec(readText(join(home, ".gitconfig")) ?? "")?.[1]?.trim();
  if (configured !== undefined) return configured.replace(/^~(?=\/)/, home).replaceAll('"', "");
  return join(variables["XDG_CONFIG_HOME"] || join(home, ".config"), "git/ignore");
}

/** The first that has an opinion decides: `.ignore`, `.gitignore`, then the others. */
export function isHidden({ top, repository, git, plain }: Rules, path: string, directory: boolean): boolean {
  const files = git === null ? plain : [...repository, ...git, ...plain];
  return files.length > 0 && isIgnored(relative(top, path), directory, files);
}
