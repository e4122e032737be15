import { writeSetting } from "../../config/change-config.ts";
import { findHomes } from "../../config/homes.ts";
import { featureNames, features } from "../../config/schema/features.ts";
import { AgentError } from "../../protocol/errors.ts";
import { configOf, json, type SetupFlags } from "./config-door.ts";

/** `features list`: name, stage and whether it is on, in the columns of Codex. */
export async function listFeatures(flags: SetupFlags): Promise<number> {
  const { features: set } = await configOf(flags);
  const rows = features.map(({ name, stage, on }) => ({ name, stage, enabled: set[name] ?? on }));
  if (flags.json === true) {
    process.stdout.write(`${json(rows)}\n`);
    return 0;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  const stageWidth = Math.max(...rows.map(({ stage }) => stage.length));
  for (const { name, stage, enabled } of rows)
    process.stdout.write(`${name.padEnd(width)}  ${stage.padEnd(stageWidth)}  ${enabled}\n`);
  return 0;
}

/** `features enable|disable NAME`. */
export async function switchFeature(name: string, on: boolean, flags: SetupFlags): Promise<number> {
  if (!featureNames.has(name)) throw new AgentError("config", `Unknown feature flag: ${name}`);
  const homes = findHomes(process.env as Record<string, string>);
  await writeSetting(homes, flags.profile ?? null, ["features", name], on);
  const file = flags.profile === undefined ? "config.toml" : `${flags.profile}.config.toml`;
  process.stdout.write(`${on ? "Enabled" : "Disabled"} feature \`${name}\` in ${file}.\n`);
  return 0;
}
