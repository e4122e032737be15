import { readInstructions } from "../../config/instructions/agents-md.ts";
import type { Config } from "../../config/config.ts";
import { linkLimit } from "../../config/project.ts";
import type { ThreadInfo } from "../../protocol/methods.ts";

type Facts = Pick<
  ThreadInfo,
  "modeInstructions" | "serviceTier" | "personality" | "permissionProfile" | "instructionSources"
>;

/** What a thread's configuration tells beside its model and permissions. */
export function settingsFacts(config: Config): Facts {
  const tier = config.settings["service_tier"];
  return {
    modeInstructions: config.modeInstructions,
    serviceTier: typeof tier === "string" ? tier : null,
    personality: config.personality,
    permissionProfile: config.permissionProfile,
    get instructionSources() {
      return readInstructions({
        linkLimit: linkLimit(config),
        codexHome: config.homes.codex,
        cwd: config.cwd,
        projectRoot: config.projectRoot,
        maxBytes: config.projectDocs.maxBytes,
        fallbackNames: config.projectDocs.fallbackNames,
      }).files;
    },
  };
}
