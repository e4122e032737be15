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
  if (demo)
    return { demo, catalog, model: catalog.find(demoModel), provider: demoModel, client: await connectDemo(ids) };
  const reach = (wanted: Config): Promise<Reached> => reachModel(wanted, catalog, caller, { ids, system });
  const first = await reach(config);
  const fallbacks = config.codexAgent["fallback_models"] as readonly string[] | undefined;
  const found = { demo, catalog, provider: config.provider.id };
  if (fallbacks === undefined || fallbacks.length === 0) return { ...found, ...first };
  const { withFallbacks } = await import("./chain.ts");
  return { ...found, model: first.model, client: await withFallbacks(first, fallbacks, { config, system, reach }) };
}

export interface Reached {
  readonly model: ModelInfo;
  readonly client: ModelClient;
}

async function reachModel(
  config: Config,
  catalog: Catalog,
  caller: Caller,
  { ids, system }: Pick<Machine, "ids" | "system">,
): Promise<Reached> {
  const { provider } = config;
  if (provider.unvouched !== null) (await import("./foreign.ts")).refuseForeignServer(provider, system);
  if (provider.wireApi === "responses") {
    const model = withToolMode(catalog.find(config.model ?? catalog.preferred), config);
    return { model, client: connectModel(config, caller, system) };
  }
  const { connectForeign } = await import("./foreign.ts");
  const { model, client } = await connectForeign(config, catalog, caller, { ids, system });
  return { model: withToolMode(model, config), client };
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
  warnings.push(...model.notes);
  return warnings;
}
