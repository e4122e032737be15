import type { Config } from "../../config/config.ts";
import type { Homes } from "../../config/homes.ts";
import { builtInProfiles, resolveProfile } from "../../config/permissions/permission-profiles.ts";
import { absolutePath } from "../../config/permissions/permissions.ts";
import { readRequirements } from "../../config/permissions/requirements.ts";
import { features } from "../../config/schema/features.ts";
import type { TomlTable } from "../../config/toml/toml-values.ts";
import type { ResultOf } from "../../protocol/methods.ts";
import type { ConfigOf } from "../../protocol/settings-methods.ts";
import type { ConfigView, ProfileFacts, ProviderFacts, ProviderKey, Settings } from "../../protocol/settings.ts";
import { catalogOf } from "../model/model-catalog.ts";
import { readConfig } from "./config-methods.ts";

export function featureFacts({ features: set }: Config): ResultOf<"feature/list"> {
  return {
    features: features.map(({ name, stage, on }) => ({ name, stage, defaultOn: on, on: set[name] ?? on })),
  };
}

export async function modelFacts(config: Config): Promise<ResultOf<"model/list">> {
  const { models } = await catalogOf(config);
  return {
    models: models.map((model) => ({
      name: model.name,
      displayName: model.displayName,
      description: model.description,
      listed: model.listed,
      efforts: model.efforts,
      defaultEffort: model.defaultEffort,
      readsImages: model.imageDetail !== null,
      hasPersonalities: Object.keys(model.personalities).length > 0,
      agents: model.agentTools === "path" ? "v2" : model.toolMode === "classic" ? null : "v1",
    })),
  };
}

export async function profileFacts(
  which: ConfigOf,
  homes: Homes,
  systemDirectory: string,
): Promise<ResultOf<"profile/list">> {
  const { settings } = await readConfig(which, homes, systemDirectory);
  const allowed = (await readRequirements(systemDirectory))?.permissionProfiles ?? null;
  const may = (id: string): boolean => allowed === null || allowed.includes(id);
  const own = Object.entries(tableOf(settings["permissions"])).map(([id, profile]): ProfileFacts => {
    const description = tableOf(profile)["description"];
    return {
      id,
      description: typeof description === "string" ? description : null,
      allowed: may(id) && canBeHeld(id, settings, homes),
    };
  });
  const builtIn = builtInProfiles.map((id): ProfileFacts => ({ id, description: null, allowed: may(id) }));
  return { profiles: [...builtIn, ...own.toSorted((one, other) => (one.id < other.id ? -1 : 1))] };
}

/** What a profile says may be more than these walls can hold. */
function canBeHeld(id: string, settings: Settings, homes: Homes): boolean {
  try {
    resolveProfile(id, {
      settings: settings as TomlTable,
      cwd: homes.codex,
      absolute: (path) => absolutePath(path, homes.codex, homes),
    });
    return true;
  } catch {
    return false;
  }
}

const keys = ["http_headers", "env_http_headers", "experimental_bearer_token", "auth"];

export function providerFacts({ settings }: ConfigView): ResultOf<"provider/list"> {
  const own = Object.entries(tableOf(settings["model_providers"])).map(([id, value]): ProviderFacts => {
    const table = tableOf(value);
    return {
      id,
      name: textOf(table["name"]) ?? id,
      baseUrl: textOf(table["base_url"]),
      builtIn: false,
      key: keyOf(table),
    };
  });
  const openai: ProviderFacts = {
    id: "openai",
    name: "OpenAI",
    baseUrl: textOf(settings["openai_base_url"]),
    builtIn: true,
    key: { type: "configured" },
  };
  return {
    providers: [...own, openai].sort((one, other) => (one.id < other.id ? -1 : 1)),
    used: textOf(settings["model_provider"]) ?? "openai",
  };
}

function keyOf(table: Settings): ProviderKey {
  const variable = textOf(table["env_key"]);
  if (variable !== null) return { type: "variable", name: variable };
  const configured = keys.some((key) => table[key] !== undefined) || table["requires_openai_auth"] === true;
  return { type: configured ? "configured" : "none" };
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const tableOf = (value: unknown): Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Settings) : {};

export async function requirementFacts(systemDirectory: string): Promise<ResultOf<"requirements/read">> {
  const found = await readRequirements(systemDirectory);
  if (found === null) return { requirements: null };
  const { file: _file, mcpServers: _servers, developerInstructions: _text, hooks: _hooks, ...facts } = found;
  return { requirements: facts };
}
