import type { Config } from "../../config/config.ts";
import { askedTier } from "../model/service-tier.ts";
import type { ThreadInfo } from "../../protocol/methods.ts";

/** What a thread's configuration tells beside its model and permissions. */
export function settingsFacts(
  config: Config,
): Pick<ThreadInfo, "modeInstructions" | "serviceTier" | "personality" | "permissionProfile"> {
  return {
    modeInstructions: config.modeInstructions,
    serviceTier: askedTier(config),
    personality: config.personality,
    permissionProfile: config.permissionProfile,
  };
}
