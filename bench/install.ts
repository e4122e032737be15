import { execFileSync } from "node:child_process";
import { globSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Installed {
  /** What `du` says of the whole prefix, bytes on the disk. */
  bytes: number;
  packages: number;
}

/** Packs the product that was just built, and installs it globally below a prefix of its own, as a user does. Asks the registry. */
export function installPacked(root: string): Installed {
  const packed = join(root, "packed");
  const prefix = join(root, "prefix");
  for (const folder of [packed, prefix]) mkdirSync(folder);
  const npm = (args: string[], cwd: string): string =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 180_000 });
  npm(["pack", "--ignore-scripts", "--pack-destination", packed], dirname(import.meta.dirname));
  const [tarball = ""] = globSync(join(packed, "*.tgz"));
  npm(["install", "-g", "--prefix", prefix, tarball], root);
  const bytes = Number(execFileSync("du", ["-sk", prefix], { encoding: "utf8" }).split("\t")[0]) * 1024;
  return { bytes, packages: countPackages(join(prefix, "lib", "node_modules")) };
}

function countPackages(modules: string): number {
  const packages = [...globSync(join(modules, "*/package.json")), ...globSync(join(modules, "@*/*/package.json"))];
  return packages.reduce((sum, file) => sum + 1 + countPackages(join(dirname(file), "node_modules")), 0);
}
