import type { Config } from "../../config/config.ts";
import { valueAt } from "../../config/toml/toml-values.ts";
import type { ModelInfo } from "../../model/catalog.ts";

/**
 * The model with the way of calling tools that the configuration asks for: `[codex_agent.tools] mode`, or Codex's features
 * `code_mode_only` and `code_mode`, which turn it on for models that do without.
 */
export function withToolMode(model: ModelInfo, { codexAgent, features }: Config): ModelInfo {
  const mode = valueAt(codexAgent, ["tools", "mode"]) as ModelInfo["toolMode"] | undefined;
  if (mode === "classic") return { ...model, toolMode: mode, lite: false, parallelToolCalls: true };
  if (mode !== undefined) return { ...model, toolMode: mode };
  if (model.toolMode !== "classic") return model;
  if (features["code_mode_only"] === true) return { ...model, toolMode: "code" };
  return features["code_mode"] === true ? { ...model, toolMode: "mixed" } : model;
}
