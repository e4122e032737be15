import type { Config } from "../../config/config.ts";
import { configError } from "../../config/config-error.ts";
import { resolveProvider, type Provider } from "../../config/providers.ts";
import { FallbackClient, type Link } from "../../model/fallback/fallback-client.ts";
import { Outages } from "../../model/fallback/outages.ts";
import type { ModelClient } from "../../model/model-client.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import type { Reached } from "./choose-model.ts";

/** What is known of models that could not be reached, for all threads of a process. */
const outagesOf = new WeakMap<System, Outages>();

export interface ChainPlace {
  readonly config: Config;
  readonly system: System;
  /** The model of a configuration, and the way to it. */
  reach(config: Config): Promise<Reached>;
}

/**
 * The first model with those of `[codex_agent] fallback_models` behind it. @throws AgentError `config` for a name that is empty, and
 * what a provider is refused for
 */
export async function withFallbacks(
  first: Reached,
  names: readonly string[],
  { config, system, reach }: ChainPlace,
): Promise<ModelClient> {
  const link = (provider: Provider, modelName: string, way: () => Promise<Reached>): Link => ({
    name: `${provider.id}/${modelName}`,
    modelName,
    provider: provider.id,
    wire: provider.wireApi,
    reach: way,
  });
  const links = [link(config.provider, first.model.name, () => Promise.resolve(first))];
  for (const name of names) {
    if (name.trim() === "")
      throw configError('`codex_agent.fallback_models` holds an empty name; write "provider/model", or "model"');
    const { provider, model } = placeOf(name, config);
    const found = link(provider, model, () => reach({ ...config, provider, model }));
    if (!links.some((known) => known.name === found.name)) links.push(found);
  }
  if (links.length === 1) return first.client;
  const outages = outagesOf.get(system) ?? new Outages(system.clock);
  outagesOf.set(system, outages);
  return new FallbackClient(links, outages);
}

/** What stands before the first slash is a provider where there is one of that name; models have slashes in their names, too. */
function placeOf(name: string, config: Config): { provider: Provider; model: string } {
  const slash = name.indexOf("/");
  const id = name.slice(0, Math.max(0, slash));
  const model = name.slice(slash + 1);
  if (id !== "" && model !== "") {
    try {
      return { provider: resolveProvider({ ...config.settings, model_provider: id }, config.environment), model };
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "provider_not_found") throw error;
    }
  }
  return { provider: config.provider, model: name };
}
