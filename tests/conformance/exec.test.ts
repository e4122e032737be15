import { describe, expect, it } from "vitest";
import { oracle, subject } from "../support/run.ts";
import { play } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";
import { themes } from "./scenarios.ts";

for (const [theme, scenarios] of Object.entries(themes)) {
  describe(`exec gives what the real Codex gives: ${theme}`, () => {
    for (const scenario of scenarios) {
      it.concurrent(
        scenario.name,
        async () => {
          const ruled = { rules: commonRules, ...scenario };
          const real = await play(oracle(), ruled);
          expect(real.faults).toEqual([]);
          const tested = subject();
          const expected = scenario.wanted === undefined || tested.name === "codex" ? real : scenario.wanted.change(real);
          expect(await play(tested, ruled)).toEqual(expected);
        },
        120_000,
      );
    }
  });
}
