import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { statesOf } from "../../../src/journal/rewind/changes.ts";
import { neverCovered } from "../../../src/journal/rewind/coverage.ts";
import { limits } from "../../../src/journal/rewind/listing.ts";
import { ShadowGit } from "../../../src/journal/rewind/shadow-git.ts";
import { readLog, writeLog } from "../../../src/journal/rewind/snapshot-log.ts";
import { takeSnapshot } from "../../../src/journal/rewind/snapshot.ts";
import { forgetOutdated, tidy } from "../../../src/journal/rewind/tidy.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { scratchFolder } from "../../support/scratch.ts";

let root: string;
beforeEach(() => (root = realpathSync(mkdtempSync(`${scratchFolder}/rewind-unit-`))));
afterEach(() => rmSync(root, { recursive: true }));

const write = (name: string, text: string | Uint8Array): void => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
};

function systemWith(variables: Record<string, string>) {
  const system = nodeSystem();
  const { PATH = "" } = system.environment.variables;
  const environment = {
    ...system.environment,
    home: join(root, "home"),
    variables: { PATH, HOME: join(root, "home"), ...variables },
  };
  return { ...system, environment };
}

const take = async (system: ReturnType<typeof systemWith>, folder = join(root, "work")) =>
  takeSnapshot(ShadowGit.open(system, join(root, "runtime"), folder), system);

it.each([
  ["files", "files" as const, 3, "it holds more than 3 files"],
  ["new bytes", "newBytes" as const, 2 ** 30 / 2 ** 20, /^more than .* GiB in it are new$/],
])("a folder with too many %s is not covered, and is once some have gone", async (_, name, most, why) => {
  for (const file of ["a", "b", "c/d", "e/f/g"]) write(`work/${file}`, "x".repeat(300));
  const system = systemWith({});
  const usual = limits[name];
  try {
    limits[name] = most;
    expect(await take(system)).toEqual({
      type: "not covered",
      why: typeof why === "string" ? why : expect.stringMatching(why),
    });
    rmSync(join(root, "work/e"), { recursive: true });
    expect(await take(system)).toMatchObject({ type: "taken" });
    write("work/h/i", "x".repeat(300));
    // What was looked at already is not new.
    expect((await take(system)).type).toBe(name === "files" ? "not covered" : "taken");
  } finally {
    limits[name] = usual;
  }
});

it("a file over the limit of one is left out, dropped when it grows, and taken in when it shrinks", async () => {
  const usual = limits.fileBytes;
  try {
    limits.fileBytes = 100;
    const system = systemWith({});
    const git = ShadowGit.open(system, join(root, "runtime"), join(root, "work"));
    const kept = async (size: number): Promise<unknown> => {
      write("work/file", "x".repeat(size));
      write("work/other", `${size}`);
      const taken = await take(system);
      if (taken.type !== "taken") throw new Error(taken.why);
      return [[...(await statesOf(git, taken.snapshot)).keys()], taken.snapshot.leftOut];
    };
    expect(await kept(101)).toEqual([["other"], [{ path: "file", why: "size" }]]);
    expect(await kept(100)).toEqual([["file", "other"], []]);
    expect(await kept(102)).toEqual([["other"], [{ path: "file", why: "size" }]]);
  } finally {
    limits.fileBytes = usual;
  }
});

it("snapshots go when they are old: of a folder in use, and of one that nobody came back to", async () => {
  const day = 86_400_000;
  const [now, home] = [Date.now(), join(root, "runtime")];
  const at = (days: number) => {
    const system = systemWith({});
    return { ...system, clock: { ...system.clock, now: () => now + days * day } };
  };
  const looked = async (folder: string, days: number): Promise<ShadowGit> => {
    write(`${folder}/file`, `${folder} after ${days} days`);
    const git = ShadowGit.open(at(days), home, join(root, folder));
    const taken = await takeSnapshot(git, at(days));
    if (taken.type !== "taken") throw new Error(taken.why);
    const { tree, empty } = taken.snapshot;
    writeLog(at(days), git.home, { type: "end", thread: "t", turn: `${days}`, at: now + days * day, tree, empty });
    await tidy(git, at(days), home);
    await forgetOutdated(at(days), home);
    return git;
  };
  const turns = (git: ShadowGit): string[] => readLog(at(0), git.home).map(({ turn }) => turn);
  mkdirSync(join(root, "unused"));
  const unused = ShadowGit.open(at(0), home, join(root, "unused"));
  unused.announce();
  await tidy(unused, at(0), home);
  const left = await looked("left", 0);
  const used = await looked("used", 0);
  await looked("used", 80);
  await looked("used", 96);
  expect([turns(left), turns(used)]).toEqual([["0"], ["0", "80", "96"]]);
  await looked("used", 98);
  expect(turns(used)).toEqual(["80", "96", "98"]);
  expect(existsSync(left.home)).toBe(false);
  expect(existsSync(join(root, "left/file"))).toBe(true);
});

it("homes that lie in the workspace are no part of it, by whatever path they are named", async () => {
  for (const name of ["kept", "codex/sessions/rollout", "runtime/threads/ledger", "else/codex"])
    write(`work/${name}`, name);
  mkdirSync(join(root, "work/runtime/empty"));
  symlinkSync("work", join(root, "way"));
  const system = systemWith({ CODEX_HOME: join(root, "way/codex"), AGENT_RUNTIME_DIR: join(root, "way/runtime") });
  const git = ShadowGit.open(system, join(root, "way/runtime"), join(root, "work"));
  const taken = await takeSnapshot(git, system);
  if (taken.type !== "taken") throw new Error(taken.why);
  expect([...(await statesOf(git, taken.snapshot)).keys()]).toEqual(["else/codex", "kept"]);
  expect(neverCovered(system, join(root, "work/codex"))).toContain("home");
  expect(neverCovered(system, join(root, "work/runtime"))).toContain("home");
  expect(neverCovered(system, join(root, "work/codex/worktrees"))).toBeNull();
});
