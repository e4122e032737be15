import { accessSync, constants } from "node:fs";
import { basename, join } from "node:path";
import type { SnapshotStore } from "./snapshot.ts";

const kinds = new Set(["bash", "zsh", "sh"]);
/** What is taken for a shell that is not known or not there. */
const lastResort = "/bin/sh";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The shell that a model means by a name or path: only its kind counts, and the user's own goes first (CE-42). */
export function resolveShell(asked: string | undefined, userShell: string, searchPath: string): string {
  if (asked === undefined) return userShell;
  const kind = basename(asked).replace(/\.exe$/, "");
  if (!kinds.has(kind)) return lastResort;
  if (basename(userShell) === kind) return userShell;
  const folders = searchPath.split(":").filter((folder) => folder.startsWith("/"));
  return folders.map((folder) => join(folder, kind)).find(isExecutable) ?? lastResort;
}

export interface ShellRun {
  /** As shown: what a user would have typed. */
  readonly visible: string[];
  /** As executed. */
  readonly argv: string[];
  readonly env: Record<string, string>;
}

/** How a thread's shells get their login environment. */
export interface LoginSource {
  readonly snapshots: SnapshotStore;
  /** Variables that a profile may set and no command may have. */
  readonly hiddenNames: readonly string[];
}

const isVariableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** How a shell runs a command line: as login shell, or as a plain one that reads what the login shell was. */
export async function shellRun(
  shell: string,
  login: boolean,
  commandLine: string,
  env: Record<string, string>,
  source: LoginSource,
): Promise<ShellRun> {
  const visible = [shell, login ? "-lc" : "-c", commandLine];
  if (!login) return { visible, argv: visible, env };
  const snapshot = await source.snapshots.readySoon(shell, env);
  // Bash reads the file that BASH_ENV names before a command; the file itself puts the variable back.
  if (snapshot !== null) return { visible, argv: [shell, "-c", commandLine], env: { ...env, BASH_ENV: snapshot } };
  const hidden = source.hiddenNames.filter(isVariableName);
  const prefix = hidden.length === 0 ? "" : `unset ${hidden.join(" ")}; `;
  return { visible, argv: [shell, "-lc", prefix + commandLine], env };
}
