import type { Assessment, Assessor } from "../../policy/effects/assessment.ts";
import { isHarmless } from "../../policy/harmless.ts";
import { noEffects } from "../../protocol/effects.ts";

/** Stands in until commands are read as a shell reads them: all but the plainest are unknown. */
export async function loadAssessor(): Promise<Assessor> {
  return {
    assess(argv): Assessment {
      if (isHarmless(argv)) return { commands: null, effects: noEffects, danger: "none", reasons: [] };
      const why = "what the command does cannot be told";
      return { commands: null, effects: { ...noEffects, unknown: [why] }, danger: "unknown", reasons: [why] };
    },
  };
}
