import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const systemFiles = ["/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment"];
const homeFiles = [".bash_profile", ".bash_login", ".profile", ".bashrc", ".bash_aliases"];
const systemFolder = "/etc/profile.d";

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return "-";
  }
}

/** Changes when a start-up file of the login shell appears, changes or goes. */
export function profileStamp(home: string | undefined): string {
  const files = [...systemFiles, ...namesIn(systemFolder).map((name) => join(systemFolder, name))];
  if (home !== undefined) files.push(...homeFiles.map((name) => join(home, name)));
  return files.map(stampOf).join(" ");
}
