import type { Config } from "../../config/config.ts";
import { presets } from "../../config/providers/presets.ts";
import type { Provider } from "../../config/providers.ts";
import { askServer, type Told } from "../../model/capabilities/ask-server.ts";
import { keepCapabilities, keptCapabilities } from "../../model/capabilities/cache.ts";
import {
  isNothingKnown,
  joinCapabilities,
  nothingKnown,
  type Capabilities,
} from "../../model/capabilities/capabilities.ts";
import { familyCapabilities, foreignModel } from "../../model/capabilities/foreign-model.ts";
import type { Catalog, ModelInfo } from "../../model/catalog.ts";
import { DialectClient } from "../../model/dialect/dialect-client.ts";
import { plainProfile, type Profile } from "../../model/dialect/profile.ts";
import { keyedBy } from "../../model/dialect/keyed-by.ts";
import type { Dialect } from "../../model/dialect/step.ts";
import type { Endpoint } from "../../model/http/channel.ts";
import { portOf } from "../../model/local/find-servers.ts";
import { listeningOwner, type Owner } from "../../model/local/listening-owner.ts";
import type { ModelClient } from "../../model/model-client.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { Ids } from "../../system/ids.ts";
import { isLoopbackUrl } from "../../system/loopback.ts";
import type { System } from "../../system/ports.ts";
import { endpointOf, type Asker } from "./endpoint.ts";

/** A provider that is asked by another API than Responses, and how. */
export interface Way {
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  readonly profile: Profile;
}

/** A smaller window has no room for work beside instructions and tools. */
const smallestWindow = 16_000;

/**
 * The model of a configuration whose provider speaks chat completions or Messages. @throws AgentError `config` where no model is named
 * and the server has not exactly one
 */
export async function connectForeign(
  config: Config,
  catalog: Catalog,
  asker: Asker,
  { ids, system }: { ids: Ids; system: System },
): Promise<{ model: ModelInfo; client: ModelClient }> {
  const { provider } = config;
  const way = await wayTo(config, asker, system);
  const found = catalog.find(config.model ?? (await onlyModel(config, way, system)));
  const { told, trainedWindow } = await capabilitiesOf(config, found.name, way, system);
  const vision = provider.profile.vision ?? told.images;
  const local = isLoopbackUrl(provider.baseUrl);
  const foreign = foreignModel(found, { ...told, images: vision }, { local, trainedWindow });
  const model = { ...foreign, notes: notesOn(config, foreign, told, trainedWindow) };
  const profile = { ...way.profile, vision: model.imageDetail !== null };
  const newId = (prefix: string): string => `${prefix}${ids.hex(32)}`;
  return { model, client: new DialectClient(way.dialect, profile, way.endpoint, system, newId) };
}

/** The default of the built-in provider is no model of others. */
async function onlyModel(config: Config, way: Way, system: System): Promise<string> {
  const { provider } = config;
  const models = (await askProvider(config, "", way, system))?.models ?? [];
  if (models.length === 1) return models[0]!.id;
  const some = models
    .slice(0, 10)
    .map(({ id }) => id)
    .join(", ");
  const rest = models.length > 10 ? `, ... (\`codex-agent models\` lists all ${models.length})` : "";
  const there = models.length === 0 ? "" : `; there are: ${some}${rest}`;
  throw new AgentError("config", `No model of ${provider.name} is named: name one with -m, or set \`model\`${there}`);
}

export async function wayTo(config: Config, asker: Asker, system: System): Promise<Way> {
  const { provider } = config;
  const own =
    provider.wireApi === "messages"
      ? (await import("../../model/messages/dialect.ts")).messagesDialect
      : (await import("../../model/chat/dialect.ts")).chatDialect;
  return {
    dialect: provider.keyHeader === null ? own : keyedBy(own, provider.keyHeader),
    endpoint: endpointOf(config, asker, system),
    profile: { ...plainProfile, ...provider.profile },
  };
}

/** Anybody on the machine can listen on a port: prompts go to whom the user trusts, or has vouched for by writing the address. */
export function refuseForeignServer({ unvouched, baseUrl, id }: Provider, system: System): void {
  if (unvouched === null) return;
  const refusal = ownerRefusal(listeningOwner(portOf(baseUrl), system), presets[unvouched].name, id, baseUrl);
  if (refusal !== null) throw new AgentError("config", refusal);
}

/** Null: the server may be used. One whose owner cannot be seen is left to whoever can ask. */
export function ownerRefusal(owner: Owner, name: string, id: string, baseUrl: string): string | null {
  if (owner.type !== "other") return null;
  const who = owner.name === null ? `user ${owner.userId}` : `the user ${owner.name} (${owner.userId})`;
  return `What listens at ${baseUrl}, where ${name} would be, belongs to ${who}, not to you or root. If you trust that server, say so in config.toml: [codex_agent.providers.${id}] base_url = "${baseUrl}"`;
}

/** What is known of a model of the provider: what its server tells, what it showed, what is kept of both. */
async function capabilitiesOf(
  config: Config,
  model: string,
  way: Way,
  system: System,
): Promise<{ told: Capabilities; trainedWindow: number | null }> {
  const { provider, homes } = config;
  const kept = keptCapabilities(homes.runtime, provider.baseUrl, model, system);
  const before = kept === null ? nothingKnown : joinCapabilities(kept.told, kept.shown);
  // Models of a local server come and go, and it answers at once; another is asked once a day, and only when something is missing.
  const isSaid = config.contextWindow !== null && provider.profile.vision !== undefined;
  const isFamily = !isNothingKnown(familyCapabilities(model));
  if (!isLoopbackUrl(provider.baseUrl) && (kept?.fresh === true || isSaid || isFamily))
    return { told: before, trainedWindow: null };
  const asked = await askProvider(config, model, way, system);
  if (asked === null || isNothingKnown(asked.capabilities))
    return { told: before, trainedWindow: asked?.trainedWindow ?? null };
  const shown = kept?.fresh === true ? kept.shown : nothingKnown;
  keepCapabilities(homes.runtime, provider.baseUrl, model, { told: asked.capabilities, shown }, system);
  return { told: joinCapabilities(asked.capabilities, shown), trainedWindow: asked.trainedWindow };
}

/** Null where there is no key: the request of the turn says so. */
export async function askProvider(config: Config, model: string, way: Way, system: System): Promise<Told | null> {
  const { provider } = config;
  try {
    const key = (await way.endpoint.credential())?.reveal() ?? null;
    const { accept: _stream, "content-type": _type, ...headers } = way.dialect.headers(key);
    const access = { ...provider, headers: { ...headers, ...way.endpoint.headers } };
    return await askServer(access, model, system);
  } catch (error) {
    if (error instanceof AgentError) return null;
    throw error;
  }
}

function notesOn(config: Config, model: ModelInfo, told: Capabilities, trainedWindow: number | null): string[] {
  const notes: string[] = [];
  const { contextWindow: said } = config;
  if (said !== null && model.windowLimit !== null && said > model.windowLimit) {
    notes.push(
      `model_context_window is ${said}, but the server of \`${model.name}\` reads ${model.windowLimit} tokens at most: that is what counts.`,
    );
  }
  if (told.tools === false) {
    notes.push(
      `The server of \`${model.name}\` says that this model calls no tools: it can talk, and will hardly get anything done.`,
    );
  }
  const window = Math.min(said ?? model.contextWindow, model.windowLimit ?? Infinity);
  if (window < smallestWindow) {
    notes.push(
      `\`${model.name}\` reads ${window} tokens, which is little for instructions, tools and work; ${moreRoom(config.provider)}.`,
    );
  } else if (trainedWindow !== null && said === null) {
    notes.push(
      `The server does not say yet how much of its ${trainedWindow} tokens it lets \`${model.name}\` read; going on with ${model.contextWindow}. ${moreRoom(config.provider)} where answers forget their beginning.`,
    );
  }
  return notes;
}

function moreRoom({ id }: Provider): string {
  if (id === "ollama") return "start Ollama with OLLAMA_CONTEXT_LENGTH=32768 or more";
  if (id === "llamacpp") return "start llama-server with a larger --ctx-size";
  if (id === "vllm") return "start vLLM with a larger --max-model-len";
  return "load the model with a larger context";
}
