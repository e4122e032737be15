import { chmod, readdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeModel, message, respond, startFakeModel } from "../support/fake-model.ts";
import { type Binary, type Outcome, ours, run, type Stage } from "../support/run.ts";
import { openChamber } from "./support/chamber.ts";
import {
  behind,
  execFlags,
  expectNoTrace,
  failureOf,
  readRollout,
  stageFor,
  threadOf,
  toldTexts,
} from "./support/stages.ts";

let model: FakeModel;
let stage: Stage;
beforeEach(async () => {
  model = await startFakeModel(() => respond([message("m", "done")]));
  stage = await stageFor(model);
});
afterEach(async () => {
  await model.close();
  await stage.dispose();
});

const said = (outcome: Outcome): string => `${outcome.stderr}\n${failureOf(outcome)}`;

/** A new thread and a resumed one are refused before the model is asked; one that keeps nothing is not. */
async function expectRefusals(binary: Binary, thread: string, reason: RegExp): Promise<void> {
  const asked = model.requests.length;
  const before = readRollout(stage.codexHome);
  for (const argv of [
    [...execFlags, "go"],
    [...execFlags, "resume", thread, "go"],
  ]) {
    const refused = await run(binary, stage, argv);
    expectNoTrace(refused);
    expect(refused.code).toBe(1);
    expect(said(refused)).toMatch(reason);
    expect(said(refused)).toContain("Make its folder writable, or point CODEX_HOME to one that is");
  }
  expect(model.requests).toHaveLength(asked);
  const brief = await run(binary, stage, [...execFlags, "--ephemeral", "go"]);
  expect([brief.code, toldTexts(brief.events)]).toEqual([0, ["done"]]);
  expect(readRollout(stage.codexHome)).toBe(before);
}

test("a home on a read-only disk keeps no threads, which is said; --ephemeral needs none", async () => {
  const thread = threadOf(await run(ours(), stage, [...execFlags, "first"]));
  const { codexHome } = stage;
  const chamber = await openChamber(
    stage,
    `mount --bind ${codexHome} ${codexHome}; mount -o remount,bind,ro ${codexHome}`,
  );
  try {
    await expectRefusals(await chamber.enter(ours()), thread, /EROFS: read-only file system/);
  } finally {
    await chamber.close();
  }
});

test("a home that belongs to somebody else is treated alike", async () => {
  const thread = threadOf(await run(ours(), stage, [...execFlags, "first"]));
  const { codexHome, root } = stage;
  await chmod(root, 0o755);
  const open = await restrict(codexHome);
  try {
    // Root may write anywhere: somebody else, then.
    const ordinary = process.getuid!() === 0;
    const binary = ordinary
      ? await behind(stage, "setpriv --reuid=65534 --regid=65534 --clear-groups", ours())
      : ours();
    await expectRefusals(binary, thread, /EACCES: permission denied/);
  } finally {
    await open();
  }
});

/** Everything below may be read and not written, until the returned function is called. */
async function restrict(folder: string): Promise<() => Promise<void>> {
  const below = await readdir(folder, { recursive: true, withFileTypes: true });
  const folders = below.filter((entry) => entry.isDirectory()).map((entry) => `${entry.parentPath}/${entry.name}`);
  for (const entry of below) if (entry.isFile()) await chmod(`${entry.parentPath}/${entry.name}`, 0o444);
  for (const path of [folder, ...folders]) await chmod(path, 0o555);
  return async () => {
    for (const path of [folder, ...folders]) await chmod(path, 0o755);
  };
}
