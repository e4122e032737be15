import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, respond, type Script } from "../../support/fake-model.ts";
import type { Person } from "./person.ts";
import { answer } from "./script.ts";
import { visits } from "./visit.ts";

/** The prompt after the first turn. */
const idle = /agent\(\d+%\)> ?$/;

const visit = visits();
const start = (script: Script): Promise<Person> => visit(script, { argv: ["--trust", "--mode", "full"] });

test("a goal is pursued in turns of its own, and the prompt comes back when it is reached", async () => {
  const me = await start([
    respond([call("1", "create_goal", { objective: "make it" })]),
    answer("first"),
    answer("second"),
    respond([call("2", "update_goal", { status: "complete" })]),
    answer("third"),
    answer("hello yourself"),
  ]);
  me.say("make it a goal");
  await me.see("assistant> first");
  await me.see("assistant> second");
  await me.see("assistant> third");
  await me.idle();
  await me.prompt(idle);
  expect(me.screen.text).not.toContain("codex_internal_context");
  me.say("hello");
  await me.see("assistant> hello yourself");
});

test("the model tells of a command that ended while nobody said anything", async () => {
  const me = await start([
    respond([call("1", "exec_command", { cmd: "until [ -e go ]; do sleep 0.02; done", yield_time_ms: 250 })]),
    answer("it runs"),
    answer("it has ended"),
    answer("hello yourself"),
  ]);
  me.say("run it");
  await me.see("assistant> it runs");
  await me.idle();
  await me.prompt(idle);
  writeFileSync(join(me.stage.workspace, "go"), "");
  await me.see("assistant> it has ended");
  await me.idle();
  await me.prompt(idle);
  me.say("hello");
  await me.see("assistant> hello yourself");
  expect(me.screen.text).not.toContain("exec_command_completed");
});
