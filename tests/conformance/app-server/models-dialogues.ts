import type { AppClient } from "../../support/app-client.ts";
import type { Dialogue } from "./dialogue.ts";
import { changed, inOurWords } from "./settings-wanted.ts";

/** What the catalog of the real one says beside what can be done with a model. */
interface ListedModel {
  description: string;
  supportedReasoningEfforts: { description: string }[];
}

/** What a model is praised with, and tiers of one vendor's service, which this kernel does not ask for. */
const advertised = {
  description: "",
  availabilityNux: null,
  upgrade: null,
  upgradeInfo: null,
  additionalSpeedTiers: [],
  serviceTiers: [],
  defaultServiceTier: null,
  modelSpecialty: null,
};

const efforts: Record<string, string> = {
  "Fast responses with lighter reasoning": "Little reasoning, quick answers",
  "Balances speed and reasoning depth for everyday tasks": "Enough reasoning for most work",
  "Greater reasoning depth for complex problems": "Much reasoning for hard problems",
  "Extra high reasoning depth for complex problems": "Even more reasoning for hard problems",
  "Maximum reasoning depth for the hardest problems": "As much reasoning as the model has",
  "Maximum reasoning with automatic task delegation":
    "As much reasoning as the model has, with sub-agents at work beside it",
};

const plainModel = (model: ListedModel): unknown => ({
  ...model,
  ...advertised,
  supportedReasoningEfforts: model.supportedReasoningEfforts.map((effort) => ({
    ...effort,
    description: efforts[effort.description],
  })),
});

type Listed = { result?: { data?: ListedModel[] } };

const write = (client: AppClient, settings: Record<string, unknown>): Promise<unknown> =>
  client.request("modelProvider/config/write", { settings: { type: "customGateway", ...settings } });

export const modelsDialogues: Dialogue[] = [
  {
    name: "models are listed, page by page",
    script: () => [],
    stage: { baseUrl: "http://127.0.0.1:9/v1", config: `model = "gpt-5.5"` },
    async play(desk) {
      const client = await desk.connect();
      await client.request("model/list", {});
      await client.request("model/list", { limit: 2 });
      await client.request("model/list", { limit: 1, cursor: "3" });
      await client.request("model/list", { limit: 0 });
      await client.request("model/list", { cursor: "9" });
      for (const cursor of ["x", "", "-1", "100"]) await client.request("model/list", { cursor });
      await client.request("model/list", { modelProvider: "openai", limit: 1 });
      await client.request("model/list", { modelProvider: "nope" });
    },
    wanted: {
      reason: "The catalog says what can be done with a model, and praises none.",
      change: (real) =>
        changed(real, (reply) => {
          const { result } = reply as Listed;
          return result?.data === undefined
            ? inOurWords(reply)
            : { result: { ...result, data: result.data.map(plainModel) } };
        }),
    },
  },
  {
    name: "providers are listed, made and changed",
    script: () => [],
    stage: {
      baseUrl: "http://127.0.0.1:9/v1",
      config: `openai_base_url = "http://127.0.0.1:7/v1"`,
      provider: [
        "[model_providers.token]",
        `name = "token"\nbase_url = "http://127.0.0.1:9"\nexperimental_bearer_token = "t"`,
        "[model_providers.program]",
        `name = "program"\nbase_url = "http://127.0.0.1:9"\nauth = { command = "key" }`,
        "[model_providers.none]",
        `name = "none"\nbase_url = "http://127.0.0.1:9"`,
      ].join("\n"),
    },
    async play(desk) {
      const client = await desk.connect();
      await client.request("modelProvider/list", {});
      await write(client, { name: "My Gate!", baseUrl: "http://127.0.0.1:9/v1", envKey: "MY_KEY" });
      await write(client, { name: "My Gate!", baseUrl: "http://127.0.0.1:9/v1" });
      await write(client, { name: "日本", baseUrl: "http://127.0.0.1:9/v1" });
      await write(client, { providerId: "fake", name: "Renamed" });
      await write(client, { providerId: "program", name: "Renamed", baseUrl: "http://127.0.0.1:8" });
      await write(client, { providerId: "openai", name: "x", baseUrl: "http://127.0.0.1:9" });
      await write(client, { providerId: "nope", name: "x", baseUrl: "http://127.0.0.1:9" });
      for (const baseUrl of ["", "no address", "ftp://x", "http://user:word@x", "http://x/?y=1", "http://x/#y"])
        await write(client, { name: "x", baseUrl });
      for (const envKey of ["", "two words", "1A"]) await write(client, { name: "x", baseUrl: "http://x", envKey });
      await write(client, { name: "x" });
      await write(client, { name: " ", baseUrl: "http://x" });
      await client.request("modelProvider/config/write", { settings: { type: "openai" } });
      await client.request("modelProvider/list", {});
    },
  },
];
