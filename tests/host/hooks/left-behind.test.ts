import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run as runProgram, makeStage, ours, type Stage } from "../../support/run.ts";
import { startFakeModel, type FakeModel } from "../../support/fake-model.ts";
import { end, group, run, shell } from "./kit.ts";
import { until } from "../../support/until.ts";

/** Sleepers of this length. */
const sleepers = (seconds: string): number =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "latin1") === `sleep\0${seconds}\0`;
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
  const hooks = { PreToolUse: group(shell("exec sleep 74.2")) };
  const stage = await stageWith(hooks, model);
  try {
    let threadId = "";
    const killed = await runProgram(ours(), stage, [...flags, "go"], {
      onEvent(event, child) {
        if (event.type === "thread.started") threadId = String(event["thread_id"]);
        if (event.type !== "turn.started") return;
        void until(() => sleepers("74.2") > 0).then(() => child.kill("SIGKILL"));
      },
    });
    expect(killed.signal).toBe("SIGKILL");
    expect(sleepers("74.2")).toBe(1);
    const next = await runProgram(ours(), stage, [...flags, "resume", threadId, "once more"]);
    expect(next.code).toBe(0);
    await until(() => sleepers("74.2") === 0);
  } finally {
    await model.close();
    await stage.dispose();
  }
});

test("the end of the program ends the hooks that run", async () => {
  const model = await startFakeModel([end]);
  const hooks = { SessionStart: group(shell("sleep 75.2; true")) };
  const stage = await stageWith(hooks, model);
  try {
    const stopped = await runProgram(ours(), stage, [...flags, "go"], {
      onStart: (child) => void until(() => sleepers("75.2") > 0).then(() => child.kill("SIGTERM")),
    });
    expect(stopped.signal).toBe("SIGTERM");
    await until(() => sleepers("75.2") === 0);
  } finally {
    await model.close();
    await stage.dispose();
  }
});
