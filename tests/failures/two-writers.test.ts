import { type ChildProcess } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeModel, message, respond, startFakeModel } from "../support/fake-model.ts";
import { until } from "../support/until.ts";
import { type Binary, oracle, type Outcome, ours, run, type Stage } from "../support/run.ts";
import {
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
let release: () => void;
beforeEach(async () => {
  const held = new Promise<void>((resolve) => (release = resolve));
  // The second request hangs, with its thread held; the others are answered.
  model = await startFakeModel(({ index }) => {
    const reply = respond([message(`m${index}`, `answer ${index}`)]);
    return index === 1 ? { ...reply, parts: [{ gate: () => held }, ...reply.parts] } : reply;
  });
  stage = await stageFor(model);
});
afterEach(async () => {
  release();
  await model.close();
  await stage.dispose();
});

const said = (outcome: Outcome): string => `${outcome.stderr}\n${failureOf(outcome)}`;

/** A thread that `binary` is in the middle of writing. */
async function hold(binary: Binary): Promise<{ thread: string; writer: ChildProcess; ended: Promise<Outcome> }> {
  const thread = threadOf(await run(ours(), stage, [...execFlags, "first"]));
  let writer: ChildProcess | undefined;
  const ended = run(binary, stage, [...execFlags, "resume", thread, "second"], {
    onStart: (child) => (writer = child),
  });
  await model.seen(2);
  // The last line before its answer: the real Codex writes beside its request.
  await until(() => /"item_completed".*"second"/.test(readRollout(stage.codexHome)));
  return { thread, writer: writer!, ended };
}

test.each([
  ["ours", "another of ours", ours, ours],
  ["the real Codex", "ours", oracle, ours],
  ["ours", "the real Codex", ours, oracle],
] as const)("while %s writes a thread %s is refused", async (_first, _second, first, second) => {
  const { thread, writer, ended } = await hold(first());
  const before = readRollout(stage.codexHome);
  const refused = await run(second(), stage, [...execFlags, "resume", thread, "me too"]);
  expect(refused.code).toBe(1);
  if (second === ours) {
    expectNoTrace(refused);
    const who = `process ${writer.pid} \\(${first === oracle ? "codex" : "codex-agent"}\\)`;
    expect(said(refused)).toMatch(
      new RegExp(`Thread ${thread} is being written by ${who}\\. Wait until it has finished, or fork`),
    );
  }
  expect(model.requests).toHaveLength(2);
  expect(readRollout(stage.codexHome)).toBe(before);

  release();
  expect(toldTexts((await ended).events)).toEqual(["answer 1"]);
  const later = await run(second(), stage, [...execFlags, "resume", thread, "now"]);
  expect(toldTexts(later.events)).toEqual(["answer 2"]);
  expectAnswered(model.requests.at(-1));
  expectSound(readRollout(stage.codexHome));
});

test.each([
  ["ours", ours],
  ["the real Codex", oracle],
] as const)("when %s is killed in a turn the next writer gets the thread at once", async (_, binary) => {
  const { thread, writer, ended } = await hold(binary());
  // The lock lies there, as it would for a stranger who knows of no holder.
  const lock = join(stage.codexHome, "thread-writer-locks", `${thread}.lock`);
  expect(existsSync(lock)).toBe(true);
  writer.kill("SIGKILL");
  expect((await ended).signal).toBe("SIGKILL");
  expect(existsSync(lock)).toBe(true);

  const later = await run(ours(), stage, [...execFlags, "resume", thread, "now"]);
  expect([later.code, toldTexts(later.events)]).toEqual([0, ["answer 2"]]);
  const words = JSON.stringify(model.requests.at(-1)!.body);
  for (const word of ["first", "second", "now"]) expect(words).toContain(word);
  expectSound(readRollout(stage.codexHome));
  expect(readdirSync(join(stage.codexHome, "thread-writer-locks")).filter((name) => name.includes(thread))).toEqual([]);
  // And the other way round.
  const other = await run(oracle(), stage, [...execFlags, "resume", thread, "and you"]);
  expect(toldTexts(other.events)).toEqual(["answer 3"]);
});
