import type { Config } from "../../config/config.ts";
import { ourInstructions } from "../../kernel/context/prompts.ts";
import { stockCatalog, type Catalog, type ModelInfo } from "../../model/catalog.ts";

/** The catalog of a configuration: the built-in one, or the file that takes its place. @throws AgentError `config` */
export async function catalogOf({ modelCatalogFile }: Config): Promise<Catalog> {
  if (modelCatalogFile === null) return stockCatalog;
  const { readCatalogFile } = await import("../../model/catalog-file.ts");
  return readCatalogFile(modelCatalogFile);
}

/** The base prompt for a model: the configured one, else the model's own, else ours. */
export function instructionsOf({ modelInstructions, personality }: Config, model: ModelInfo): string {
  if (modelInstructions !== null) return modelInstructions;
  if (model.instructions === null) return ourInstructions(personality);
  const { personalities } = model;
  const manner = personality === "none" ? "" : (personalities[personality ?? "default"] ?? personalities.default ?? "");
  return model.instructions.replaceAll(/\{\{\s*personality\s*\}\}/g, () => manner);
}
