import { describe, expect, it } from "vitest";
import { message, respond, startFakeModel, type FakeModel } from "../../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Outcome, type Stage, type StageOptions } from "../../support/run.ts";

async function demo(
  args: string[],
  options: StageOptions = {},
): Promise<{ outcome: Outcome; model: FakeModel; stage: Stage }> {
  const model = await startFakeModel(({ index }) => respond([message(`m${index}`, `answer ${index}`)]));
  const stage = await makeStage({ baseUrl: model.baseUrl, config: 'model = "gpt-5.5"', ...options });
  try {
    return { outcome: await run(ours(), stage, ["sdk-demo", ...args]), model, stage };
  } finally {
    await model.close();
    await stage.dispose();
  }
}

describe("AS-92, AS-93: the demo", () => {
  it("tries a thread, an answer and a stream, and says that it says yes", async () => {
    const { outcome } = await demo([]);
    const [notice, ...lines] = outcome.stdout.trimEnd().split("\n");
    expect(notice).toContain("every approval is answered with yes");
    expect(lines).toEqual([
      expect.stringMatching(/^\[PASS\] start a thread: [0-9a-f-]{36} on gpt-5.5$/),
      "[PASS] create a response: answer 0",
      "[PASS] stream text: 2 pieces",
      "mode=smoke total=3 passed=3 failed=0 skipped=0",
    ]);
    expect(outcome.code).toBe(0);
  });

  it.each([
    ["codex-agent", {}],
    ["codex", { CODEX_CLI_PATH: oracle().path }],
  ])("tries everything on the server of %s, and fails at nothing", async (_, env: Record<string, string>) => {
    const { outcome } = await demo(["--mode", "full", "--json"], { env });
    const { cases, ...sum } = JSON.parse(outcome.stdout) as {
      cases: { name: string; verdict: string; detail: string }[];
    };
    expect(cases.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(sum).toEqual({ mode: "full", total: 23, passed: 21, failed: 0, skipped: 2 });
    const skipped = cases.filter(({ verdict }) => verdict === "skip").map(({ name }) => name);
    expect(skipped).toEqual(["read rate limits", "read remote skills"]);
    expect(outcome.code).toBe(0);
  });

  it("passes prompts on, and shows events", async () => {
    const args = [
      "--mode",
      "demo",
      "--show-events",
      "--prompt-create",
      "one",
      "--prompt-events",
      "two",
      "--prompt-stream",
      "three",
    ];
    const { outcome, model } = await demo(args);
    expect(outcome.stdout).toContain("\n  item/agentMessage/delta ");
    const said = model.requests.map(({ body }) => JSON.stringify((body as { input: unknown[] }).input.at(-1)));
    expect(said.map((text) => /one|two|three/.exec(text)?.[0])).toEqual(["one", "three", "two"]);
  });

  it("ends with 1 when anything fails, and with the first failure where that is wanted", async () => {
    const env = { FAKE_KEY: "" };
    const [lenient, strict] = [await demo([], { env }), await demo(["--strict"], { env })];
    expect(lenient.outcome.stdout).toContain("mode=smoke total=3 passed=1 failed=2");
    expect(strict.outcome.stdout).toContain("mode=smoke total=2 passed=1 failed=1");
    expect([lenient.outcome.code, strict.outcome.code]).toEqual([1, 1]);
  });

  it("knows its modes", async () => {
    const { outcome } = await demo(["--mode", "wild"]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("smoke, demo, full");
  });
});
