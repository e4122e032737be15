import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statesOf } from "../../../src/journal/rewind/changes.ts";
import { ShadowGit } from "../../../src/journal/rewind/shadow-git.ts";
import { coveredFolders, readLog } from "../../../src/journal/rewind/snapshot-log.ts";
import { TurnKeeper } from "../../../src/journal/rewind/turn-keeper.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { System } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

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

const keeperOn = (system: System, threadId = "t"): TurnKeeper =>
  new TurnKeeper({
    system,
    runtimeHome: join(root, "runtime"),
    threadId,
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

it("a turn that makes a file costs one comparison behind it: nothing is looked for that was left out", async () => {
  const system = nodeSystem();
  const { pipe } = system.processes;
  const asked: string[] = [];
  const keeper = keeperOn({
    ...system,
    processes: { ...system.processes, pipe: (command, options) => (asked.push(command[1]!), pipe(command, options)) },
  });
  keeper.begin("1", false);
  await keeper.beforeEffect([]);
  writeFileSync(join(folder, "b.txt"), "new\n");
  keeper.end();
  await keeper.close();
  const [turn] = readLog(system, home(system));
  expect(turn?.end?.tree).not.toBe(turn?.begin?.tree);
  const comparing = ["diff-tree", "ls-tree", "check-ignore", "--no-literal-pathspecs"];
  expect(asked.filter((each) => comparing.includes(each))).toEqual(["diff-tree"]);
});

const write = (files: Record<string, string>): void => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
};
/** What the beginning of the last turn of a thread is said to have held. */
async function begun(system: System, thread: string): Promise<string[]> {
  const begin = readLog(system, home(system)).findLast((each) => each.thread === thread)?.begin;
  const git = ShadowGit.open(system, join(root, "runtime"), folder);
  return [...(await statesOf(git, begin!)).keys()];
}

/** Holds the first who works on an index of their own until others are through with theirs, or wait for it. */
function contended(system: System): System {
  let held = false;
  const others = { begun: 0, through: false };
  const { pipe, lock } = system.processes;
  const othersAreDone = async (): Promise<void> => {
    // Whatever can go on without us has gone on by then.
    await new Promise((resolve) => setImmediate(resolve));
    if (others.begun > 0) await until(() => others.through);
  };
  return {
    ...system,
    processes: {
      ...system.processes,
      async lock(path) {
        if (held) others.begun++;
        const taken = await lock(path);
        if (held && taken === null) others.through = true;
        return taken;
      },
      async pipe(command, options) {
        const mine = !held && command[1] === "read-tree";
        if (held) others.begun++;
        const result = await pipe(command, options);
        if (mine) {
          held = true;
          await othersAreDone();
        } else if (held && command[1] === "write-tree") others.through = true;
        return result;
      },
    },
  };
}

describe("ignored files that two patches write at once", () => {
  beforeEach(() => write({ ".gitignore": "*.env\n", "a.env": "a\n", "b.env": "b\n" }));
  const patch = (keeper: TurnKeeper, name: string): Promise<void> => keeper.beforeEffect([join(folder, name)]);

  it("are both part of the beginning of a thread's turn, and so is everything else", async () => {
    const system = contended(nodeSystem());
    const keeper = keeperOn(system);
    keeper.begin("1", false);
    await keeper.beforeEffect([]);
    await Promise.all([patch(keeper, "a.env"), patch(keeper, "b.env")]);
    expect(await begun(system, "t")).toEqual([".gitignore", "a.env", "a.txt", "b.env"]);
    keeper.end();
    await keeper.close();
    expect(told).toEqual([]);
  });

  it("are part of the beginnings of both turns, where they are of two threads", async () => {
    const system = contended(nodeSystem());
    const keepers = ["t", "u"].map((thread) => keeperOn(system, thread));
    for (const keeper of keepers) {
      keeper.begin("1", false);
      await keeper.beforeEffect([]);
    }
    await Promise.all([patch(keepers[0]!, "a.env"), patch(keepers[1]!, "b.env")]);
    expect(await begun(system, "t")).toEqual([".gitignore", "a.env", "a.txt"]);
    expect(await begun(system, "u")).toEqual([".gitignore", "a.txt", "b.env"]);
    for (const keeper of keepers) {
      keeper.end();
      await keeper.close();
    }
  });
});

it("an ignored file that cannot be kept before a patch writes it is told, and is no file that the turn made", async () => {
  write({ ".gitignore": "*.env\n", "a.env": "a\n" });
  const system = nodeSystem();
  const { pipe } = system.processes;
  const failing = new Set(["read-tree"]);
  const keeper = keeperOn({
    ...system,
    processes: {
      ...system.processes,
      pipe: (command, options) =>
        failing.delete(command[1]!)
          ? Promise.resolve({ code: 128, stdout: new Uint8Array(), stderr: "the disk is full" })
          : pipe(command, options),
    },
  });
  keeper.begin("1", false);
  for (const text of ["b", "c"]) {
    await keeper.beforeEffect([join(folder, "a.env")]);
    write({ "a.env": text });
  }
  keeper.end();
  await keeper.close();
  expect(told).toEqual([
    expect.stringMatching(
      /^What this turn writes to a\.env in .*workspace cannot be taken back: .*the disk is full\.$/,
    ),
  ]);
  const [turn] = readLog(system, home(system));
  expect(turn?.end?.tree).toBe(turn?.begin?.tree);
});

it("a patch does not wait for ever for the snapshots of its folder", async () => {
  write({ ".gitignore": "*.env\n", "a.env": "a\n" });
  const system = nodeSystem();
  const clock = { ...system.clock };
  const keeper = keeperOn({ ...system, clock });
  keeper.begin("1", false);
  await keeper.beforeEffect([]);
  const lock = await system.processes.lock(join(home(system), "lock"));
  clock.sleep = impatient(system).clock.sleep;
  await keeper.beforeEffect([join(folder, "a.env")]);
  clock.sleep = system.clock.sleep;
  await lock?.release();
  keeper.end();
  await keeper.close();
  expect(told).toEqual([
    `What this turn writes to a.env in ${folder} cannot be taken back: its snapshots are in use for longer than 10 s.`,
  ]);
});
