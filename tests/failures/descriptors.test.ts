import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { call, type FakeModel, message, respond, startFakeModel } from "../support/fake-model.ts";
import { ours, run, type Stage } from "../support/run.ts";
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

const commands = Array.from({ length: 16 }, (_, index) => index);

let model: FakeModel;
let stage: Stage;
let cmd: string;
beforeEach(async () => {
  cmd = "sleep 0.3; echo worked";
  model = await startFakeModel(({ body }) => {
    const { input } = body as { input: { type: string }[] };
    return input.at(-1)!.type === "function_call_output"
      ? respond([message("end", "the end")])
      : respond(
          commands.map((index) => call(`k${index}-${input.length}`, "exec_command", { cmd, yield_time_ms: 30_000 })),
        );
  });
  stage = await stageFor(model);
});
afterEach(async () => {
  await model.close();
  await stage.dispose();
});

interface Output {
  type: string;
  output: string;
}

const outputsOf = (request: number): string[] =>
  (model.requests[request]!.body as { input: Output[] }).input
    .filter(({ type }) => type === "function_call_output")
    .map(({ output }) => output);

test("with too few descriptors for all commands those that fail say so, and the turn goes on", async () => {
  // They run until one has failed: those that work hold their descriptors so long.
  cmd = "until [ -e failed ]; do sleep 0.05; done; echo worked";
  const limited = await behind(stage, "prlimit --nofile=48", ours());
  const outcome = await run(limited, stage, [...execFlags, "go"], {
    onEvent: ({ type, item }) => {
      if (type === "item.completed" && (item as { status?: string }).status === "failed")
        writeFileSync(join(stage.workspace, "failed"), "");
    },
  });
  expectNoTrace(outcome);
  expect([outcome.code, failureOf(outcome), toldTexts(outcome.events)]).toEqual([0, "", ["the end"]]);
  const outputs = outputsOf(1);
  expect(outputs).toHaveLength(commands.length);
  const failed = outputs.filter((output) => !output.includes("worked"));
  expect(failed.length).toBeGreaterThan(0);
  for (const output of failed) expect(output).toMatch(/too many open files/i);
  expectSound(readRollout(stage.codexHome));
});

// From where Node cannot load the program to where a turn has what it needs.
test.each([23, 24, 26, 30])(
  "with %i descriptors in all there is an answer or a clear refusal, and the thread goes on when there are more",
  async (count) => {
    const limited = await behind(stage, `prlimit --nofile=${count}`, ours());
    const outcome = await run(limited, stage, [...execFlags, "go"]);
    expectNoTrace(outcome);
    if (outcome.code !== 0) {
      expect(outcome.code).toBe(1);
      expect(`${failureOf(outcome)}\n${outcome.stderr}`).toMatch(/EMFILE|too many open files/i);
    }
    if (outcome.events.some(({ type }) => type === "thread.started")) {
      const later = await run(ours(), stage, [...execFlags, "resume", threadOf(outcome), "again"]);
      expect([later.code, toldTexts(later.events)]).toEqual([0, ["the end"]]);
      expectAnswered(model.requests.at(-1));
      expectSound(readRollout(stage.codexHome));
    }
  },
);

test("whatever starts a program says when there is no descriptor left for it", async () => {
  const script = fileURLToPath(new URL("support/no-descriptors.ts", import.meta.url));
  const { stdout } = await promisify(execFile)("prlimit", ["--nofile=64", process.execPath, script, stage.root]);
  expect(JSON.parse(stdout)).toEqual({
    run: { code: null, stdout: "", stderr: expect.stringContaining("EMFILE") },
    lock: expect.stringContaining("EMFILE"),
    search: { type: "failed", message: expect.stringContaining("EMFILE") },
    dump: null,
    launch: "Too many open files (os error 24)",
    afterwards: { code: 0, stdout: "back\n", stderr: "" },
  });
});
