import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { AgentError } from "../protocol/errors.ts";
import { configError, configErrorAt } from "./config-error.ts";
import { flagsPlace, folderPlace, tablePlace, type HookPlace } from "./hooks/places.ts";
import { keysForbiddenToProjects, rootKeys } from "./schema/keys.ts";
import { locateKeys } from "./toml/locate.ts";
import { directoriesDown, findProjectRoot, realPathOf } from "./project.ts";
import { readConfigText } from "./read-text.ts";
import { checkTable, type Finding } from "./schema/schema.ts";
import { overrideTable, parseOverride, parseTomlFile } from "./toml/toml.ts";
import { emptyTable, formatKeyPath, isTable, valueAt, type TomlTable } from "./toml/toml-values.ts";
import { trustOf } from "./permissions/trust.ts";

export type LayerKind = "system" | "user" | "profile" | "project" | "override";

/** One source of settings; later layers win. */
export interface Layer {
  readonly kind: LayerKind;
  /** The file, or `-c` and its text. */
  readonly source: string;
  /** Directory that relative paths in this layer start from. */
  readonly base: string;
  readonly table: TomlTable;
}

/** One of `[[codex_agent.rules]]`, as it stands. */
export interface OwnRuleSource {
  readonly value: unknown;
  /** The file or flag that it comes from. */
  readonly source: string;
  /** From 0, in its file. */
  readonly index: number;
}

export interface LayerSources {
  readonly cwd: string;
  readonly codexHome: string;
  readonly systemDirectory: string;
  readonly overrides: readonly string[];
  readonly profile: string | null;
  readonly strict: boolean;
  readonly ignoreUserConfig: boolean;
  /** Default: the projects around `cwd` have their say. */
  readonly withoutProjects?: boolean;
}

export interface Layers {
  readonly merged: TomlTable;
  /** What `merged` was made of, in that order. */
  readonly all: readonly Layer[];
  /** Which layer gave each leaf, by dotted key. */
  readonly origins: ReadonlyMap<string, Layer>;
  readonly projectRoot: string | null;
  /** What the user has said about the working directory. */
  readonly trust: "trusted" | "untrusted" | null;
  /** Folders of projects whose configuration was left aside for want of trust, outermost first. */
  readonly untrusted: readonly string[];
  readonly notices: readonly string[];
  /** Keys that Codex knows and that have no effect here. */
  readonly ignoredKeys: readonly string[];
  /** In the order in which their hooks run. Untrusted projects have none. */
  readonly hookPlaces: readonly HookPlace[];
  /** What the user has said about single hooks; a project cannot say anything about its own. */
  readonly hookState: TomlTable;
  /** `[[codex_agent.rules]]` of all layers: they add up, where other lists replace each other. */
  readonly ownRules: readonly OwnRuleSource[];
}

export async function readLayers(sources: LayerSources): Promise<Layers> {
  const state: State = {
    sources,
    merged: emptyTable(),
    all: [],
    origins: new Map(),
    notices: [],
    ignoredKeys: [],
    hookPlaces: [],
    ownRules: [],
  };
  const systemFile = join(sources.systemDirectory, "config.toml");
  const system = await addFile(state, "system", systemFile);
  addPlace(state, folderPlace("system", sources.systemDirectory, systemFile, system?.table ?? null));
  if (!sources.ignoreUserConfig) await addUserFiles(state);
  const overrides = await readOverrides(sources);
  // Trust and root markers are the user's: a project's own file cannot give itself either.
  const before = overrides.reduce((table, layer) => merge(table, layer.table, layer, [], new Map()), state.merged);
  const projectRoot = findProjectRoot(sources.cwd, rootMarkers(before));
  const untrusted = sources.withoutProjects === true ? [] : await addProjectFiles(state, before, projectRoot);
  for (const layer of overrides) addLayer(state, layer);
  const flags = overrides.reduce((table, layer) => merge(table, layer.table, layer, [], new Map()), emptyTable());
  addPlace(state, flagsPlace(flags));
  const hookState = valueAt(before, ["hooks", "state"]);
  const { merged, all, origins, notices, ignoredKeys, hookPlaces, ownRules } = state;
  return {
    merged,
    all,
    origins,
    notices,
    ignoredKeys,
    hookPlaces,
    ownRules,
    hookState: isTable(hookState) ? hookState : emptyTable(),
    projectRoot,
    trust: trustOf(sources.cwd, before, projectRoot),
    untrusted,
  };
}

interface State {
  readonly sources: LayerSources;
  merged: TomlTable;
  readonly all: Layer[];
  readonly origins: Map<string, Layer>;
  readonly notices: string[];
  readonly ignoredKeys: string[];
  readonly hookPlaces: HookPlace[];
  readonly ownRules: OwnRuleSource[];
}

function addPlace(state: State, place: HookPlace | null): void {
  if (place !== null) state.hookPlaces.push(place);
}

function rootMarkers(config: TomlTable): readonly string[] {
  const markers = valueAt(config, ["project_root_markers"]);
  return Array.isArray(markers) ? markers.filter((marker) => typeof marker === "string") : [".git"];
}

async function addUserFiles(state: State): Promise<void> {
  const { codexHome, profile } = state.sources;
  const file = join(codexHome, "config.toml");
  const user = await addFile(state, "user", file);
  addPlace(state, folderPlace("user", codexHome, file, user?.table ?? null));
  if (profile === null) return;
  if (!/^[A-Za-z0-9_-]+$/.test(profile)) {
    throw new AgentError("usage", `"${profile}" cannot be the name of a profile: use letters, digits, "-" and "_"`);
  }
  const profileFile = join(codexHome, `${profile}.config.toml`);
  const table = user === null ? undefined : valueAt(user.table, ["profiles", profile]);
  if (!isTable(table)) {
    const own = await addFile(state, "profile", profileFile);
    if (own !== null) return addPlace(state, tablePlace("user", profileFile, own.table));
    throw new AgentError(
      "config",
      `There is no profile "${profile}": neither ${profileFile} nor a table [profiles.${profile}] in ${file} exists`,
    );
  }
  if (existsSync(profileFile)) {
    throw configError(
      `the profile "${profile}" is there twice, as ${profileFile} and as [profiles.${profile}] in ${file}; keep one`,
    );
  }
  await checkLayer(state, `[profiles.${profile}] in ${file}`, null, table);
  const source = `${file} [profiles.${profile}]`;
  addLayer(state, { kind: "profile", source, base: codexHome, table });
  addPlace(state, tablePlace("user", source, table));
}

async function addFile(state: State, kind: LayerKind, file: string): Promise<Layer | null> {
  const text = readConfigText(file);
  if (text === null) return null;
  const table = await parseTomlFile(file, text);
  await checkLayer(state, file, text, table);
  const layer: Layer = { kind, source: file, base: dirname(file), table };
  addLayer(state, layer);
  return layer;
}

/** The files of the project, outermost first; returns the folders that were passed over. */
async function addProjectFiles(state: State, config: TomlTable, projectRoot: string | null): Promise<string[]> {
  const skipped: string[] = [];
  for (const directory of directoriesDown(projectRoot, state.sources.cwd)) {
    const folder = join(directory, ".codex");
    const file = join(folder, "config.toml");
    const configured = existsSync(file);
    const hooked = existsSync(join(folder, "hooks.json"));
    if ((!configured && !hooked) || realPathOf(folder) === realPathOf(state.sources.codexHome)) continue;
    if (trustOf(directory, config, projectRoot) !== "trusted") {
      skipped.push(folder);
      continue;
    }
    if (!configured) {
      addPlace(state, folderPlace("project", folder, file, null));
      continue;
    }
    const text = readConfigText(file) ?? "";
    const table = await parseTomlFile(file, text);
    await checkLayer(state, file, text, table);
    const forbidden = keysForbiddenToProjects.filter((key) => valueAt(table, key.split(".")) !== undefined);
    if (forbidden.length > 0) {
      state.notices.push(
        `A project may not set ${forbidden.join(", ")}: ignored in ${file}. Set this in your own config.toml if you want it.`,
      );
      for (const key of forbidden) dropAt(table, key.split("."));
    }
    addLayer(state, { kind: "project", source: file, base: folder, table });
    addPlace(state, folderPlace("project", folder, file, table));
  }
  return skipped;
}

/** Removes a key that is there. */
function dropAt(table: TomlTable, path: readonly string[]): void {
  const holder = valueAt(table, path.slice(0, -1));
  if (isTable(holder)) delete holder[path.at(-1)!];
}

async function readOverrides(sources: LayerSources): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const text of sources.overrides) {
    const override = await parseOverride(text);
    const table = overrideTable(override);
    const source = `-c ${formatKeyPath(override.path)}`;
    for (const finding of checkTable(table, rootKeys)) {
      if (finding.kind === "wrong" || (finding.kind === "unknown" && sources.strict))
        throw configError(`${finding.message} (given with -c)`);
    }
    layers.push({ kind: "override", source, base: sources.cwd, table });
  }
  return layers;
}

/** Throws for the first wrong type, and under `--strict-config` for the first unknown key. */
async function checkLayer(state: State, source: string, text: string | null, table: TomlTable): Promise<void> {
  for (const finding of [
    ...checkTable(table, rootKeys),
    ...(state.sources.strict ? await unknownFeatures(table) : []),
  ]) {
    if (finding.kind === "ignored") state.ignoredKeys.push(formatKeyPath(finding.path));
    else if (finding.kind === "unknown" && !state.sources.strict) {
      state.notices.push(
        `The key \`${formatKeyPath(finding.path)}\` in ${source} is not known and has no effect; --strict-config refuses it.`,
      );
    } else if (finding.kind === "wrong" || state.sources.strict) throw findingError(source, text, finding);
  }
}

async function unknownFeatures(table: TomlTable): Promise<Finding[]> {
  const features = table["features"];
  if (!isTable(features)) return [];
  const { featureNames } = await import("./schema/features.ts");
  const unknown = Object.keys(features).filter((name) => !featureNames.has(name));
  return unknown.map((name) => ({
    kind: "unknown",
    path: ["features", name],
    message: `unknown configuration key \`features.${name}\``,
  }));
}

function findingError(source: string, text: string | null, finding: Finding): AgentError {
  const place = text === null ? undefined : locateKeys(text).get(formatKeyPath(finding.path));
  if (text === null || place === undefined) return configError(`${finding.message} (${source})`);
  const span = finding.kind === "wrong" ? (place.value ?? place.key) : place.key;
  return configErrorAt(source, text, span, finding.message);
}

function addLayer(state: State, layer: Layer): void {
  const rules = valueAt(layer.table, ["codex_agent", "rules"]);
  if (rules !== undefined && !Array.isArray(rules)) {
    throw configError(
      `codex_agent.rules is not a list of tables; write [[codex_agent.rules]] above each rule (${layer.source})`,
    );
  }
  state.ownRules.push(...(rules ?? []).map((value, index) => ({ value, source: layer.source, index })));
  state.all.push(layer);
  state.merged = merge(state.merged, layer.table, layer, [], state.origins);
}

/** Tables are merged key by key, everything else is replaced. Neither input is changed. */
function merge(
  under: TomlTable,
  over: TomlTable,
  layer: Layer,
  path: readonly string[],
  origins: Map<string, Layer>,
): TomlTable {
  const merged = Object.assign(emptyTable(), under);
  for (const [key, value] of Object.entries(over)) {
    const inner = [...path, key];
    const below = merged[key];
    if (isTable(value)) merged[key] = merge(isTable(below) ? below : emptyTable(), value, layer, inner, origins);
    else {
      merged[key] = value;
      origins.set(formatKeyPath(inner), layer);
    }
  }
  return merged;
}
