import type { CompactionSetup } from "../kernel/turn-setup.ts";
import { windowOf, type ModelInfo } from "../model/catalog.ts";
import type { ReasoningSettings } from "../model/model-client.ts";
import type { ThreadFacts } from "./turn-setup.ts";

/** Share of a context window that is full enough, and the most that the configuration can allow. */
const fullShare = 0.9;

export function compactionSetup(
  facts: ThreadFacts,
  reasoningOf: (model: ModelInfo) => ReasoningSettings | null,
): CompactionSetup {
  const { config, model } = facts;
  const most = Math.floor(windowOf(config.contextWindow, model) * fullShare);
  return {
    limit: Math.min(config.autoCompactTokenLimit ?? model.autoCompactTokenLimit ?? most, most),
    prompt: config.compactPrompt,
    firstWindowId: facts.identity.contextWindowId,
    summariser: (name) => {
      const former = name === model.name ? model : facts.catalog.find(name);
      return {
        model: former,
        reasoning: reasoningOf(former),
        verbosity: config.verbosity ?? former.defaultVerbosity,
        baseInstructions: facts.firstInstructions ?? facts.baseInstructions,
      };
    },
    async after() {
      for (const part of facts.parts) await part.compacted?.();
    },
  };
}
