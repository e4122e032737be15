import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run as runProgram, makeStage, ours, type Stage } from "../../support/run.ts";
import { startFakeModel, type FakeModel } from "../../support/fake-model.ts";
import { rolloutOf, textOf } from "../../crash/killing.ts";
import { end, group, run, shell } from "./kit.ts";
import { until } from "../../support/until.ts";

/** A time to sleep that no other process on this machine sleeps, and that no test waits for. */
const long = (seconds: number): string => `${seconds}.${process.pid}s`;

/** Sleepers of this length. */
const sleepers = (time: string): number =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "latin1") === `sleep\0${time}\0`;
    } catch {
      return false;
    }
  }).length;

const flags = [
  "exec",
  "--json",
  "--skip-git-repo-check",
  "-s",
  "danger-full-access",
  "--dangerously-bypass-hook-trust",
];

const stageWith = (hooks: object, { baseUrl }: FakeModel): Promise<Stage> =>
  makeStage({ baseUrl, homeFiles: { "hooks.json": JSON.stringify({ hooks }) } });

test("a hook that a killed program leaves running is ended by the next that opens the thread", async () => {
  const model = await startFakeModel([run(1, "echo hi"), end, end]);
  const time = long(305);
  const hooks = { PreToolUse: group(shell(`exec sleep ${time}`)) };
  const stage = await stageWith(hooks, model);
  const isNoted = (): boolean => textOf(rolloutOf(stage)).includes('"child_started"');
  try {
    let threadId = "";
    const killed = await runProgram(ours(), stage, [...flags, "go"], {
      onEvent(event, child) {
        if (event.type === "thread.started") threadId = String(event["thread_id"]);
        if (event.type !== "turn.started") return;
        void until(() => sleepers(time) > 0 && isNoted()).then(() => child.kill("SIGKILL"));
      },
    });
    expect(killed.signal).toBe("SIGKILL");
    expect(sleepers(time)).toBe(1);
    const next = await runProgram(ours(), stage, [...flags, "resume", threadId, "once more"]);
    expect(next.code).toBe(0);
    await until(() => sleepers(time) === 0);
  } finally {
    await model.close();
    await stage.dispose();
  }
});

test("the end of the program ends the hooks that run", async () => {
  const model = await startFakeModel([end]);
  const time = long(306);
  const hooks = { SessionStart: group(shell(`sleep ${time}; true`)) };
  const stage = await stageWith(hooks, model);
  try {
    const stopped = await runProgram(ours(), stage, [...flags, "go"], {
      onStart: (child) => void until(() => sleepers(time) > 0).then(() => child.kill("SIGTERM")),
    });
    expect(stopped.signal).toBe("SIGTERM");
    await until(() => sleepers(time) === 0);
  } finally {
    await model.close();
    await stage.dispose();
  }
});
