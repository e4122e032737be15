import { joinCapabilities, nothingKnown, type Capabilities } from "./capabilities.ts";

/** Readers of what servers tell of their models; each gives what it finds and never throws. */

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
const flag = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);

/** One entry of a list of models, and the names that it goes by. */
export interface ListedModel {
  readonly id: string;
  readonly capabilities: Capabilities;
  /** The kind of server that says so of itself. */
  readonly owner: string | null;
}

/**
 * `GET /models` of every API: OpenAI's list, and what vLLM (`max_model_len`), llama.cpp (`meta`), OpenRouter (`context_length`,
 * `architecture`, `supported_parameters`), Anthropic (`max_input_tokens`, `capabilities`) and others add to its entries.
 */
export function readModelList(body: unknown): ListedModel[] {
  const entries = list(fields(body)["data"] ?? fields(body)["models"] ?? body);
  return entries.flatMap((value) => {
    const entry = fields(value);
    const id = entry["id"] ?? entry["name"];
    if (typeof id !== "string" || id === "") return [];
    const owner = typeof entry["owned_by"] === "string" ? entry["owned_by"] : null;
    return [{ id, owner, capabilities: entryCapabilities(entry) }];
  });
}

/** A model of the list by its name; Gemini's stand there with `models/` before it. */
export const listedModel = (models: readonly ListedModel[], name: string): ListedModel | undefined =>
  models.find(({ id }) => id === name) ?? models.find(({ id }) => id === `models/${name}`);

function entryCapabilities(entry: Fields): Capabilities {
  const parameters = entry["supported_parameters"];
  const inputs = fields(entry["architecture"])["input_modalities"];
  const own = fields(entry["capabilities"]);
  const thinking = fields(own["thinking"]);
  const effort = fields(own["effort"]);
  const names = Object.keys(effort).filter((name) => fields(effort[name])["supported"] === true);
  const takes = (name: string): boolean | null => (Array.isArray(parameters) ? parameters.includes(name) : null);
  return {
    // The last is what the model was trained for: no server of its kind tells there what it was started with.
    contextWindow:
      count(entry["max_model_len"]) ??
      count(fields(entry["top_provider"])["context_length"]) ??
      count(entry["context_length"]) ??
      count(entry["max_input_tokens"]) ??
      count(entry["context_window"]) ??
      count(fields(entry["meta"])["n_ctx"]),
    tools: takes("tools"),
    images: Array.isArray(inputs) ? inputs.includes("image") : flag(fields(own["image_input"])["supported"]),
    reasoning: takes("reasoning") ?? flag(thinking["supported"]),
    efforts: names.length === 0 ? null : names,
  };
}

/** `POST /api/show` of Ollama: what the model can do, and the window that its file asks for. */
export function readOllamaShow(body: unknown): Capabilities {
  const shown = fields(body);
  const able = shown["capabilities"];
  const can = (name: string): boolean | null => (Array.isArray(able) ? able.includes(name) : null);
  const asked = /^num_ctx\s+(\d+)\s*$/m.exec(typeof shown["parameters"] === "string" ? shown["parameters"] : "")?.[1];
  return {
    ...nothingKnown,
    contextWindow: asked === undefined ? null : count(Number(asked)),
    tools: can("tools"),
    images: can("vision"),
    reasoning: can("thinking"),
  };
}

/** The most that a model of Ollama could read; what its server gives it is less as a rule. */
export function ollamaTrainedWindow(body: unknown): number | null {
  const info = fields(fields(body)["model_info"]);
  const key = Object.keys(info).find((name) => name.endsWith(".context_length"));
  return key === undefined ? null : count(info[key]);
}

/** `GET /api/ps` of Ollama: the window that the model runs with, where it runs. */
export function readOllamaRunning(body: unknown, model: string): Capabilities {
  const running = list(fields(body)["models"]).map(fields);
  const found = running.find(({ name, model: other }) =>
    [model, `${model}:latest`].some((one) => one === name || one === other),
  );
  return { ...nothingKnown, contextWindow: count(found?.["context_length"]) };
}

/** `GET /props` of llama.cpp. */
export function readLlamaProps(body: unknown): Capabilities {
  const props = fields(body);
  const template = fields(props["chat_template_caps"]);
  return {
    ...nothingKnown,
    contextWindow: count(fields(props["default_generation_settings"])["n_ctx"]) ?? count(props["n_ctx"]),
    images: flag(fields(props["modalities"])["vision"]),
    tools: flag(template["supports_tools"]),
  };
}

/** `GET /api/v0/models` of LM Studio. */
export function readLmStudioModels(body: unknown, model: string): Capabilities & { loaded: boolean } {
  const entry =
    list(fields(body)["data"])
      .map(fields)
      .find(({ id }) => id === model) ?? {};
  const able = entry["capabilities"];
  const kind = entry["type"];
  return {
    ...nothingKnown,
    contextWindow: count(entry["loaded_context_length"]) ?? count(entry["max_context_length"]),
    tools: Array.isArray(able) ? able.includes("tool_use") : null,
    images: typeof kind === "string" ? kind === "vlm" : null,
    loaded: entry["state"] === "loaded",
  };
}

/** Several answers in the order in which they count. */
export const joinAll = (all: readonly Capabilities[]): Capabilities => all.reduce(joinCapabilities, nothingKnown);
