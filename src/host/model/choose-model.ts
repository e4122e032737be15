import type { Config } from "../../config/config.ts";
import type { StoredThread } from "../../kernel/journal-port.ts";
import { demoModel, unknownModelWarning, type Catalog, type ModelInfo } from "../../model/catalog.ts";
import type { ModelClient } from "../../model/model-client.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import type { Ids } from "../../system/ids.ts";
import { catalogOf, instructionsOf } from "./model-catalog.ts";
import { connectModel } from "./model-connection.ts";
import type { Caller, Machine } from "../thread/live-thread.ts";
import { withToolMode } from "./tool-mode.ts";

/** The model that options and configuration ask for, and the way to it. */
export async function chooseModel(
  options: ThreadOptions,
  config: Config,
  caller: Caller,
  { ids, system }: Machine,
): Promise<{ demo: boolean; model: ModelInfo; provider: string; client: ModelClient; catalog: Catalog }> {
  const catalog = await catalogOf(config);
  const demo =
    options.demo === true || config.model === demoModel || (caller.demoWhenUnconfigured && !config.hasAnyModelSetup);
  const model = demo ? catalog.find(demoModel) : withToolMode(catalog.find(config.model ?? catalog.preferred), config);
  let client = await (demo ? connectDemo(ids) : connectModel(config, caller, system));
  const fallbacks = config.codexAgent["fallback_models"] as readonly string[] | undefined;
  if (!demo && fallbacks !== undefined && fallbacks.length > 0) {
    const { withFallbacks } = await import("./chain.ts");
    const connect = (other: Config): ReturnType<typeof connectModel> => connectModel(other, caller, system);
    client = await withFallbacks({ model, client }, fallbacks, { config, catalog, system, connect });
  }
  return { demo, catalog, model, provider: demo ? demoModel : config.provider.id, client };
}

async function connectDemo(ids: Ids): Promise<ModelClient> {
  const { DemoClient } = await import("../../model/demo/demo-client.ts");
  return new DemoClient(ids);
}

/** A resumed thread keeps the base prompt that it was begun with, so that the provider's cache still fits, unless its model changed. */
export function chooseInstructions(config: Config, model: ModelInfo, stored: StoredThread | null): string {
  if (config.modelInstructions !== null) return config.modelInstructions;
  const same = stored?.lastContext?.model === model.name;
  return (same ? stored?.meta.baseInstructions : null) ?? instructionsOf(config, model);
}

export function modelWarnings(model: ModelInfo, demo: boolean, stored: StoredThread | null): string[] {
  const warnings: string[] = [];
  if (demo) {
    warnings.push(
      "The offline demo model is answering: it follows a small set of English requests and is no language model. Configure a model to get a real one.",
    );
  }
  const before = stored?.lastContext?.model;
  if (before !== undefined && before !== model.name) {
    warnings.push(
      `This session was recorded with model \`${before}\` but is resuming with \`${model.name}\`. \`-m ${before}\` goes on with the first one.`,
    );
  }
  if (!model.known) warnings.push(unknownModelWarning(model.name));
  return warnings;
}
