import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ConfigLayer, ConfigSource, ConfigView, Settings } from "../protocol/settings.ts";
import type { Homes } from "./homes.ts";
import { readLayers, type Layer, type Layers, type LayerSources } from "./layers.ts";
import { absolutePath } from "./permissions/permissions.ts";
import { readConfigText } from "./read-text.ts";
import { featureNames } from "./schema/features.ts";
import { rootKeys } from "./schema/keys.ts";
import { checkTable } from "./schema/schema.ts";
import { emptyTable, formatKeyPath, isTable, valueAt, type TomlTable, type TomlValue } from "./toml/toml-values.ts";
import { parseTomlFile } from "./toml/toml.ts";

export interface ViewRequest {
  readonly homes: Homes;
  /** Null: of no folder, so that no project has a say. */
  readonly cwd: string | null;
  readonly systemDirectory: string;
  readonly overrides: readonly string[];
  readonly profile: string | null;
}

/** What all layers say, alone and together. @throws AgentError `config` for a file that cannot be read */
export async function viewConfig(request: ViewRequest): Promise<ConfigView> {
  const { homes, cwd, systemDirectory, overrides, profile } = request;
  const sources: LayerSources = {
    cwd: cwd ?? homes.codex,
    codexHome: homes.codex,
    systemDirectory,
    overrides,
    profile,
    strict: false,
    ignoreUserConfig: false,
    withoutProjects: cwd === null,
  };
  const layers = await readLayers(sources);
  const shown = await shownLayers(layers, sources);
  const origins: Record<string, number> = {};
  for (const [path, value] of leaves(layers.merged)) {
    const layer = layers.origins.get(formatKeyPath(path));
    const place = layer === undefined ? -1 : shown.findIndex(({ from }) => from.includes(layer));
    if (place >= 0) for (const key of elementKeys(path.join("."), value)) origins[key] = place;
  }
  return {
    settings: jsonOf(withAbsolutePaths(layers, homes)) as Settings,
    layers: shown.map(({ layer }) => layer),
    origins,
    unknown: shown.flatMap(({ layer, from }) =>
      from.flatMap(({ table }) => unknownKeys(table).map((key) => ({ source: layer.source, key }))),
    ),
  };
}

/** What a table says, whatever its order. */
export function versionOf(table: TomlTable): string {
  return `sha256:${createHash("sha256")
    .update(JSON.stringify(sorted(jsonOf(table))))
    .digest("hex")}`;
}

/** A value of TOML as JSON has it. */
export function jsonOf(value: TomlValue): unknown {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (isTable(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonOf(inner)]));
  if (typeof value === "bigint") return Number(value);
  return value instanceof Date ? value.toISOString() : value;
}

interface Shown {
  layer: ConfigLayer;
  from: readonly Layer[];
}

/** The one that wins first. The files of user and system are there even when they are not. */
async function shownLayers({ all, untrusted }: Layers, sources: LayerSources): Promise<Shown[]> {
  const of = (kind: Layer["kind"]): Layer[] => all.filter((layer) => layer.kind === kind);
  const shown = (source: ConfigSource, from: readonly Layer[], untrustedTable?: TomlTable): Shown => {
    const table = untrustedTable ?? from.reduce((under, { table: over }) => laidOver(under, over), emptyTable());
    const layer = { source, version: versionOf(table), settings: jsonOf(table) as Settings };
    return { layer: { ...layer, untrusted: untrustedTable !== undefined }, from };
  };
  const projects = of("project").map((layer) => shown({ type: "project", folder: layer.base }, [layer]));
  for (const folder of untrusted) {
    const file = join(folder, "config.toml");
    const table = await parseTomlFile(file, readConfigText(file) ?? "").catch(() => emptyTable());
    projects.push(shown({ type: "project", folder }, [], table));
  }
  // The innermost folder has the last word.
  projects.sort((one, other) => folderOf(other).length - folderOf(one).length);
  const flags = of("override");
  return [
    ...(flags.length === 0 ? [] : [shown({ type: "flags" }, flags)]),
    ...projects,
    ...of("profile").map((layer) =>
      shown({ type: "profile", file: join(sources.codexHome, "config.toml"), profile: sources.profile ?? "" }, [layer]),
    ),
    shown({ type: "user", file: join(sources.codexHome, "config.toml") }, of("user")),
    shown({ type: "system", file: join(sources.systemDirectory, "config.toml") }, of("system")),
  ];
}

const folderOf = ({ layer: { source } }: Shown): string => (source.type === "project" ? source.folder : "");

/** Tables go into each other, all else replaces what is there. */
export function laidOver(under: TomlTable, over: TomlTable): TomlTable {
  const merged = Object.assign(emptyTable(), under);
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTable(value) && isTable(below) ? laidOver(below, value) : value;
  }
  return merged;
}

function* leaves(table: TomlTable, path: readonly string[] = []): Generator<readonly [string[], TomlValue]> {
  for (const [key, value] of Object.entries(table)) {
    const inner = [...path, key];
    if (isTable(value)) yield* leaves(value, inner);
    else yield [inner, value];
  }
}

function elementKeys(key: string, value: TomlValue): string[] {
  if (Array.isArray(value)) return value.flatMap((inner, index) => elementKeys(`${key}.${index}`, inner));
  if (isTable(value)) return Object.entries(value).flatMap(([name, inner]) => elementKeys(`${key}.${name}`, inner));
  return [key];
}

function unknownKeys(table: TomlTable): string[] {
  const unknown = checkTable(table, rootKeys).filter(({ kind }) => kind === "unknown");
  const flags = isTable(table["features"]) ? Object.keys(table["features"]) : [];
  return [
    ...unknown.map(({ path }) => path.join(".")),
    ...flags.filter((name) => !featureNames.has(name)).map((name) => `features.${name}`),
  ];
}

/** Keys that hold paths; `*` is any name. */
const pathKeys = [
  ["model_instructions_file"],
  ["experimental_compact_prompt_file"],
  ["model_catalog_json"],
  ["log_dir"],
  ["sqlite_home"],
  ["sandbox_workspace_write", "writable_roots"],
  ["agents", "*", "config_file"],
];

function withAbsolutePaths({ merged, origins }: Layers, homes: Homes): TomlTable {
  const absolute = (value: TomlValue, at: readonly string[]): TomlValue => {
    const base = origins.get(formatKeyPath(at))?.base ?? homes.codex;
    if (Array.isArray(value)) return value.map((inner) => absolute(inner, at));
    return typeof value === "string" ? absolutePath(value, base, homes) : value;
  };
  return pathKeys.reduce((table, pattern) => changedAt(table, pattern, [], absolute), merged);
}

function changedAt(
  table: TomlTable,
  [name, ...rest]: readonly string[],
  at: readonly string[],
  change: (value: TomlValue, at: readonly string[]) => TomlValue,
): TomlTable {
  const keys = name === "*" ? Object.keys(table) : [name!];
  const copy = Object.assign(emptyTable(), table);
  for (const key of keys) {
    const value = valueAt(table, [key]);
    if (value === undefined) continue;
    if (rest.length === 0) copy[key] = change(value, [...at, key]);
    else if (isTable(value)) copy[key] = changedAt(value, rest, [...at, key], change);
  }
  return copy;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
