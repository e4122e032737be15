import { setInConfig } from "../../config/change-config.ts";
import { effectiveSettings, type EffectiveSetting } from "../../config/effective.ts";
import { findHomes } from "../../config/homes.ts";
import { loadConfig } from "../../config/load.ts";
import { formatValue } from "../../config/edit/format-value.ts";
import { parseKeyPath } from "../../config/toml/toml.ts";
import { formatKeyPath } from "../../config/toml/toml-values.ts";
import type { SandboxMode } from "../../protocol/permissions.ts";
import { AgentError } from "../../protocol/errors.ts";

/** What commands about the configuration take of the flags that every command has. */
export interface SetupFlags {
  readonly config?: string[];
  readonly profile?: string;
  readonly cd?: string;
  readonly model?: string;
  readonly sandbox?: SandboxMode;
  readonly json?: boolean;
}

/** A copy: what is read into a configuration does not change any more. */
const variables = (): Record<string, string> => ({ ...process.env }) as Record<string, string>;

export const configOf = ({ config, profile, cd, model, sandbox }: SetupFlags): ReturnType<typeof loadConfig> =>
  loadConfig({ env: variables(), overrides: config, profile, cwd: cd, model, sandbox });

const valueText = ({ value }: EffectiveSetting): string => (value === null ? "(not set)" : formatValue(value));

/** `config show`: every setting in force and where it comes from. */
export async function showConfig(flags: SetupFlags): Promise<number> {
  const config = await configOf(flags);
  const settings = effectiveSettings(config);
  const notices = [...config.warnings, ...config.notices];
  if (flags.json === true) {
    const { homes, cwd, projectRoot, trust } = config;
    process.stdout.write(`${json({ codexHome: homes.codex, cwd, projectRoot, trust, settings, notices })}\n`);
    return 0;
  }
  const lines = settings.map((setting) => [
    `${setting.key} = ${valueText(setting)}`,
    `# ${setting.from}${setting.honoured ? "" : "; not supported, no effect"}`,
  ]);
  const width = Math.min(60, Math.max(...lines.map(([text]) => text!.length)));
  for (const [text, note] of lines) process.stdout.write(`${text!.padEnd(width)}  ${note!}\n`);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  return 0;
}

/** `config get KEY`: one value; a table as the settings below it. */
export async function getConfig(key: string, flags: SetupFlags): Promise<number> {
  const name = formatKeyPath(parseKeyPath(key));
  const found = effectiveSettings(await configOf(flags)).filter(
    (setting) => setting.key === name || setting.key.startsWith(`${name}.`),
  );
  const [first] = found;
  if (first === undefined || (found.length === 1 && first.key === name && first.value === null))
    throw new AgentError("config", `\`${name}\` is not set`);
  const exact = found.length === 1 && first.key === name;
  if (flags.json === true) process.stdout.write(`${json(exact ? first : found)}\n`);
  else if (exact) process.stdout.write(`${typeof first.value === "string" ? first.value : valueText(first)}\n`);
  else for (const setting of found) process.stdout.write(`${setting.key} = ${valueText(setting)}\n`);
  return 0;
}

/** `config set KEY VALUE`: checked, then written. */
export async function setConfig(key: string, value: string, flags: SetupFlags): Promise<number> {
  const written = await setInConfig(findHomes(variables()), flags.profile ?? null, key, value);
  if (flags.json === true) process.stdout.write(`${json(written)}\n`);
  else process.stdout.write(`Set ${written.key} in ${written.file}.\n`);
  return 0;
}

/** TOML has numbers that JSON has not. */
export const json = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner), 2);
