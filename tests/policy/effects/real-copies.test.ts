import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isWithin } from "../../../src/policy/paths.ts";
import { makeScene } from "./scene.ts";

/** What each path below a folder holds, but for folders: they are told by what is in them. */
function contentsOf(root: string): Map<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));
  return new Map(
    paths.flatMap((path): [string, string][] => {
      const stats = lstatSync(path);
      if (stats.isDirectory()) return [];
      return [[path, stats.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, "utf8")]];
    }),
  );
}

test.each([
  "cp -r src dashes",
  "cp -r src/ dashes",
  "cp -r src/. dashes",
  "cp -a src/.// dashes",
  "cp -rt dashes src/.",
  "cp -rT src dashes",
  "cp -r src/. new",
  "cp -r src/. new/",
  "cp -r common/.git/.. dashes",
  "cd common/.git && cp -r .. ../../dashes",
  "cp -r common/.[.g]* dashes",
  "cp -r common/.?* dashes",
  "cp -rl src/. dashes",
  "cp -rs $PWD/src/. dashes",
  "mv src dashes",
  "mv src/ dashes",
  "mv src/* dashes",
  "ln -s ../src dashes/",
  "install src/x.ts dashes",
])("the real %j writes nothing but what it is judged to write", (line) => {
  const scene = makeScene();
  onTestFinished(scene.remove);
  const { writes } = scene.assess(line).effects;
  const before = contentsOf(scene.root);
  execFileSync("/bin/bash", ["--norc", "--noprofile", "-c", line], { cwd: scene.root, stdio: "pipe" });
  const after = contentsOf(scene.root);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  expect(changed).not.toEqual([]);
  expect(changed.filter((path) => !writes.some((written) => isWithin(path, written)))).toEqual([]);
});
