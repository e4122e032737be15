import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./sources.ts";

interface Lock {
  packages: Record<string, { resolved?: string; link?: boolean; optionalDependencies?: Record<string, string> }>;
}

const folders = ["", "runtime", "tests/oracle"];

function readLock(folder: string): Lock {
  return JSON.parse(readFileSync(join(root, folder, "package-lock.json"), "utf8"));
}

test.each(folders)(
  "the lockfile in ./%s names the packages of every platform (scripts/complete-lockfile.ts adds them)",
  (folder) => {
    const { packages } = readLock(folder);
    const missing = Object.values(packages)
      .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
      .filter((name) => packages[`node_modules/${name}`] === undefined);
    expect(missing).toEqual([]);
  },
);

test.each(folders)("the lockfile in ./%s names no registry, so that each user's own is asked", (folder) => {
  const named = Object.entries(readLock(folder).packages).filter(
    ([, { resolved, link }]) => resolved !== undefined && link !== true,
  );
  expect(named.map(([path]) => path)).toEqual([]);
});
