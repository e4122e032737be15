import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { ThreadOptions } from "../protocol/methods.ts";
import type { System } from "../system/ports.ts";

/** The configuration that options ask for. @throws AgentError `config` */
export async function configure(options: ThreadOptions, system: System): Promise<Config> {
  if (options.oss !== true && options.localProvider === undefined) return read(options, system);
  const [{ chooseLocal }, config] = await Promise.all([import("./model/choose-local.ts"), read(options, system)]);
  const above = (overrides: readonly string[]): Promise<Config> =>
    read({ ...options, overrides: [...(options.overrides ?? []), ...overrides] }, system);
  const configured = config.settings["oss_provider"];
  const provider = options.localProvider ?? (typeof configured === "string" ? configured : null);
  return above(await chooseLocal({ provider, model: options.model ?? null }, above, system));
}

function read(options: ThreadOptions, system: System): Promise<Config> {
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
