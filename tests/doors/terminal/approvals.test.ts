import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Answer, Question } from "../../../src/protocol/questions.ts";
import { noEffects } from "../../../src/protocol/effects.ts";
import { formOf, isStep, type Step } from "../../../src/doors/terminal/question-form.ts";
import { call, message, respond, type Script } from "../../support/fake-model.ts";
import { until } from "../../support/until.ts";
import { makeStage, ours, run } from "../../support/run.ts";
import { startPerson, type Person, type PersonOptions } from "./person.ts";
import { answer, gate, outputs } from "./script.ts";

let person: Person | null = null;
afterEach(async () => {
  await person?.close();
  person = null;
});

const start = async (script: Script, options: PersonOptions = {}): Promise<Person> => {
  person = await startPerson(script, options);
  return person;
};

const escalated = { sandbox_permissions: "require_escalated", justification: "it has to be outside" };
const command = (more: Partial<Extract<Question, { type: "command" }>>): Question => ({
  type: "command",
  callId: "c",
  argv: ["bash", "-lc", "make it"],
  cwd: "/work",
  reason: null,
  prefixRule: null,
  ...more,
});
const take = (question: Question, line: string): Answer | Step => formOf(question, "/work").take(line);
const step = (question: Question, line: string): Step => {
  const next = take(question, line);
  if (!isStep(next)) throw new Error("that was an answer");
  return next;
};

describe("the form of an approval", () => {
  test("says what would be touched, and what nobody can know, in ten lines", () => {
    const effects = {
      ...noEffects,
      writes: ["/a", "/b", "/c", "/d", "/e", "/f"],
      hosts: ["example.com"],
      signals: ["12"],
      unknown: ["`make` runs what its file says"],
    };
    const { lines } = formOf(command({ effects, files: ["/work/Makefile"], reason: "because" }), "/work");
    expect(lines).toEqual([
      "[exec_command] may this run without the sandbox?",
      "  make it",
      "  writes /a, /b, /c, /d and 2 more",
      "  reaches example.com",
      "  signals 12",
      "  not known: `make` runs what its file says",
      "  holds only while these stay as they are: /work/Makefile",
      "Reason: because",
      "Choose: [y] yes / [n] no / [c] no, and stop the turn / [v] view all of it",
      "  yes, and for this command again: [t] in this turn / [s] in this session / [f] in this folder; `f 30m`: for so long",
    ]);
    expect(step(command({ effects }), "v").lines).toContain("  writes /a, /b, /c, /d, /e, /f");
  });

  test("cuts what is long, counts what it cut, and shows it on request", () => {
    const long = command({
      argv: ["bash", "-lc", `${"x".repeat(500)}\n${"line\n".repeat(20)}`],
      reason: "y".repeat(9000),
    });
    const { lines } = formOf(long, "/work");
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.join("\n").length).toBeLessThan(1600);
    expect(lines[1]).toContain("... (102 more letters are not shown)");
    expect(lines.join("\n")).toMatch(/\.\.\. 1\d more lines are not shown/);
    const all = step(long, "v");
    expect(all.lines.join("\n")).toContain("x".repeat(500));
    expect(all.lines.join("\n")).toContain("y".repeat(9000));
    expect(all.take("y")).toEqual({ type: "allow", scope: "once" });
  });

  test("lets nothing in a command, a path or a reason hide, or look like a line of its own", () => {
    const evil = "\u001b[2K\u001b[1Als\u202e\rls";
    const question = command({
      argv: ["bash", "-lc", evil],
      cwd: `/w\n${evil}`,
      reason: `fine\nChoose: [y] no\u001b]0;x\u0007`,
      effects: { ...noEffects, writes: [`/a\n  reaches nothing${evil}`] },
    });
    for (const { lines } of [formOf(question, "/work"), step(question, "v")]) {
      const text = lines.join("\n");
      // oxlint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(text).toContain("\\u{1b}[2K");
      expect(lines.filter((line) => /^ {2}reaches/.test(line))).toEqual([]);
    }
    expect(formOf(question, "/work").lines.filter((line) => line.startsWith("Choose"))).toHaveLength(1);
  });

  test("shows every letter of the paths of a patch: none that hides makes one path look like another", () => {
    const changes = [
      { path: "/work/src/\u202etxt\u200b.js\nM fine.js", kind: "update" as const, movePath: "/work/a  b\u00a0c" },
      { path: "/work/src/\u001b[2Kx", kind: "add" as const },
    ].map((change) => ({ ...change, diff: "" }));
    const question: Question = { type: "patch", callId: "p", changes, reason: null };
    for (const { lines } of [formOf(question, "/work"), step(question, "v")])
      expect(lines.filter((line) => /^ {2}[AM] /.test(line))).toEqual([
        "  M src/\\u{202e}txt\\u{200b}.js\\nM fine.js -> a  b\u00a0c",
        "  A src/\\u{1b}[2Kx",
      ]);
  });

  test("keeps each folder, host, conflict and note of a trial on a line of its own", () => {
    const evil = "/work/x\n  A fine\u200b";
    const trial = {
      argv: ["x"],
      cwd: evil,
      exitCode: 0,
      folders: [{ path: evil, action: "make" as const }],
      hosts: [{ host: evil, port: 80, refusal: null }],
      conflicts: [{ path: evil, why: evil }],
      notes: [evil],
      refusal: null,
      diff: "",
    };
    const { lines } = formOf({ type: "patch", callId: "p", changes: [], reason: null, trial }, "/work");
    const shown = "/work/x\\n  A fine\\u{200b}";
    expect(lines.join("\n").split("\n").slice(1, -2)).toEqual([
      `  A ${shown}/`,
      `  host ${shown}:80 was reached`,
      `  ! ${shown}: ${shown}`,
      `  note: ${shown}`,
    ]);
  });

  test("takes scopes and times, and nothing that only looks like one", () => {
    const question = command({ prefixRule: ["make"] });
    expect(take(question, "t")).toEqual({ type: "allow", scope: "turn" });
    expect(take(question, "f")).toEqual({ type: "allow", scope: "folder" });
    expect(take(question, "f 30m")).toEqual({ type: "allow", scope: "folder", expiresInSeconds: 1800 });
    expect(take(question, "s 2 h")).toEqual({ type: "allow", scope: "session", expiresInSeconds: 7200 });
    expect(take(question, "p 1d")).toEqual({
      type: "allow",
      scope: "session",
      prefix: true,
      expiresInSeconds: 86_400,
    });
    for (const line of ["y 30m", "f 30", "f 0m", "f 9999d", "a 30m", "yy", "f for now", "x"]) {
      expect(isStep(take(question, line)), line).toBe(true);
    }
  });
});

test("a yes for the folder is asked for once, and holds for the next conversation there", async () => {
  const touch = () => respond([call("1", "exec_command", { cmd: 'echo > "$HOME/made"', ...escalated })]);
  const me = await start([touch(), answer("one"), touch(), answer("two")]);
  await me.prompt("codex-agent>");
  me.say("go");
  await me.see("may this run without the sandbox?");
  await me.see(`writes ${join(me.stage.home, "made")}`);
  await me.prompt("approve>");
  me.say("f 30m");
  await me.see("assistant> one");
  await me.idle();
  me.say("/new");
  await me.see("/new");
  await me.prompt("codex-agent>");
  me.say("again");
  await me.see("assistant> two");
  expect(me.screen.text.match(/may this run/g)).toHaveLength(1);
  const { stdout } = await run(ours(), me.stage, ["approvals", "list"]);
  expect(stdout).toMatch(/until \d{4}-\d\d-\d\d/);
});

test("the rest of a word that was being typed when a question came is no answer to it", async () => {
  const halt = gate();
  const { parts } = respond([call("1", "exec_command", { cmd: 'echo > "$HOME/made"', ...escalated })]);
  const me = await start([{ parts: [{ gate: halt.passed }, ...parts] }, answer("done")]);
  await me.prompt("codex-agent>");
  me.say("go");
  await me.model.seen(1);
  me.type("reall");
  await me.prompt("codex-agent> reall");
  halt.open();
  await me.prompt("approve>");
  me.type("y\r");
  await me.see("it came while you were typing: answer once more");
  expect(existsSync(join(me.stage.home, "made"))).toBe(false);
  me.say("n");
  await me.see("assistant> done");
  expect(outputs(me.model.requests[1]!.body)[0]).toContain("rejected by user");
  expect(existsSync(join(me.stage.home, "made"))).toBe(false);
});

test("what a trusted project brings is asked about before anything of it starts", async () => {
  const entry = '[mcp_servers.mine]\ncommand = "/bin/sh"\nargs = ["-c", "echo >> $HOME/started"]\n';
  const stage = await makeStage({ git: true, files: { ".codex/config.toml": entry } });
  try {
    const options = { on: stage, argv: [] };
    const first = await start([answer("one")], options);
    await first.see("This project brings mcp:mine:");
    await first.see("starts /bin/sh -c 'echo >> $HOME/started'");
    await first.prompt("start it>");
    first.say("n");
    await first.prompt("codex-agent>");
    first.say("go");
    await first.see("assistant> one");
    expect(existsSync(join(stage.home, "started"))).toBe(false);
    await first.close();

    const second = await start([answer("two"), answer("three")], options);
    await second.prompt("start it>");
    second.say("y");
    await second.prompt("codex-agent>");
    second.say("go");
    await second.see("assistant> two");
    await until(() => existsSync(join(stage.home, "started")));
    await second.close();

    writeFileSync(join(stage.workspace, ".codex/config.toml"), `${entry}env = { A = "b" }\n`);
    const third = await start([], options);
    await third.see("mcp:mine, which has changed since it was trusted");
    await third.close();
  } finally {
    await stage.dispose();
  }
});

test("exec keeps what a model or a command wrote from steering the terminal", async () => {
  const evil = "a\u001b]0;title\u0007b\u001b[2Jc";
  const me = await start(
    [
      respond([call("1", "exec_command", { cmd: "printf 'x\\033]0;title\\007y\\n'" })]),
      respond([message("m", `said ${evil}`)]),
    ],
    { argv: ["exec", "--skip-git-repo-check", "-m", "gpt-5.5", "--no-color", "go"] },
  );
  expect(await me.end()).toBe(0);
  expect(me.raw()).toContain("said abc");
  expect(me.raw()).toContain("xy");
  // oxlint-disable-next-line no-control-regex
  expect(me.raw()).not.toMatch(/\u001b\]|\u001b\[2J/);
});
