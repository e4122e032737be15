import type { Config } from "../../config/config.ts";
import type { ThreadInfo } from "../../protocol/methods.ts";

/** What a thread's configuration tells beside its model and permissions. */
export function settingsFacts(
  config: Config,
): Pick<ThreadInfo, "modeInstructions" | "serviceTier" | "personality" | "permissionProfile"> {
  const tier = config.settings["service_tier"];
  return {
    modeInstructions: config.modeInstructions,
    serviceTier: typeof tier === "string" ? tier : null,
    personality: config.personality,
    permissionProfile: config.permissionProfile,
  };
}
