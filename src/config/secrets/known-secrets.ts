import { join } from "node:path";
import { isSecretSetting } from "../effective.ts";
import { readHead } from "../read-text.ts";
import { secretNames as namesIn } from "./credentials.ts";
import { findHomes, type Variables } from "../homes.ts";
import { isTable, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

export interface SecretPlaces {
  readonly variables: Variables;
  /** The merged configuration, where there is one. */
  readonly settings?: TomlTable;
}

const shortest = 6;
const maxAuthFileBytes = 1 << 20;
const secretName =
  /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?|PAT|DSN|COOKIE)(?:_|$)|APIKEY|AUTHTOKEN/i;
/** Paths, switches and numbers are no secrets, whatever their variable is called. */
const plain = /^(?:[/~.].*|\d{1,8}|true|false|yes|no|none|null|default|disabled|enabled|[A-Za-z]{1,7})$/i;

/**
 * Values that are secrets on this machine, as they stand and as they are written in URLs, in JSON and in base64; the longest first.
 * Never throws: what cannot be read is not known.
 */
export function knownSecrets({ variables, settings = {} }: SecretPlaces): string[] {
  const values = new Set<string>();
  const add = (value: string | undefined, sure: boolean): void => {
    const text = value?.trim() ?? "";
    if (text.length < shortest || (!sure && (plain.test(text) || text.length < 8))) return;
    values.add(text);
    values.add(encodeURIComponent(text));
    values.add(JSON.stringify(text).slice(1, -1));
    values.add(Buffer.from(text).toString("base64"));
  };
  const sureNames = namesIn(settings);
  for (const [name, value] of Object.entries(variables)) {
    if (sureNames.has(name)) add(value, true);
    else if (secretName.test(name)) add(value, false);
  }
  for (const value of storedValues(variables)) add(value, true);
  for (const value of settingValues(settings)) add(value, false);
  return [...values].sort((one, other) => other.length - one.length);
}

/** Every text of `auth.json`, but for what says of which kind they are. */
function storedValues(variables: Variables): string[] {
  try {
    const head = readHead(join(findHomes(variables).codex, "auth.json"), maxAuthFileBytes);
    return head === null ? [] : textsOf(JSON.parse(head.bytes.toString("utf8")));
  } catch {
    return [];
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" ? (/key|token/i.test(key) ? [inner] : []) : textsOf(inner),
  );
}

function settingValues(table: TomlTable, path: readonly string[] = []): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, TomlValue]) => {
    const inner = [...path, key];
    if (isTable(value)) return settingValues(value, inner);
    return typeof value === "string" && isSecretSetting(inner) ? [value] : [];
  });
}
