import { afterAll, beforeAll, expect, it } from "vitest";
import { call, message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, ours, run, type Stage } from "../../support/run.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await makeStage({ git: true, homeFiles: { "rules/default.rules": 'prefix_rule(["zig"], "forbidden")' } });
});
afterAll(() => stage.dispose());

const explain = (...argv: string[]) => run(ours(), stage, ["policy", "explain", ...argv], { limitMs: 100_000 });

it("says decision, rule, reason and effects, for people and as one object, and ends well whatever they are", async () => {
  const asked = await explain("--mode", "auto", "--", "cp a .env");
  expect(asked.code).toBe(0);
  expect(asked.stdout).toMatch(
    /^decision {2}ask\nrule {6}protected:\.env\nreason {4}.*\.env is protected.*\nruns {6}cp\nreads/,
  );
  const denied = await explain("--json", "--cwd", stage.home, "--", "zig", "build", "a b");
  expect(denied.code).toBe(0);
  expect(JSON.parse(denied.stdout)).toMatchObject({
    decision: "deny",
    rule: "rules/default.rules:1",
    reason: "`zig build 'a b'` rejected: policy forbids commands starting with `zig`",
    effects: { programs: ["zig"] },
    argv: ["zig", "build", "a b"],
  });
});

it("takes control characters of a command for what they are", async () => {
  const { stdout } = await explain("--", "touch 'a\u001b[2Jb'");
  expect(stdout).toContain("\\u{1b}[2Jb");
  expect(stdout).not.toContain("\u001b");
});

it.each([
  [["--"], 2, "there is no command"],
  [["--mode", "sudo", "--", "ls"], 2, "plan, ask, auto, full"],
  [
    ["-c", 'codex_agent.rules=[{command="a", decision="maybe"}]', "--", "ls"],
    1,
    'codex_agent.rules[0].decision is "maybe"',
  ],
])("%j ends with %i and says why", async (argv, code, words) => {
  const ended = await explain(...argv);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(words);
  expect(ended.stdout).toBe("");
});

it("exec in a mode denies at once what would ask, and tells what would have allowed it", async () => {
  const model = await startFakeModel([
    respond([call("1", "exec_command", { cmd: "echo x > .env" })]),
    respond([message("2", "done")]),
  ]);
  const place = await makeStage({ baseUrl: model.baseUrl, git: true });
  try {
    const argv = ["exec", "--json", "--mode", "auto", "-m", "gpt-5.5", "--skip-git-repo-check", "go"];
    const { events, code } = await run(ours(), place, argv, { limitMs: 100_000 });
    expect(code).toBe(0);
    const said = /\.env is protected.*--mode full asks nothing; a rule of \[\[codex_agent\.rules\]\]/;
    expect(JSON.stringify(events.filter(({ type }) => type === "item.completed"))).toMatch(said);
    expect(JSON.stringify(model.requests.at(-1)?.body)).toMatch(said);
  } finally {
    await model.close();
    await place.dispose();
  }
});
