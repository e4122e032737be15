import * as fs from "node:fs";
import { dirname } from "node:path";
import { nodeSystem } from "../../../src/system/node.ts";
import type { FileSystem, System } from "../../../src/system/ports.ts";

/** Whom the commands run as. */
export interface Account {
  readonly name: "root" | "user";
  readonly uid: number;
  readonly gid: number;
}

const own = process.getuid?.() ?? 0;

/** Root and an ordinary user where the tests may choose; else whoever runs them. */
export const accounts: readonly Account[] =
  own === 0
    ? [
        { name: "root", uid: 0, gid: 0 },
        { name: "user", uid: 54321, gid: 54321 },
      ]
    : [{ name: "user", uid: own, gid: process.getgid?.() ?? own }];

export const isOwn = (account: Account): boolean => account.uid === own;

/** The machine as an account sees it: what is made belongs to it, and programs run as it. */
export function systemFor(account: Account): System {
  const system = nodeSystem();
  if (isOwn(account)) return system;
  const { files, processes } = system;
  const give = (path: string): void => fs.lchownSync(path, account.uid, account.gid);
  const theirs: FileSystem = {
    ...files,
    makeDirectory(path, mode) {
      const missing: string[] = [];
      let folder = path;
      for (; !fs.existsSync(folder); folder = dirname(folder)) missing.push(folder);
      if (missing.length > 0 && !mayMakeIn(folder, account)) {
        throw Object.assign(new Error(`EACCES: permission denied, mkdir '${path}'`), { code: "EACCES" });
      }
      files.makeDirectory(path, mode);
      missing.forEach(give);
    },
    writeReplacing(path, data, mode) {
      files.writeReplacing(path, data, mode);
      give(path);
    },
  };
  return {
    ...system,
    files: theirs,
    processes: {
      ...processes,
      userId: account.uid,
      run: (command, options) => processes.run([...becoming(account), ...command], options),
    },
  };
}

/** Whether the rights of a folder let an account make something in it: the tests themselves may everywhere. */
function mayMakeIn(folder: string, { uid, gid }: Account): boolean {
  const stats = fs.statSync(folder);
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
  return ((stats.mode >> shift) & 0o3) === 0o3;
}

/** What a command is put after to run as the account. */
export const becoming = (account: Account): string[] =>
  isOwn(account) ? [] : ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];

/** Gives a folder with all that is in it to the account. */
export function giveAll(path: string, account: Account): void {
  if (isOwn(account)) return;
  fs.lchownSync(path, account.uid, account.gid);
  if (!fs.lstatSync(path).isDirectory()) return;
  for (const name of fs.readdirSync(path)) giveAll(`${path}/${name}`, account);
}
