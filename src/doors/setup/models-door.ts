import { catalogOf } from "../../host/model/model-catalog.ts";
import { effectiveWindow, type ModelInfo } from "../../model/catalog.ts";
import { AgentError } from "../../protocol/errors.ts";
import { configOf, json, type SetupFlags } from "./config-door.ts";
import { writeTable } from "./table.ts";

export interface ModelsFlags extends SetupFlags {
  readonly all?: boolean;
  /** Those that run on this machine. */
  readonly oss?: boolean;
  readonly probe?: boolean;
}

const facts = (info: ModelInfo, current: string): Record<string, unknown> => ({
  name: info.name,
  displayName: info.displayName,
  description: info.description,
  current: info.name === current,
  listed: info.listed,
  contextWindow: info.contextWindow,
  usableWindow: effectiveWindow(info.contextWindow, info.effectivePercent),
  defaultEffort: info.defaultEffort,
  efforts: info.efforts,
  readsImages: info.imageDetail !== null,
  toolMode: info.toolMode,
  tools: info.tools,
});

/** `models`: what the provider's server has, or where that speaks Responses, what the catalog in force knows. The configured model is shown also where the catalog has none of its name. */
export async function listModels(flags: ModelsFlags): Promise<number> {
  if (flags.oss === true) return (await import("./provider-models.ts")).listLocalServers(flags);
  const config = await configOf(flags);
  const catalog = await catalogOf(config);
  if (config.provider.wireApi !== "responses")
    return (await import("./provider-models.ts")).listProviderModels(config, catalog, flags);
  if (flags.probe === true)
    throw new AgentError(
      "not_supported",
      `Models of ${config.provider.name} are not tried: a catalog says what they can do, and model_catalog_json names another`,
    );
  const current = config.model ?? catalog.preferred;
  const named = catalog.models.filter(({ listed, name }) => listed || flags.all === true || name === current);
  const models = named.some(({ name }) => name === current) ? named : [catalog.find(current), ...named];
  if (flags.json === true) {
    process.stdout.write(
      `${json({ models: models.map((info) => ({ known: info.known, ...facts(info, current) })) })}\n`,
    );
    return 0;
  }
  writeTable([
    ["", "MODEL", "WINDOW", "EFFORTS", "IMAGES", "TOOLS"],
    ...models.map((info) => [
      info.name === current ? "*" : "",
      info.known ? info.name : `${info.name} (assumed)`,
      String(info.contextWindow),
      info.efforts.map((effort) => (effort === info.defaultEffort ? `[${effort}]` : effort)).join(" ") || "-",
      info.imageDetail === null ? "no" : "yes",
      info.toolMode === "classic" ? info.tools.join(" ") : `${info.toolMode} mode: ${info.tools.join(" ")}`,
    ]),
  ]);
  return 0;
}
