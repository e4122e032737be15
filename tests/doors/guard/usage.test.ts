import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { call, type FakeModel, message, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, ours, type Outcome, run, type Stage } from "../../support/run.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function stageOf(script: Script, budget: string, model = "gpt-5.5"): Promise<{ stage: Stage; model: FakeModel }> {
  const fake = await startFakeModel(script);
  const config = `model = "${model}"\n${budget}\n`;
  const stage = await makeStage({ baseUrl: fake.baseUrl, config, git: true });
  open.push(fake.close, stage.dispose);
  return { stage, model: fake };
}

/** A turn is a call, and an answer once that has its output. */
const turns =
  (usage: readonly [number, number, number, number]): Script =>
  (request) =>
    (request.body as { input: { type: string }[] }).input.at(-1)?.type === "function_call_output"
      ? respond([message(`m${request.index}`, "done")], { usage })
      : respond([call(String(request.index), "exec_command", { cmd: "true" })], { usage });

const exec = (stage: Stage, ...argv: string[]): Promise<Outcome> => run(ours(), stage, ["exec", ...argv]);

test("a budget stops a turn in the middle; once it is raised the thread goes on", async () => {
  const { stage, model } = await stageOf(turns([6000, 0, 100, 0]), "[codex_agent.budget]\nturn_tokens = 8000");
  const stopped = await exec(stage, "go");
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toContain(
    "ERROR: The budget turn_tokens (8,000 tokens) does not allow the next request: 6,100 tokens were used in this turn",
  );
  expect(model.requests).toHaveLength(1);
  const again = await exec(stage, "--json", "go");
  expect(again.code).toBe(1);
  expect(again.otherLines).toEqual([]);
  expect(again.events.map(({ type }) => type)).toEqual([
    "thread.started",
    "turn.started",
    "item.started",
    "item.completed",
    "error",
    "turn.failed",
  ]);
  const { error } = again.events.at(-1) as unknown as { error: { message: string } };
  expect(error.message).toContain("turn_tokens");
  const sent = model.requests.length;
  const raised = await exec(stage, "resume", "--last", "-c", "codex_agent.budget.turn_tokens=80000", "go on");
  expect(raised.code, raised.stderr).toBe(0);
  expect(model.requests.length).toBeGreaterThan(sent);
  const { input } = model.requests.at(-1)!.body as { input: { type: string; call_id?: string }[] };
  const calls = input.filter(({ type }) => type === "function_call").map((item) => item.call_id);
  const outputs = input.filter(({ type }) => type === "function_call_output").map((item) => item.call_id);
  expect(outputs).toEqual(calls);
});

test("a thread's budget knows what the thread used before", async () => {
  const { stage } = await stageOf(turns([3000, 0, 100, 0]), "[codex_agent.budget]\nthread_tokens = 10000");
  expect((await exec(stage, "one")).code).toBe(0);
  const next = await exec(stage, "resume", "--last", "two");
  expect(next.code).toBe(1);
  expect(next.stderr).toMatch(/thread_tokens \(10,000 tokens\)[^\n]*9,300 tokens were used in this thread/);
  expect((await exec(stage, "a new one")).code).toBe(0);
});

test("dollars need a price, and nothing is sent without one", async () => {
  const { stage, model } = await stageOf(
    turns([3000, 0, 100, 0]),
    "[codex_agent.budget]\nday_usd = 0.8",
    "house-model",
  );
  const { code, stderr } = await exec(stage, "go");
  expect(code).toBe(1);
  expect(stderr).toContain('[codex_agent.prices."house-model"]');
  expect(model.requests).toHaveLength(0);
  const price = `codex_agent.prices."house-model"={ input = 100, cached_input = 10, output = 300 }`;
  const priced = await exec(stage, "-c", price, "go");
  expect(priced.code, priced.stderr).toBe(0);
  const spent = await exec(stage, "-c", price, "go");
  expect(spent.code).toBe(1);
  expect(spent.stderr).toMatch(/day_usd \(\$0\.80\)[^\n]*were used today/);
});

test("two processes share a day, and none is let in that would not fit beside the other", async () => {
  let arrived = 0;
  let release = (): void => undefined;
  const gate = new Promise<void>((open) => (release = open));
  const { stage, model } = await stageOf(async () => {
    arrived++;
    if (arrived === 2) release();
    await gate;
    return respond([message("m", "done")], { usage: [7000, 0, 100, 0] });
  }, "[codex_agent.budget]\nday_tokens = 12000");
  // What both read is booked while they are under way, so that a third one would not fit.
  const both = await Promise.all([exec(stage, "x".repeat(10_000)), exec(stage, "y".repeat(10_000))]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(model.requests).toHaveLength(2);
  const third = await exec(stage, "again");
  expect(third.code).toBe(1);
  expect(third.stderr).toContain("14,200 tokens were used today");
  expect(model.requests).toHaveLength(2);
});

test("a project cannot say what its work may cost", async () => {
  const { stage } = await stageOf(turns([3000, 0, 100, 0]), "[codex_agent.budget]\nturn_tokens = 100");
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(join(stage.workspace, ".codex"));
  writeFileSync(join(stage.workspace, ".codex", "config.toml"), "[codex_agent.budget]\nturn_tokens = 1000000\n");
  const trust = `projects.${JSON.stringify(stage.workspace)}.trust_level="trusted"`;
  const { code, stdout } = await exec(stage, "--json", "-c", trust, "go");
  expect(code).toBe(1);
  expect(stdout).toContain("A project may not set codex_agent.budget");
  expect(stdout).toContain("turn_tokens (100 tokens)");
});

test("a plain turn opens no ledger", async () => {
  const { stage } = await stageOf(turns([3000, 0, 100, 0]), "[codex_agent.budget]\nturn_tokens = 100000");
  expect((await exec(stage, "go")).code).toBe(0);
  expect(() => readFileSync(join(stage.home, ".agent_runtime", "ledger.sqlite"))).toThrow("ENOENT");
});

test("usage tells people and programs, whole or one table", async () => {
  const { stage } = await stageOf(turns([3000, 1024, 100, 50]), "");
  expect((await run(ours(), stage, ["usage"])).stdout).toBe("Nothing was used yet.\n");
  await exec(stage, "go");
  const text = await run(ours(), stage, ["usage"]);
  expect(text.code, text.stderr).toBe(0);
  expect(text.stdout).toMatch(/^cause +tokens +input +cached +output +cost\n/);
  expect(text.stdout).toMatch(/^total +6,200 +6,000 +2,048 +200 +\$0\.03$/m);
  expect(text.stdout).toMatch(/^gpt-5\.5 +6,200/m);
  expect(text.stdout).toContain("an estimate of what each request held");
  const one = await run(ours(), stage, ["usage", "--thread", "last"]);
  expect(one.stdout).toMatch(/^turn \S{36} +2 requests +6,200 +\$0\.03$/m);
  const { stdout } = await run(ours(), stage, ["usage", "--by", "model", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    total: { requests: 2, totalTokens: 6200 },
    byModel: [{ model: "gpt-5.5", inputTokens: 6000, cachedInputTokens: 2048, outputTokens: 200 }],
  });
  expect(JSON.parse(stdout)).not.toHaveProperty("byCause");
  const day = await run(ours(), stage, ["usage", "--by", "day"]);
  expect(day.stdout).toMatch(/^day .*\n\d{4}-\d\d-\d\d +6,200/);
  const wrong = await run(ours(), stage, ["usage", "--by", "week"]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("--by knows cause, model, day");
  const missing = await run(ours(), stage, ["usage", "--thread", "nobody"]);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("nobody");
});
