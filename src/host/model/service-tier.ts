import type { Config } from "../../config/config.ts";
import type { ModelInfo } from "../../model/catalog.ts";

/** The tier that the configuration asks for, as requests name it. */
export function askedTier({ settings }: Config): string | null {
  const asked = settings["service_tier"];
  if (typeof asked !== "string") return null;
  return asked === "fast" ? "priority" : asked;
}

/** What requests to the model say of it; null: nothing, as of a tier that the model does not have. */
export function serviceTier(config: Config, { serviceTiers }: ModelInfo): string | null {
  const tier = askedTier(config);
  // Every model can wait.
  return tier !== null && (tier === "flex" || serviceTiers.includes(tier)) ? tier : null;
}
