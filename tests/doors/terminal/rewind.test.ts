import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, message, respond, type Reply } from "../../support/fake-model.ts";
import { visits } from "./visit.ts";

const start = visits();

/** Two turns that write files, and answers to whatever comes then. */
function writing(): () => Reply {
  const run = (id: string, cmd: string): Reply => respond([call(id, "exec_command", { cmd, login: false })]);
  const replies = [
    run("1", "echo one > first.txt"),
    respond([message("m1", "wrote one")]),
    run("2", "echo two > second.txt; echo more >> first.txt"),
    respond([message("m2", "wrote two")]),
  ];
  return () => replies.shift() ?? respond([message("m", "go on")]);
}

test("turns are shown, looked at, taken back after a yes, and brought back", async () => {
  const me = await start(writing(), { columns: 200, argv: ["--trust", "--mode", "full"] });
  const at = (name: string): string => join(me.stage.workspace, name);
  me.say("/rewind");
  await me.see("There are no turns yet.");
  me.say("/diff");
  await me.see("No file was changed.");
  me.say("first request");
  await me.see("assistant> wrote one");
  await me.idle();
  me.say("second request");
  await me.see("assistant> wrote two");
  await me.idle();
  me.say("/rewind");
  await me.see("[2] second request");
  me.say("/diff 2");
  await me.see("+two");
  me.say("/rewind 1");
  await me.see("1 turn would be taken back (files and conversation); 1 kept.");
  await me.see("M first.txt");
  await me.see("D second.txt");
  await me.prompt(/^do it \(y\/n\)>/);
  expect(existsSync(at("second.txt"))).toBe(true);
  me.say("n");
  await me.see("Nothing was changed.");
  expect(existsSync(at("second.txt"))).toBe(true);
  me.say("/rewind 1");
  await me.prompt(/^do it \(y\/n\)>/);
  me.say("y");
  await me.see("1 turn was taken back");
  expect([existsSync(at("second.txt")), readFileSync(at("first.txt"), "utf8")]).toEqual([false, "one\n"]);
  await me.prompt("codex-agent>");
  me.say("and now");
  await me.see("assistant> go on");
  await me.idle();
  const said = JSON.stringify(me.model.requests.at(-1)!.body);
  expect([said.includes("first request"), said.includes("second request")]).toEqual([true, false]);
  me.say("/rewind 1 chat");
  await me.prompt(/^do it \(y\/n\)>/);
  me.say("y");
  await me.see("/rewind undo brings it back.");
  me.type("\u0004");
  expect(await me.end()).toBe(0);
});

test("what is in the way is overwritten only after a yes to that; leaving at the question changes nothing", async () => {
  const me = await start(writing(), { columns: 200, argv: ["--trust", "--mode", "full"] });
  const first = join(me.stage.workspace, "first.txt");
  me.say("first request");
  await me.see("assistant> wrote one");
  await me.idle();
  // Behind that no look at the turn is under way.
  me.say("/rewind 0");
  await me.prompt(/^do it \(y\/n\)>/);
  me.say("n");
  await me.see("Nothing was changed.");
  await me.prompt("codex-agent>");
  writeFileSync(first, "mine\n");
  me.say("/rewind 0");
  await me.see("! first.txt: it was changed since");
  await me.prompt(/^do it \(y\/n\)>/);
  me.type("\u0003\u0003");
  expect(await me.end()).toBe(130);
  expect(readFileSync(first, "utf8")).toBe("mine\n");
  expect(me.raw()).not.toMatch(/error|Error/);
});
