import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ShadowGit } from "../../../src/journal/rewind/shadow-git.ts";
import { coveredFolders, readLog } from "../../../src/journal/rewind/snapshot-log.ts";
import { TurnKeeper } from "../../../src/journal/rewind/turn-keeper.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { System } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";

let root: string;
let folder: string;
let told: string[];
beforeEach(() => {
  root = mkdtempSync(`${scratchFolder}/keeper-`);
  folder = join(root, "workspace");
  mkdirSync(folder);
  writeFileSync(join(folder, "a.txt"), "one\n");
  told = [];
});
afterEach(() => rmSync(root, { recursive: true }));

const keeperOn = (system: System): TurnKeeper =>
  new TurnKeeper({
    system,
    runtimeHome: join(root, "runtime"),
    threadId: "t",
    folders: () => [folder],
    warn: (message) => told.push(message),
  });
const home = (system: System): string => ShadowGit.open(system, join(root, "runtime"), folder).home;
/** Whoever waits for a second or longer has waited long enough. */
const impatient = (system: System): System => ({
  ...system,
  clock: { ...system.clock, sleep: (ms, signal) => system.clock.sleep(ms >= 1000 ? 1 : ms, signal) },
});

it("an effect does not wait for ever for a look, nor does the end of the program; the user is told once", async () => {
  const system = impatient(nodeSystem());
  const lock = await system.processes.lock(join(home(system), "lock"));
  const keeper = keeperOn(system);
  for (const turn of ["1", "2"]) {
    keeper.begin(turn, true);
    await keeper.beforeEffect([]);
    keeper.end();
  }
  await keeper.close();
  await lock?.release();
  expect(told).toEqual([
    `What this turn does to the files in ${folder} cannot be taken back: the first look at it takes longer than 10 s.`,
  ]);
  expect(coveredFolders(system, join(root, "runtime"))).toEqual([{ folder, home: home(system) }]);
  expect(readLog(system, home(system)).map(({ missed, begin }) => [begin, missed?.includes("longer")])).toEqual([
    [null, true],
    [null, true],
  ]);
});

it("the look behind a turn is over before the next one may change anything", async () => {
  const system = nodeSystem();
  const keeper = keeperOn(system);
  keeper.begin("1", true);
  await keeper.beforeEffect([]);
  writeFileSync(join(folder, "a.txt"), "two\n");
  keeper.end();
  keeper.begin("2", false);
  await keeper.beforeEffect([]);
  writeFileSync(join(folder, "a.txt"), "three\n");
  keeper.end();
  await keeper.close();
  const [first, second] = readLog(system, home(system));
  expect(first?.end?.tree).toBe(second?.begin?.tree);
  expect(new Set([first?.begin?.tree, second?.begin?.tree, second?.end?.tree]).size).toBe(3);
});

it("a turn that changes nothing costs a look at the most, and leaves no line", async () => {
  const system = nodeSystem();
  const keeper = keeperOn(system);
  keeper.begin("1", true);
  keeper.end();
  keeper.begin("2", false);
  keeper.end();
  await keeper.close();
  expect(readLog(system, home(system))).toEqual([]);
});
