import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const systemFiles = ["/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment"];
const homeFiles = [".bash_profile", ".bash_login", ".profile", ".bashrc", ".bash_aliases"];
const systemFolder = "/etc/profile.d";

/** The names in a folder, read again when the folder has changed: this is asked for with every command. */
const listings = new Map<string, { stamp: string; names: string[] }>();

function namesIn(folder: string): string[] {
  const stamp = stampOf(folder);
  let listing = listings.get(folder);
  if (listing?.stamp !== stamp) listings.set(folder, (listing = { stamp, names: readNames(folder) }));
  return listing.names;
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function stampOf(path: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? "-" : `${stat.mtimeMs}:${stat.size}:${stat.ino}`;
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
