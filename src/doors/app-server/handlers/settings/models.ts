import type { Model, ModelProviderSummary } from "../../../../protocol/codex-0.169/app-server/models.ts";
import type { ExperimentalFeature } from "../../../../protocol/codex-0.169/app-server/settings.ts";
import type { ParamsOf } from "../../../../protocol/codex-0.169/app-server/methods.ts";
import type { FeatureInfo, ModelFacts, ProviderFacts, WriteRefusal } from "../../../../protocol/settings.ts";
import { AgentError } from "../../../../protocol/errors.ts";
import type { AppServer } from "../../app-server.ts";
import { refused } from "../../request-error.ts";
import { switchableFeatures } from "../../words/config-form.ts";
import { countedPage } from "../../words/counted-pages.ts";
import { assertThreadId } from "../../words/thread-ids.ts";
import { configOf } from "../../words/which-config.ts";
import type { Handlers } from "../handlers.ts";
import { writeError } from "./config.ts";

type Methods =
  | "experimentalFeature/list"
  | "experimentalFeature/enablement/set"
  | "permissionProfile/list"
  | "collaborationMode/list"
  | "model/list"
  | "modelProvider/list"
  | "modelProvider/config/write"
  | "modelProvider/capabilities/read";

const stages: Record<FeatureInfo["stage"], ExperimentalFeature["stage"]> = {
  stable: "stable",
  experimental: "beta",
  "under development": "underDevelopment",
  deprecated: "deprecated",
  removed: "removed",
};

/** What efforts mean to whoever chooses one. */
const effortTexts: Readonly<Record<string, string>> = {
  none: "Answers without reasoning",
  minimal: "Hardly any reasoning",
  low: "Little reasoning, quick answers",
  medium: "Enough reasoning for most work",
  high: "Much reasoning for hard problems",
  xhigh: "Even more reasoning for hard problems",
  max: "As much reasoning as the model has",
  ultra: "As much reasoning as the model has, with sub-agents at work beside it",
};

const wireModel = (model: ModelFacts, isDefault: boolean): Model => ({
  id: model.name,
  model: model.name,
  displayName: model.displayName ?? model.name,
  description: model.description ?? "",
  hidden: !model.listed,
  isDefault,
  supportedReasoningEfforts: model.efforts.map((reasoningEffort) => ({
    reasoningEffort,
    description: effortTexts[reasoningEffort] ?? reasoningEffort,
  })),
  defaultReasoningEffort: model.defaultEffort ?? "medium",
  inputModalities: model.readsImages ? ["text", "image"] : ["text"],
  supportsPersonality: model.hasPersonalities,
  multiAgentVersion: model.agents,
  additionalSpeedTiers: [],
  serviceTiers: [],
  defaultServiceTier: null,
  upgrade: null,
  upgradeInfo: null,
  availabilityNux: null,
  modelSpecialty: null,
  availableAccessPrograms: null,
});

function wireProvider({ id, name, baseUrl, builtIn, key }: ProviderFacts): ModelProviderSummary {
  const shared = { id, name, baseUrl, canEdit: !builtIn };
  if (builtIn) return { ...shared, settings: { type: "openai" } };
  switch (key.type) {
    case "none":
      return { ...shared, settings: { type: "customGateway", auth: { mode: "none" } } };
    case "variable":
      return {
        ...shared,
        settings: { type: "customGateway", auth: { mode: "environmentVariable", envKey: key.name } },
      };
    case "configured":
      return { ...shared, settings: { type: "customGateway", auth: { mode: "externallyConfigured", envKey: null } } };
  }
}

/** @throws RequestError for a provider that nobody has configured */
export async function providerOf(server: AppServer, asked: string | null | undefined): Promise<ProviderFacts> {
  const { providers, used } = await server.client.call("provider/list", configOf(server));
  const id = asked ?? used;
  const provider = providers.find((one) => one.id === id);
  if (provider !== undefined) return provider;
  throw refused(`The model provider “${id}” of this chat is not configured any more; configure it again to go on.`, {
    type: "modelProviderNotConfigured",
    modelProvider: id,
  });
}

export const models: Handlers<Methods> = {
  async "experimentalFeature/list"({ threadId, ...page }, { server }) {
    if (threadId != null) assertThreadId(threadId);
    const { features } = await server.client.call("feature/list", {
      ...configOf(server),
      ...(threadId != null && { threadId }),
    });
    const shown = features.map(({ name, stage, on, defaultOn }): ExperimentalFeature => ({
      name,
      stage: stages[stage],
      enabled: server.switchedFeatures.get(name) ?? on,
      defaultEnabled: defaultOn,
      // None of those that are still tried out does anything here that could be praised.
      displayName: null,
      description: null,
      announcement: null,
    }));
    return countedPage(shown, page, "feature flags");
  },

  async "experimentalFeature/enablement/set"({ enablement }, { server }) {
    const taken = Object.entries(enablement).filter(([name]) => switchableFeatures.has(name));
    for (const [name, on] of taken) server.switchedFeatures.set(name, on);
    return { enablement: Object.fromEntries(taken) };
  },

  async "permissionProfile/list"({ cwd, ...page }, { server }) {
    const { profiles } = await server.client.call("profile/list", configOf(server, cwd));
    return countedPage(profiles, page, "permission profiles");
  },

  async "collaborationMode/list"() {
    return {
      data: [
        { name: "Plan", mode: "plan", model: null, reasoning_effort: "medium" },
        { name: "Default", mode: "default", model: null, reasoning_effort: null },
      ],
    };
  },

  async "model/list"({ includeHidden, modelProvider, ...page }, { server }) {
    if (modelProvider != null) await providerOf(server, modelProvider);
    const { models: all } = await server.client.call("model/list", configOf(server));
    const preferred = all.find(({ listed }) => listed);
    const shown = all.filter(({ listed }) => listed || includeHidden === true);
    return countedPage(
      shown.map((model) => wireModel(model, model === preferred)),
      page,
      "models",
    );
  },

  async "modelProvider/list"(_params, { server }) {
    const { providers, used } = await server.client.call("provider/list", configOf(server));
    return { data: providers.map(wireProvider), defaultProviderId: used, canChangeDefault: true };
  },

  async "modelProvider/config/write"({ settings }, { server }) {
    if (settings.type !== "customGateway") {
      throw refused(
        `Providers of type ${settings.type} are not supported by codex-agent: their requests are signed in ways of one vendor; name a gateway instead`,
      );
    }
    try {
      const id = await writeProvider(settings, server);
      return { provider: wireProvider(await providerOf(server, id)) };
    } catch (error) {
      throw writeError(error);
    }
  },

  async "modelProvider/capabilities/read"() {
    // What is asked of every provider: whether the model at hand can is for its catalog entry to say.
    return { imageGeneration: false, webSearch: true };
  },
};

const invalid = (message: string, reason: WriteRefusal = "invalid"): AgentError =>
  new AgentError("config", message, { details: { reason } });

type Gateway = Extract<ParamsOf<"modelProvider/config/write">["settings"], { type: "customGateway" }>;

/** Makes a provider of one's own, or changes what is said of one; gives its id. */
async function writeProvider(gateway: Gateway, server: AppServer): Promise<string> {
  const { providers } = await server.client.call("provider/list", configOf(server));
  const id = gateway.providerId ?? null;
  const existing = providers.find((provider) => provider.id === id);
  if (existing?.builtIn) throw invalid("A custom provider or gateway cannot use a built-in provider ID.");
  if (id !== null && existing === undefined) throw invalid("Unknown provider ID.", "not_found");
  const name = gateway.name?.trim();
  if (name === "" || (name === undefined && existing === undefined)) throw invalid("Enter a provider name.");
  if (gateway.baseUrl == null && existing === undefined)
    throw invalid("A base URL is required to create a custom provider.");
  if (gateway.baseUrl != null && !isPlainUrl(gateway.baseUrl))
    throw invalid("Enter an HTTP(S) base URL without credentials, a query, or a fragment.");
  if (gateway.envKey != null && !/^[A-Za-z_]\w*$/.test(gateway.envKey))
    throw invalid("Invalid API key environment variable name.");
  const chosen = id ?? freshId(name ?? "", new Set(providers.map((provider) => provider.id)));
  const said = {
    ...(gateway.baseUrl != null && { base_url: gateway.baseUrl }),
    ...(gateway.envKey != null && { env_key: gateway.envKey }),
    ...(name !== undefined && { name }),
    ...(existing === undefined && { wire_api: "responses" }),
  };
  await server.client.call("config/write", {
    ...configOf(server),
    edits: [{ path: ["model_providers", chosen], value: said, merge: "upsert" }],
  });
  return chosen;
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === "");
}

function freshId(name: string, taken: ReadonlySet<string>): string {
  const base =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "custom";
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}
