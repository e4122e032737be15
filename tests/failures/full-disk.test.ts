import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { call, type FakeModel, message, respond, startFakeModel } from "../support/fake-model.ts";
import { oracle, ours, run, type Stage } from "../support/run.ts";
import { openChamber } from "./support/chamber.ts";
import {
  behind,
  execFlags,
  expectAnswered,
  expectNoTrace,
  expectSound,
  failureOf,
  readRollout,
  stageFor,
  threadOf,
  toldTexts,
} from "./support/stages.ts";

let model: FakeModel;
let stage: Stage;
let full: boolean;
beforeEach(async () => {
  full = false;
  // As long as there is room, more and more is said and done.
  model = await startFakeModel(({ index }) =>
    full
      ? respond([message("last", "the end")])
      : respond([
          message(`m${index}`, `r${index} ${"words ".repeat(300)}`),
          call(`k${index}`, "exec_command", { cmd: "seq 1 500" }),
        ]),
  );
  stage = await stageFor(model);
});
afterEach(async () => {
  await model.close();
  await stage.dispose();
});

test("a disk that fills up in a turn ends it with a clear message; with room again the thread goes on", async () => {
  const { codexHome, root } = stage;
  const chamber = await openChamber(
    stage,
    `cp ${codexHome}/config.toml ${root}/c; mount -t tmpfs -o size=128k none ${codexHome}; cp ${root}/c ${codexHome}/config.toml`,
  );
  const rollout = (): Promise<string> => chamber.shell(`cat $(find ${codexHome}/sessions -name '*.jsonl')`);
  try {
    const binary = await chamber.enter(ours());
    const first = await run(binary, stage, [...execFlags, "go"]);
    expectNoTrace(first);
    expect(first.code).toBe(1);
    expect(failureOf(first)).toMatch(
      /cannot be written: ENOSPC.* Free some space on its disk, then resume the thread\.$/,
    );
    const kept = await rollout();
    expectSound(kept);
    const told = toldTexts(first.events);
    expect(told.length).toBeGreaterThan(3);
    for (const text of told) expect(kept).toContain(text);
    full = true;

    // Still full: nothing new, and nothing is lost by trying.
    const again = await run(binary, stage, [...execFlags, "resume", threadOf(first), "again"]);
    expectNoTrace(again);
    expect(again.code).toBe(1);
    expect(`${again.stderr}${failureOf(again)}`).toMatch(/ENOSPC.* Free some space/);
    expect((await rollout()).startsWith(kept)).toBe(true);

    await chamber.shell(`mount -o remount,size=20m ${codexHome}`);
    const later = await run(binary, stage, [...execFlags, "resume", threadOf(first), "go on"]);
    expect(later.code).toBe(0);
    expect(toldTexts(later.events)).toEqual(["the end"]);
    expectAnswered(model.requests.at(-1));
    expect((await rollout()).startsWith(kept)).toBe(true);
    expectSound(await rollout());
    // The other one reads it as well.
    const other = await run(await chamber.enter(oracle()), stage, [...execFlags, "resume", threadOf(first), "and on"]);
    expect(toldTexts(other.events)).toEqual(["the end"]);
    expectAnswered(model.requests.at(-1));
  } finally {
    await chamber.close();
  }
});

test("a disk without room for anything leaves no empty thread behind", async () => {
  const { codexHome, root } = stage;
  const chamber = await openChamber(
    stage,
    `cp ${codexHome}/config.toml ${root}/c; mount -t tmpfs -o size=8k none ${codexHome}; cp ${root}/c ${codexHome}/config.toml`,
  );
  try {
    const first = await run(await chamber.enter(ours()), stage, [...execFlags, "go"]);
    expectNoTrace(first);
    expect(first.code).toBe(1);
    expect(`${first.stderr}${failureOf(first)}`).toMatch(/ENOSPC.* Free some space/);
    expect(model.requests).toEqual([]);
    expect(await chamber.shell(`find ${codexHome}/sessions -type f`)).toBe("");
  } finally {
    await chamber.close();
  }
});

test("a limit on the size of files is said as what it is, and is no end of the thread", async () => {
  const limited = await behind(stage, "prlimit --fsize=40000", ours());
  const first = await run(limited, stage, [...execFlags, "go"]);
  expectNoTrace(first);
  expect(first.code).toBe(1);
  expect(failureOf(first)).toMatch(/cannot be written: EFBIG.* Raise the limit on the size of files/);
  const kept = readRollout(stage.codexHome);
  expectSound(kept);
  full = true;
  const later = await run(ours(), stage, [...execFlags, "resume", threadOf(first), "go on"]);
  expect(later.code).toBe(0);
  expectAnswered(model.requests.at(-1));
  expect(readRollout(stage.codexHome).startsWith(kept)).toBe(true);
  expectSound(readRollout(stage.codexHome));
});

test("a configuration that does not fit is left as it was, and that is an error", async () => {
  const file = join(stage.codexHome, "config.toml");
  const before = `# ${"words ".repeat(20_000)}\n${readFileSync(file, "utf8")}`;
  writeFileSync(file, before);
  const names = readdirSync(stage.codexHome);
  const limited = await behind(stage, "prlimit --fsize=100000", ours());
  const outcome = await run(limited, stage, ["mcp", "add", "other", "--", "true"]);
  expectNoTrace(outcome);
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain("EFBIG");
  expect(readFileSync(file, "utf8") === before).toBe(true);
  expect(readdirSync(stage.codexHome)).toEqual(names);
});
