import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { message, respond } from "../support/fake-model.ts";
import { oracle, ours, subject } from "../support/run.ts";
import { play, type Played, type Scenario } from "../support/scenario.ts";
import { anywhere, isLive, isOutdated, neverRecorded, played, readRecorded, type Recording } from "./recorded.ts";
import { themes } from "./scenarios.ts";

/** What is expected of the subject where the real Codex did this. */
function expected(scenario: Scenario, real: Played): Played {
  return scenario.wanted === undefined || subject().name === "codex" ? real : scenario.wanted.change(real);
}

/** Whether an agent that was just given work has begun with it is a matter of moments, here as there. */
function underWay(result: Played): Played {
  const events = JSON.stringify(result.runs).replaceAll('"status":"pending_init"', '"status":"running"');
  return { ...result, runs: JSON.parse(events) as Played["runs"] };
}

it.each(Object.keys(themes).filter((theme) => !neverRecorded.has(theme)))(
  "what is recorded of %s is of its scenarios as they stand",
  (theme) => {
    const recording = readRecorded(theme) as Recording | null;
    expect(isOutdated(theme, recording)).toBeNull();
    expect(new Set(Object.keys(recording!.played))).toEqual(new Set(themes[theme]!.map(({ name }) => name)));
  },
);

for (const [theme, scenarios] of Object.entries(themes)) {
  describe(`exec gives what the real Codex gives: ${theme}`, () => {
    const recording = readRecorded(theme) as Recording | null;

    it.concurrent.for([...scenarios.entries()].map(([index, scenario]) => ({ index, scenario, name: scenario.name })))(
      "$name",
      { timeout: 240_000 },
      async ({ index, scenario }) => {
        const recorded = recording?.played[scenario.name];
        if (recorded === undefined && !neverRecorded.has(theme))
          throw new Error(isOutdated(theme, recording) ?? `nothing is recorded of "${scenario.name}"`);
        if (!isLive(theme, index)) {
          const got = anywhere(await played(subject(), scenario));
          expect(underWay(got)).toEqual(underWay(expected(scenario, recorded!)));
          return;
        }
        const [real, got] = await Promise.all([played(oracle(), scenario), played(subject(), scenario)]);
        expect(real.faults).toEqual([]);
        expect(underWay(got)).toEqual(underWay(expected(scenario, real)));
        if (recorded !== undefined) {
          const now = underWay(anywhere(real));
          expect(now, "the real Codex does not do what is recorded of it").toEqual(underWay(recorded));
        }
      },
    );
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
}, 240_000);
