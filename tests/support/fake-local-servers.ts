import { startFakeModel, type FakeModel, type Script } from "./fake-model.ts";

/** What a model of a local server is, in words that each kind of server says otherwise. */
export interface LocalModel {
  readonly name: string;
  /** Tokens that the server lets it read; null: an Ollama that has not loaded it. */
  readonly window: number | null;
  readonly trained?: number;
  readonly tools?: boolean;
  readonly images?: boolean;
  readonly reasoning?: boolean;
}

const listOf = (models: readonly LocalModel[], owner: string, more: (model: LocalModel) => object): object => ({
  object: "list",
  data: models.map((model) => ({ id: model.name, object: "model", created: 1, owned_by: owner, ...more(model) })),
});
const others = (models: readonly LocalModel[], name: unknown): LocalModel | undefined =>
  models.find((model) => model.name === name);

/** What servers of each kind answer at the paths where they tell of themselves, as far as their documents say. */
export const localFacts = {
  ollama: (models: readonly LocalModel[]) => ({
    "/v1/models": listOf(models, "library", () => ({})),
    "/api/version": { version: "0.15.0" },
    "/api/ps": {
      models: models.flatMap(({ name, window }) =>
        window === null ? [] : [{ name, model: name, size: 1, size_vram: 1, context_length: window }],
      ),
    },
    "/api/show": (body: unknown) => {
      const model = others(models, (body as { model?: unknown }).model);
      if (model === undefined) return undefined;
      const { tools = true, images = false, reasoning = false, trained = 131_072 } = model;
      return {
        parameters: 'stop "<|im_end|>"\ntemperature 0.7',
        model_info: { "general.architecture": "qwen3", "qwen3.block_count": 36, "qwen3.context_length": trained },
        capabilities: [
          "completion",
          ...(tools ? ["tools"] : []),
          ...(images ? ["vision"] : []),
          ...(reasoning ? ["thinking"] : []),
        ],
      };
    },
  }),
  lmstudio: (models: readonly LocalModel[]) => ({
    "/v1/models": listOf(models, "organization_owner", () => ({})),
    "/api/v0/models": {
      object: "list",
      data: models.map(({ name, window, trained = 131_072, tools = true, images = false }) => ({
        id: name,
        object: "model",
        type: images ? "vlm" : "llm",
        state: window === null ? "not-loaded" : "loaded",
        max_context_length: trained,
        ...(window !== null && { loaded_context_length: window }),
        capabilities: tools ? ["tool_use"] : [],
      })),
    },
  }),
  vllm: (models: readonly LocalModel[]) => ({
    "/v1/models": listOf(models, "vllm", ({ window, name }) => ({ root: name, parent: null, max_model_len: window })),
    "/version": { version: "0.12.0" },
  }),
  llamacpp: (models: readonly LocalModel[]) => ({
    "/v1/models": listOf(models, "llamacpp", ({ trained = 131_072 }) => ({
      meta: { n_ctx_train: trained, n_vocab: 1 },
    })),
    "/health": { status: "ok" },
    "/props": {
      default_generation_settings: { n_ctx: models[0]?.window ?? 4096, params: {} },
      modalities: { vision: models[0]?.images === true, audio: false },
      chat_template_caps: { supports_tools: models[0]?.tools !== false },
      total_slots: 1,
    },
  }),
} as const;

/** A server of that kind on a real port; its completions follow the script. */
export const startLocalServer = (
  kind: keyof typeof localFacts,
  models: readonly LocalModel[],
  script: Script = [],
): Promise<FakeModel> => startFakeModel(script, { facts: localFacts[kind](models) });
