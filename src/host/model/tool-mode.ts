import type { Config } from "../../config/config.ts";
import { isTable } from "../../config/toml/toml-values.ts";
import type { ModelInfo } from "../../model/catalog.ts";
import { AgentError } from "../../protocol/errors.ts";

const modes = ["classic", "code", "mixed"] as const satisfies ModelInfo["toolMode"][];

/**
 * The model with the way of calling tools that the configuration asks for: `[codex_agent.tools] mode`, or Codex's features
 * `code_mode_only` and `code_mode`, which turn it on for models that do without. @throws AgentError `config`
 */
export function withToolMode(model: ModelInfo, { codexAgent, features }: Config): ModelInfo {
  const table = isTable(codexAgent["tools"]) ? codexAgent["tools"] : {};
  const asked = table["mode"];
  const mode = modes.find((each) => each === asked);
  if (asked !== undefined && mode === undefined) {
    throw new AgentError(
      "config",
      `codex_agent.tools.mode is ${JSON.stringify(asked)}; there are: ${modes.map((each) => `"${each}"`).join(", ")}`,
    );
  }
  if (mode === "classic") return { ...model, toolMode: mode, lite: false, parallelToolCalls: true };
  if (mode !== undefined) return { ...model, toolMode: mode };
  if (model.toolMode !== "classic") return model;
  if (features["code_mode_only"] === true) return { ...model, toolMode: "code" };
  return features["code_mode"] === true ? { ...model, toolMode: "mixed" } : model;
}
