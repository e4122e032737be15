import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { message, respond } from "../support/fake-model.ts";
import { oracle, ours, subject } from "../support/run.ts";
import { play, type Scenario } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";
import { themes } from "./scenarios.ts";

for (const [theme, scenarios] of Object.entries(themes)) {
  describe(`exec gives what the real Codex gives: ${theme}`, () => {
    for (const scenario of scenarios) {
      it.concurrent(
        scenario.name,
        async () => {
          const ruled = { rules: commonRules, ...scenario };
          const tested = subject();
          const [real, got] = await Promise.all([play(oracle(), ruled), play(tested, ruled)]);
          expect(real.faults).toEqual([]);
          const expected =
            scenario.wanted === undefined || tested.name === "codex" ? real : scenario.wanted.change(real);
          expect(got).toEqual(expected);
        },
        120_000,
      );
    }
  });
}

it("trusts outside of git what the configuration trusts, where the real Codex refuses", async () => {
  const prompt = { argv: ["exec", "--json", "-m", "gpt-5.5", "go"] };
  const scenario: Scenario = {
    name: "trusted directory by configuration",
    script: () => [respond([message("msg_1", "answer")])],
    setup: async ({ codexHome, workspace }) =>
      appendFile(join(codexHome, "config.toml"), `\n[projects."${workspace}"]\ntrust_level = "trusted"\n`),
    turns: [prompt],
  };
  const [real, got] = await Promise.all([play(oracle(), scenario), play(ours(), scenario)]);
  expect(real).toMatchObject({ runs: [{ code: 1, events: [] }], requests: [] });
  expect(got.runs[0]?.code).toBe(0);
  expect(got.runs[0]?.events.at(-1)).toMatchObject({ type: "turn.completed" });
  expect(got.requests).toHaveLength(1);
}, 120_000);
