import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { TrialReport } from "../../../src/protocol/trial.ts";
import { makeStage, ours, type Stage } from "../../support/run.ts";

let stage: Stage;
beforeEach(async () => {
  const made = await makeStage();
  onTestFinished(() => made.dispose());
  stage = made;
  writeFileSync(join(stage.workspace, "file"), "one\ntwo\n");
});

const trial = (...argv: string[]): { code: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(ours().path, ["sandbox", "--trial", ...argv], {
    cwd: stage.workspace,
    env: stage.env,
    encoding: "utf8",
    input: "",
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
};
const file = (): string => readFileSync(join(stage.workspace, "file"), "utf8");
const change = ["sh", "-c", "echo said; sed -i s/two/TWO/ file; echo x > new; exit 4"];
const shown = (): string =>
  `said\nM ${stage.workspace}/file\n  @@ -1,2 +1,2 @@\n   one\n  -two\n  +TWO\nA ${stage.workspace}/new\n  +x\n`;

test("what a command would change is shown, and dropped where nobody is there", () => {
  expect(trial("--", ...change)).toEqual({
    code: 1,
    stdout: shown(),
    stderr: "codex-agent: nothing was changed: nobody was there to be asked; --commit carries changes over\n",
  });
  expect(file()).toBe("one\ntwo\n");
  expect(existsSync(join(stage.workspace, "new"))).toBe(false);
});

test("every letter of a path is shown: none that hides makes it look like another", () => {
  const { stdout } = trial("--", "sh", "-c", "echo x > \"$(printf 'a\\342\\200\\256b  c\\nA d\\377')\"");
  expect(stdout).toBe(`A ${stage.workspace}/a\\u{202e}b  c\\nA d\\u{dcff}\n  +x\n`);
});

test("--commit carries it over, and the exit code is the command's", () => {
  expect(trial("--commit", "--", ...change)).toEqual({
    code: 4,
    stdout: shown(),
    stderr: "codex-agent: the changes were carried over\n",
  });
  expect(file()).toBe("one\nTWO\n");
});

test("--json is one object, and the command's words are beside it", () => {
  const { code, stdout, stderr } = trial("--json", "--", ...change);
  const report = JSON.parse(stdout) as TrialReport & { exitCode: number; outcome: string; way: string };
  expect({ code, stderr }).toEqual({ code: 1, stderr: "said\n" });
  expect(report).toMatchObject({
    exitCode: 4,
    outcome: "dropped",
    way: "overlay",
    hosts: [],
    conflicts: [],
    refusal: null,
  });
  expect(report.changes.map(({ path, kind }) => [path, kind])).toEqual([
    [join(stage.workspace, "file"), "update"],
    [join(stage.workspace, "new"), "add"],
  ]);
});

test("protected files are not carried over unasked, and what a rule forbids never is", () => {
  const env = trial("--commit", "--", "sh", "-c", "echo KEY=1 > .env; echo x > new");
  expect(env).toMatchObject({ code: 1, stderr: expect.stringContaining("(protected:.env); answer at a terminal") });
  const rules = 'codex_agent.rules=[{path="new",decision="deny",reason="hands off"}]';
  const denied = trial("--commit", "-c", rules, "--", "sh", "-c", "echo x > new");
  expect(denied).toMatchObject({ code: 1, stderr: expect.stringContaining("hands off") });
  expect(readdirSync(stage.workspace)).toEqual(["file"]);
});

test.each([
  ["y", 4, "one\nTWO\n"],
  ["n", 1, "one\ntwo\n"],
])("at a terminal the person answers %s", async (answer, wanted, left) => {
  const terminal = spawn(ours().path, ["sandbox", "--trial", "--", ...change], {
    cwd: stage.workspace,
    env: stage.env,
    cols: 300,
    rows: 40,
  });
  let output = "";
  terminal.onData((data) => {
    const isAsked = output.includes("[y/n]");
    output += data;
    if (!isAsked && output.includes("[y/n]")) terminal.write(`${answer}\r`);
  });
  const code = await new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
  expect({ code, file: file() }, output).toEqual({ code: wanted, file: left });
});

test("a word about what does not go together", () => {
  const { status, stderr } = spawnSync(ours().path, ["sandbox", "--commit", "--", "true"], {
    env: stage.env,
    encoding: "utf8",
  });
  expect(status).toBe(2);
  expect(stderr).toContain("--commit goes with --trial");
});

test("where nothing can be tried, it is an error that says why", () => {
  const { code, stderr } = trial("-c", 'codex_agent.sandbox.rung="landlock"', "--", "touch", "new");
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the walls here are those of landlock"),
  });
  expect(trial("-s", "danger-full-access", "--", "touch", "new").stderr).toContain(
    "there are no walls to try a command in",
  );
  expect(readdirSync(stage.workspace)).toEqual(["file"]);
});
