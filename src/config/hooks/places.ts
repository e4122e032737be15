import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HookSource } from "../../protocol/hooks.ts";
import { isTable, type TomlTable } from "../toml/toml-values.ts";

/** A layer of configuration that has hooks, or a file that may. */
export interface HookPlace {
  readonly source: HookSource;
  /** `hooks.json` of the layer; null where there is none. */
  readonly file: string | null;
  /** What stands in for the layer's TOML in keys and lists. */
  readonly tomlPath: string;
  /** Its table `hooks`; null where it has none. */
  readonly table: TomlTable | null;
}

/** Codex's name for what was given with `-c`. */
const sessionFlags = "/<session-flags>/config.toml";

/** The place that a folder with `hooks.json` and `config.toml` is; null where neither has hooks. */
export function folderPlace(
  source: HookSource,
  folder: string,
  tomlPath: string,
  settings: TomlTable | null,
): HookPlace | null {
  const json = join(folder, "hooks.json");
  const file = existsSync(json) ? json : null;
  const table = hooksIn(settings);
  return file === null && table === null ? null : { source, file, tomlPath, table };
}

export function tablePlace(source: HookSource, tomlPath: string, settings: TomlTable): HookPlace | null {
  const table = hooksIn(settings);
  return table === null ? null : { source, file: null, tomlPath, table };
}

export const flagsPlace = (settings: TomlTable): HookPlace | null => tablePlace("sessionFlags", sessionFlags, settings);

/** The table, unless it holds nothing but what was said about hooks of other places. */
function hooksIn(settings: TomlTable | null): TomlTable | null {
  const table = settings?.["hooks"];
  if (!isTable(table)) return null;
  return Object.keys(table).some((key) => key !== "state") ? table : null;
}
