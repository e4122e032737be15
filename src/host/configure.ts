import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { ThreadOptions } from "../protocol/methods.ts";
import type { System } from "../system/ports.ts";

/** The configuration that options ask for. @throws AgentError `config` */
export function configure(options: ThreadOptions, system: System): Promise<Config> {
  return loadConfig({
    env: system.environment.variables,
    cwd: options.cwd,
    overrides: options.overrides,
    profile: options.profile,
    model: options.model,
    sandbox: options.sandbox,
    addDirs: options.addDirectories,
    enable: options.enable,
    disable: options.disable,
    strict: options.strictConfig,
    ignoreUserConfig: options.ignoreUserConfig,
    trust: options.trust,
    unattended: options.unattended,
    approvalPolicy: options.approvalPolicy,
    reviewer: options.reviewer,
    mode: options.mode,
    defaultMode: options.defaultMode,
    ignoreRules: options.ignoreRules,
    collaborationMode: options.collaborationMode,
    modeInstructions: options.modeInstructions,
    baseInstructions: options.baseInstructions,
  });
}
