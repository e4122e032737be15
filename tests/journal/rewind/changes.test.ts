import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Change, emptyFolder, joined, type State } from "../../../src/journal/rewind/changes.ts";
import { neverCovered, outermost } from "../../../src/journal/rewind/coverage.ts";
import { findGit } from "../../../src/journal/rewind/find-git.ts";
import { makePlan } from "../../../src/journal/rewind/plan.ts";
import { readLog, trimLog, writeLog } from "../../../src/journal/rewind/snapshot-log.ts";
import { nodeFolders } from "../../../src/system/node-folders.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { scratchFolder } from "../../support/scratch.ts";

let root: string;
beforeEach(() => (root = mkdtempSync(`${scratchFolder}/rewind-unit-`)));
afterEach(() => rmSync(root, { recursive: true }));

const system = nodeSystem();
const state = (letter: string): State => `100644 ${letter.repeat(40)}`;
const [a, b, c] = [state("a"), state("b"), state("c")];
const turn = (path: string, before: State, after: State, unsure = false): { changes: Change[]; unsure: boolean } => ({
  changes: [{ path, before, after }],
  unsure,
});

describe("a plan", () => {
  const plan = (turns: Parameters<typeof joined>[0], now: State) => {
    if (now !== null) writeFileSync(join(root, "f"), "something");
    const made = makePlan(joined(turns), new Map([["f", now]]), nodeFolders.open(root));
    return {
      steps: made.steps.map(({ wanted }) => wanted),
      why: made.conflicts.map(({ why }) => why),
      done: made.done,
    };
  };
  it.each<[string, Parameters<typeof joined>[0], State, ReturnType<typeof plan>]>([
    ["one turn", [turn("f", a, b)], b, { steps: [a], why: [], done: 0 }],
    ["two turns", [turn("f", a, b), turn("f", b, c)], c, { steps: [a], why: [], done: 0 }],
    ["what an earlier rewind left", [turn("f", a, b), turn("f", b, c)], b, { steps: [a], why: [], done: 0 }],
    ["what is back already", [turn("f", a, b)], a, { steps: [], why: [], done: 1 }],
    ["a later edit", [turn("f", a, b)], c, { steps: [], why: ["it was changed since"], done: 0 }],
    ["a later removal", [turn("f", a, b)], null, { steps: [], why: ["it was removed since"], done: 0 }],
    [
      "an edit in between",
      [turn("f", a, b), turn("f", c, a)],
      b,
      { steps: [], why: ["somebody else changed it between the turns"], done: 0 },
    ],
    [
      "a turn that was cut off",
      [turn("f", a, b, true)],
      b,
      { steps: [], why: ["its turn was cut off: the change may be yours"], done: 0 },
    ],
    [
      "one cut off before another",
      [turn("f", a, b, true), turn("f", b, c)],
      c,
      { steps: [], why: ["its turn was cut off: the change may be yours"], done: 0 },
    ],
    [
      "a file made and removed, and made anew by the user",
      [turn("f", null, a), turn("f", a, null)],
      b,
      { steps: [], why: [], done: 1 },
    ],
    [
      "a file made and removed, and left by a rewind",
      [turn("f", null, a), turn("f", a, null)],
      a,
      { steps: [null], why: [], done: 0 },
    ],
  ])("%s", (_, turns, now, expected) => {
    expect(plan(turns, now)).toEqual(expected);
  });

  it("leaves a file alone of which no snapshot knows", () => {
    writeFileSync(join(root, "f"), "too large, say");
    const { conflicts } = makePlan(joined([turn("f", null, a)]), new Map(), nodeFolders.open(root));
    expect(conflicts).toEqual([{ path: "f", why: "what is there now is not covered by snapshots", step: null }]);
  });

  it("makes an empty folder again, and leaves one that is not empty", () => {
    mkdirSync(join(root, "full/of"), { recursive: true });
    const made = makePlan(
      joined([turn("gone", emptyFolder, null), turn("full", emptyFolder, null)]),
      new Map(),
      nodeFolders.open(root),
    );
    expect(made.steps).toEqual([{ path: "gone", now: null, wanted: emptyFolder }]);
  });
});

describe("the log", () => {
  it("passes over what a power cut left, and goes on behind it", () => {
    const line = (turnId: string, at: number) => ({
      type: "begin" as const,
      thread: "t",
      turn: turnId,
      at,
      tree: "x",
      empty: [],
    });
    writeLog(system, root, line("1", 1));
    writeFileSync(join(root, "log.jsonl"), '{"type":"begin","thr', { flag: "a" });
    writeLog(system, root, line("2", 2));
    expect(readLog(system, root).map((each) => each.turn)).toEqual(["1", "2"]);
  });

  it("forgets what is old, and threads that are gone", () => {
    const day = 86_400_000;
    const line = (thread: string, at: number) => ({
      type: "end" as const,
      thread,
      turn: `${thread}${at}`,
      at,
      tree: `tree ${thread} ${at}`,
      empty: [],
    });
    for (const each of [line("old", day), line("gone", 100 * day), line("kept", 100 * day)])
      writeLog(system, root, each);
    expect(trimLog(system, root, (thread) => thread === "gone", 100 * day)).toEqual([`tree kept ${100 * day}`]);
    expect(readLog(system, root)).toHaveLength(1);
  });
});

it("the root, a home and what holds one are never covered", () => {
  const at = { ...system, environment: { ...system.environment, home: root } };
  expect(neverCovered(at, "/")).toContain("the root");
  expect(neverCovered(at, root)).toContain("home directory");
  expect(neverCovered(at, "/var/tmp")).toContain("home directory");
  expect(neverCovered(at, `${root}/project`)).toBeNull();
  expect(neverCovered(at, `${root}-other`)).toBeNull();
});

it("a folder within another one is covered by that one", () => {
  for (const name of ["one/in", "one-more"]) mkdirSync(join(root, name), { recursive: true });
  const all = ["one", "one/in", "one-more", "missing", "one"].map((name) => join(root, name));
  expect(outermost(system, all)).toEqual([join(root, "one"), join(root, "one-more")]);
});

it("no git is taken from the workspace, nor from a folder that PATH names by a relative path", () => {
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin/git"), "#!/bin/sh\n", { mode: 0o755 });
  const at = (path: string) => ({ ...system, environment: { ...system.environment, variables: { PATH: path } } });
  expect(findGit(at(`.::${root}/bin:/usr/bin`), [root])).toBe("/usr/bin/git");
  expect(findGit(at(`${root}/bin`), [root])).toBeNull();
  expect(findGit(at(`${root}/bin`), [])).toBe(`${root}/bin/git`);
  const elsewhere = mkdtempSync("/tmp/rewind-unit-");
  try {
    symlinkSync(root, join(elsewhere, "way"));
    expect(findGit(at(`${elsewhere}/way/bin`), [])).toBeNull();
    expect(findGit(at(`${root}/bin`), [join(elsewhere, "way")])).toBeNull();
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});
