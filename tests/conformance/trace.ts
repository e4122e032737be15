import type { RequestRules } from "../support/normalise.ts";
import type { Binary } from "../support/run.ts";
import { play, type Played } from "../support/scenario.ts";
import { randomScenario } from "./random-script.ts";
import { readRecorded } from "./recorded.ts";
import { commonRules } from "./rules.ts";

/** A run without what every first request repeats: of each request only what it adds to the one before. */
export interface Trace {
  runs: Played["runs"];
  added: unknown[][];
  prefixKept: boolean[];
  files: Record<string, string>;
  faults: string[];
}

export const seeds: readonly number[] = Array.from({ length: 320 }, (_, index) => index + 1);

/** They were recorded without the list of what can be searched for; the scenarios show it. */
const rules: RequestRules = { ...commonRules, withoutBlocks: [...(commonRules.withoutBlocks ?? []), "<tools>"] };

export async function trace(binary: Binary, seed: number): Promise<Trace> {
  const { runs, requests, files, faults } = await play(binary, { ...randomScenario(seed), rules });
  const inputs = requests.map(({ body }) => (body as { input: unknown[] }).input);
  return {
    runs,
    added: inputs.map((input, index) => input.slice(inputs[index - 1]?.length ?? 0)),
    prefixKept: requests.map(({ prefixKept }) => prefixKept),
    files,
    faults,
  };
}

/** What the real Codex did with each seed when it was last recorded. */
export function readRecording(): Record<string, Trace> {
  return readRecorded("random-streams") as Record<string, Trace>;
}
