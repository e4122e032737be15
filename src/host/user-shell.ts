import type { System } from "../system/ports.ts";
import { baseName } from "../system/paths.ts";

const posixShells = new Set(["bash", "zsh", "sh", "dash", "ksh"]);

/** The shell that commands run in: the account's own where it reads POSIX commands, else bash, else sh. */
export function userShell({ environment, files }: System): string {
  for (const shell of [environment.loginShell, environment.variables["SHELL"]]) {
    if (shell && shell.startsWith("/") && posixShells.has(baseName(shell)) && files.stat(shell) !== null) return shell;
  }
  return files.stat("/bin/bash") === null ? "/bin/sh" : "/bin/bash";
}
