import { join, resolve } from "node:path";
import { AgentError, messageOf } from "../protocol/errors.ts";
import type { ConfigEdit, ConfigWritten, Settings, WriteRefusal } from "../protocol/settings.ts";
import { changeFile } from "./edit/change-file.ts";
import { editToml } from "./edit/edit-toml.ts";
import { readMcpServers } from "./mcp-servers.ts";
import { checkProviders } from "./providers.ts";
import { rootKeys } from "./schema/keys.ts";
import { checkTable } from "./schema/schema.ts";
import { emptyTable, isTable, valueAt, type TomlTable, type TomlValue } from "./toml/toml-values.ts";
import { parseTomlFile } from "./toml/toml.ts";
import { jsonOf, versionOf, viewConfig, type ViewRequest } from "./view.ts";

export interface WriteRequest {
  readonly edits: readonly ConfigEdit[];
  /** What the user's layer has to be for the edits to be made; null: whatever it is. */
  readonly expectedVersion: string | null;
  /** Null: the user's `config.toml`, the only one that is written. */
  readonly file: string | null;
}

const refused = (reason: WriteRefusal, message: string): AgentError =>
  new AgentError("config", message, { details: { reason } });

/**
 * Changes the user's `config.toml`: all edits or none, everything else as it stands, comments included.
 * @throws AgentError `config` with a {@link WriteRefusal} in `details.reason`, and nothing written.
 */
export async function writeConfig(request: WriteRequest, view: ViewRequest): Promise<ConfigWritten> {
  const file = join(view.homes.codex, "config.toml");
  if (request.file !== null && resolve("/", request.file) !== file)
    throw refused("read_only", "Only writes to the user config are allowed");
  let table = emptyTable();
  await changeFile(view.homes, file, async (text) => {
    const before = await parseTomlFile(file, text);
    if (request.expectedVersion !== null && request.expectedVersion !== versionOf(before)) {
      throw refused("version_conflict", "Configuration was modified since last read. Fetch latest version and retry.");
    }
    const changed = await edited(file, text, request.edits);
    table = await parseTomlFile(file, changed);
    check(table);
    return changed;
  });
  const version = versionOf(table);
  return { file, version, overridden: await overriddenBy(request.edits, table, view) };
}

async function edited(file: string, text: string, edits: readonly ConfigEdit[]): Promise<string> {
  let changed = text;
  for (const { path, value, merge } of edits) {
    const table = await parseTomlFile(file, changed);
    if (value === null) {
      changed = await editToml(file, changed, { path, value: undefined });
      continue;
    }
    for (let length = 1; length < path.length; length++) {
      const parent = valueAt(table, path.slice(0, length));
      if (parent !== undefined && !isTable(parent)) throw refused("invalid", "cannot set value on non-table parent");
    }
    const wanted = tomlOf(value, path);
    const existing = valueAt(table, path);
    const parts: readonly Place[] =
      merge === "upsert" && isTable(wanted) && isTable(existing) ? places(wanted, existing, path) : [{ path, wanted }];
    for (const part of parts) changed = await editToml(file, changed, { path: part.path, value: part.wanted });
  }
  return changed;
}

interface Place {
  path: readonly string[];
  wanted: TomlValue;
}

/** What of a table has to be set one by one, so that what is beside it stays. */
function places(wanted: TomlTable, existing: TomlTable, path: readonly string[]): Place[] {
  return Object.entries(wanted).flatMap(([key, value]) => {
    const below = existing[key];
    const inner = [...path, key];
    return isTable(value) && isTable(below) ? places(value, below, inner) : [{ path: inner, wanted: value }];
  });
}

function tomlOf(value: unknown, path: readonly string[]): TomlValue {
  if (value === null || value === undefined)
    throw refused("invalid", "invalid value: invalid type: null, expected any valid TOML value");
  if (Array.isArray(value)) return value.map((inner) => tomlOf(inner, path));
  if (typeof value === "object") {
    const table = emptyTable();
    for (const [key, inner] of Object.entries(value)) table[key] = tomlOf(inner, [...path, key]);
    return table;
  }
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw refused("invalid", `invalid value: ${value} is too large to be kept as it is`);
  return value as string | number | boolean;
}

/** What could not be read again is not written. */
function check(table: TomlTable): void {
  if (table["profile"] !== undefined) {
    throw refused(
      "invalid",
      "`profile` is a legacy config selector and can no longer be written; use `--profile <name>` with `<name>.config.toml` instead",
    );
  }
  const wrong = checkTable(table, rootKeys).find(({ kind }) => kind === "wrong");
  if (wrong !== undefined) throw refused("invalid", `Invalid configuration: ${wrong.message}`);
  try {
    readMcpServers(table);
    checkProviders(table);
  } catch (error) {
    throw refused("invalid", `Invalid configuration: ${messageOf(error).replace(/^Error loading config\.toml: /, "")}`);
  }
}

/** The last of the places that something above the user's layer says otherwise about. */
async function overriddenBy(
  edits: readonly ConfigEdit[],
  user: TomlTable,
  request: ViewRequest,
): Promise<ConfigWritten["overridden"]> {
  const view = await viewConfig(request);
  const above = view.layers.slice(
    0,
    view.layers.findIndex(({ source }) => source.type === "user"),
  );
  for (const { path } of edits.toReversed()) {
    const effective = at(view.settings, path);
    const written = valueAt(user, path);
    const layer = above.find(({ settings }) => at(settings, path) !== undefined);
    const same = JSON.stringify(effective) === JSON.stringify(written === undefined ? undefined : jsonOf(written));
    if (layer !== undefined && !same) return { layer, value: effective ?? null };
  }
  return null;
}

function at(settings: Settings, path: readonly string[]): unknown {
  let value: unknown = settings;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Settings)[key];
  }
  return value;
}

/** `a."b.c".d` as its parts: dots within quotes belong to the part. @throws AgentError `config` for what is no key */
export function keyPathOf(text: string): string[] {
  if (text.trim() === "") throw refused("invalid", "keyPath must not be empty");
  const parts = [""];
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === '"') quoted = !quoted;
    else if (character === "." && !quoted) parts.push("");
    else parts[parts.length - 1] += quoted && character === "\\" ? (text[++index] ?? "") : character;
  }
  if (quoted) throw refused("invalid", "unterminated quoted keyPath segment");
  if (parts.includes("")) throw refused("invalid", "keyPath segments must not be empty");
  return parts;
}
