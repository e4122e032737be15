import { catalogOf } from "../../host/model/model-catalog.ts";
import { effectiveWindow, type ModelInfo } from "../../model/catalog.ts";
import { configOf, json, type SetupFlags } from "./config-door.ts";

export interface ModelsFlags extends SetupFlags {
  readonly all?: boolean;
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

/** `models`: what the catalog in force knows. The configured model is shown also where the catalog has none of its name. */
export async function listModels(flags: ModelsFlags): Promise<number> {
  const config = await configOf(flags);
  const catalog = await catalogOf(config);
  const current = config.model ?? catalog.preferred;
  const named = catalog.models.filter(({ listed, name }) => listed || flags.all === true || name === current);
  const models = named.some(({ name }) => name === current) ? named : [catalog.find(current), ...named];
  if (flags.json === true) {
    process.stdout.write(
      `${json({ models: models.map((info) => ({ known: info.known, ...facts(info, current) })) })}\n`,
    );
    return 0;
  }
  const rows = [
    ["", "MODEL", "WINDOW", "EFFORTS", "IMAGES", "TOOLS"],
    ...models.map((info) => [
      info.name === current ? "*" : "",
      info.known ? info.name : `${info.name} (assumed)`,
      String(info.contextWindow),
      info.efforts.map((effort) => (effort === info.defaultEffort ? `[${effort}]` : effort)).join(" ") || "-",
      info.imageDetail === null ? "no" : "yes",
      info.toolMode === "classic" ? info.tools.join(" ") : `${info.toolMode} mode: ${info.tools.join(" ")}`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd()}\n`,
    );
  return 0;
}
