import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProgram } from "../../src/system/find-program.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { scratchFolder } from "../support/scratch.ts";

const { files } = nodeSystem();
let root: string;
beforeEach(() => (root = mkdtempSync(`${scratchFolder}/find-program-`)));
afterEach(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name);

test("a program is taken from no folder that is not trusted, however program or folder are reached", () => {
  for (const folder of ["work/bin", "good", "extra"]) {
    mkdirSync(at(folder), { recursive: true });
    writeFileSync(at(`${folder}/tool`), "#!/bin/sh\n", { mode: 0o755 });
  }
  writeFileSync(at("good/text"), "no program");
  mkdirSync(at("linked"));
  symlinkSync(at("work/bin/tool"), at("linked/tool"));
  symlinkSync(at("work"), at("way"));
  symlinkSync(at("good"), at("work/good"));
  const find = (folders: string[], untrusted: string): string | null =>
    findProgram("tool", folders, [untrusted], files);
  expect(find([at("missing"), "work/bin", "", ".", at("extra"), at("good")], at("work"))).toBe(at("extra/tool"));
  for (const untrusted of [at("work"), at("way"), "/"]) {
    for (const folder of [at("work/bin"), at("way/bin"), at("linked"), at("work/good")]) {
      expect([folder, find([folder], untrusted)]).toEqual([folder, null]);
    }
  }
  expect(findProgram("text", [at("good")], [], files)).toBeNull();
  expect(findProgram("bin", [at("work")], [], files)).toBeNull();
});
