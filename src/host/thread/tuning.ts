import type { ThreadOptions, ThreadSettings } from "../../protocol/methods.ts";
import { configure } from "../configure.ts";
import { admit, type Admission } from "../guard/admission.ts";
import { chooseModel, modelWarnings } from "../model/choose-model.ts";
import { instructionsOf } from "../model/model-catalog.ts";
import type { ThreadFacts } from "../turn-setup.ts";
import { surroundings } from "../walls/command-walls.ts";
import type { Caller, Machine } from "./live-thread.ts";
import type { Metering } from "./metering.ts";

/** What a thread stands on; settings put something else in its place. */
export interface Footing {
  /** What it would be opened with now. */
  options: ThreadOptions;
  admission: Admission;
}

export interface Tuned {
  readonly warnings: string[];
  readonly notices: readonly string[];
}

interface TuningPlace {
  readonly caller: Caller;
  readonly machine: Machine;
  readonly metering: Metering;
}

export interface Tuner {
  /**
   * What a change needs is read first; `check` may throw before anything of it holds. @throws AgentError for settings that
   * cannot be had
   */
  tune(settings: ThreadSettings, check?: () => void): Promise<Tuned>;
  /** Resolves when what was begun so far holds, or has failed. A turn that begins waits for it. */
  settled(): Promise<void>;
}

/** Changes settings of a thread one after the other: each stands on what those before it have left. */
export function tuner(footing: Footing, facts: ThreadFacts, { caller, machine, metering }: TuningPlace): Tuner {
  const { system, ledger } = machine;
  const change = async (settings: ThreadSettings, check: () => void): Promise<Tuned> => {
    const { withSettings } = await import("./settings.ts");
    const options = withSettings(footing.options, settings);
    const admission = await admit(await configure(options, system), system, ledger);
    const { config } = admission;
    const { demo, ...found } = await chooseModel(options, config, caller, machine);
    const { model } = found;
    const client = await metering.wrap(found.client, config);
    check();
    facts.tools.choose(config, model);
    const modelInstructions = instructionsOf(config, model);
    Object.assign(facts, { ...found, client, modelInstructions, config, surroundings: surroundings(config, system) });
    Object.assign(footing, { options, admission });
    return { warnings: modelWarnings(model, demo, null), notices: config.warnings };
  };
  let last = Promise.resolve();
  return {
    tune(settings, check = () => undefined) {
      const tuning = last.then(() => change(settings, check));
      last = tuning.then(
        () => undefined,
        () => undefined,
      );
      return tuning;
    },
    settled: () => last,
  };
}
