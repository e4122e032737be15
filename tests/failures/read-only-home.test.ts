import { chmod, readdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeModel, message, respond, startFakeModel } from "../support/fake-model.ts";
import { type Binary, ours, run, type Stage } from "../support/run.ts";
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

/** What a new thread and a resumed one are told; neither may reach the model or change the thread. */
async function refusals(binary: Binary, thread: string): Promise<string[]> {
  const asked = model.requests.length;
  const before = readRollout(stage.codexHome);
  const words: string[] = [];
  for (const resume of [[], ["resume", thread]]) {
    const refused = await run(binary, stage, [...execFlags, ...resume, "go"]);
    expectNoTrace(refused);
    expect(refused.code).toBe(1);
    words.push(`${refused.stderr}\n${failureOf(refused)}`);
  }
  expect(model.requests).toHaveLength(asked);
  expect(readRollout(stage.codexHome)).toBe(before);
  return words;
}

/** The answer to a prompt in a thread that keeps nothing. */
const askedBriefly = async (binary: Binary): Promise<string[]> =>
  toldTexts((await run(binary, stage, [...execFlags, "--ephemeral", "go"])).events);

const advice = "Make its folder writable, or point CODEX_HOME to one that is";

test("a home on a read-only disk keeps no threads, which is said; --ephemeral needs none", async () => {
  const thread = threadOf(await run(ours(), stage, [...execFlags, "first"]));
  const { codexHome } = stage;
  const chamber = await openChamber(
    stage,
    `mount --bind ${codexHome} ${codexHome}; mount -o remount,bind,ro ${codexHome}`,
  );
  try {
    const binary = await chamber.enter(ours());
    const refused = expect.stringMatching(new RegExp(`EROFS: read-only file system.*${advice}`));
    expect(await refusals(binary, thread)).toEqual([refused, refused]);
    expect(await askedBriefly(binary)).toEqual(["done"]);
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
    const refused = expect.stringMatching(new RegExp(`EACCES: permission denied.*${advice}`));
    expect(await refusals(binary, thread)).toEqual([refused, refused]);
    expect(await askedBriefly(binary)).toEqual(["done"]);
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
