import { join } from "node:path";
import { AgentError } from "../protocol/errors.ts";
import { configError } from "./config-error.ts";
import { changeFile } from "./edit/change-file.ts";
import { editToml } from "./edit/edit-toml.ts";
import type { Homes } from "./homes.ts";
import { rootKeys } from "./schema/keys.ts";
import { checkTable } from "./schema/schema.ts";
import { overrideTable, parseOverride } from "./toml/toml.ts";
import { formatKeyPath, type TomlValue } from "./toml/toml-values.ts";

/**
 * Writes `key = value` (both as for `-c`) into `config.toml` of the home, or into the file of a profile; all else stays.
 * @throws AgentError `config`, with nothing written, for a key that nobody knows and a value of the wrong type.
 */
export async function setInConfig(
  homes: Homes,
  profile: string | null,
  key: string,
  text: string,
): Promise<{ file: string; key: string }> {
  const { path, value } = await parseOverride(`${key}=${text}`);
  const [finding] = checkTable(overrideTable({ path, value }), rootKeys).filter(({ kind }) => kind !== "ignored");
  if (finding !== undefined) throw configError(finding.message);
  if (path[0] === "features" && path[1] !== undefined) {
    const { featureNames } = await import("./schema/features.ts");
    if (!featureNames.has(path[1])) throw new AgentError("config", `Unknown feature flag: ${path[1]}`);
  }
  return { file: await writeSetting(homes, profile, path, value), key: formatKeyPath(path) };
}

/** Writes one value and returns the file. */
export async function writeSetting(
  homes: Homes,
  profile: string | null,
  path: readonly string[],
  value: TomlValue,
): Promise<string> {
  const file = join(homes.codex, profile === null ? "config.toml" : `${profile}.config.toml`);
  await changeFile(homes, file, (text) => editToml(file, text, { path, value }));
  return file;
}
