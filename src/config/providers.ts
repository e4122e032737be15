import { AgentError } from "../protocol/errors.ts";
import type { AuthCommand } from "./secrets/auth-command.ts";
import { configError } from "./config-error.ts";
import type { Variables } from "./homes.ts";
import { isLocalKind, presets, type LocalKind, type Preset } from "./providers/presets.ts";
import { profileSettings, wireApis, type ProfileSettings, type WireApi } from "./providers/profile.ts";
import { emptyTable, isTable, valueAt, type TomlTable, type TomlValue } from "./toml/toml-values.ts";

/** A model provider, resolved; its key is looked up when a request is made (`resolveCredentials`). */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Name of the variable that holds the key. */
  readonly envKey: string | null;
  readonly envKeyInstructions: string | null;
  /** A program that prints the key. */
  readonly auth: AuthCommand | null;
  /** A key written into the configuration itself. */
  readonly bearerToken: string | null;
  /** `http_headers` and, above them, `env_http_headers` whose variable is set. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of the variables that headers were taken from. */
  readonly headerVariables: readonly string[];
  readonly queryParams: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  readonly streamIdleTimeoutMs: number;
  readonly supportsWebsockets: boolean;
  /** Uses the login of the built-in provider. */
  readonly requiresOpenaiAuth: boolean;
  readonly wireApi: WireApi;
  /** The header that carries the key, where it is not the API's own. */
  readonly keyHeader: string | null;
  readonly profile: ProfileSettings;
  /** A server of this machine that nobody gave an address of: whose it is has to be looked at. */
  readonly unvouched: LocalKind | null;
}

export const openaiBaseUrl = "https://api.openai.com/v1";

const builtIn = "openai";
/** Codex refuses tables of these names. */
const codexLocal = ["ollama", "lmstudio"];
const maxRetries = 100;
/** The longest a timer can wait. */
const maxTimeoutMs = 2 ** 31 - 1;

/**
 * The provider that `model_provider` names: what a table of `codex_agent.providers` says, over one of `model_providers`, or over what is
 * known by its name. Checks all that are defined, as Codex does.
 */
export function resolveProvider(config: TomlTable, variables: Variables): Provider {
  const provider = configuredProvider(config, variables);
  const wireApi = valueAt(config, ["codex_agent", "wire_api"]) as WireApi | undefined;
  return wireApi === undefined ? provider : { ...provider, wireApi, supportsWebsockets: false };
}

function configuredProvider(config: TomlTable, variables: Variables): Provider {
  const tables = checkProviders(config);
  const own = ownTables(config);
  for (const [id, table] of Object.entries(own)) checkOwnProvider(id, table, Object.hasOwn(tables, id));
  const id = textOf(config, "model_provider") ?? builtIn;
  if (id === builtIn) return openaiProvider(config);
  const preset = presetOf(id);
  const theirs = Object.hasOwn(tables, id) ? (tables[id] as TomlTable) : null;
  if (Object.hasOwn(own, id)) {
    const table = { ...theirs, ...own[id]! };
    return customProvider(id, table, variables, theirs === null ? preset : null, `codex_agent.providers.${id}`);
  }
  if (theirs !== null) return customProvider(id, theirs, variables, null, `model_providers.${id}`);
  if (preset !== null) return customProvider(id, emptyTable(), variables, preset, id);
  throw new AgentError("provider_not_found", `Model provider \`${id}\` not found`);
}

const presetOf = (id: string): Preset | null =>
  Object.hasOwn(presets, id) ? presets[id as keyof typeof presets] : null;

/** Tables that the real Codex does not look at: it refuses a file whose `model_providers` speak another API than Responses. */
function ownTables(config: TomlTable): Record<string, TomlTable> {
  const defined = valueAt(config, ["codex_agent", "providers"]);
  return isTable(defined) ? (defined as Record<string, TomlTable>) : {};
}

/** The providers of `model_providers`. @throws AgentError `config` for one that could not be used */
export function checkProviders(config: TomlTable): TomlTable {
  const defined = valueAt(config, ["model_providers"]);
  const tables: TomlTable = isTable(defined) ? defined : {};
  for (const [id, table] of Object.entries(tables)) checkProvider(id, table as TomlTable);
  return tables;
}

/** Names of all variables that the configuration expects a secret in, whichever of its providers is in use. */
export function providerSecretNames(config: TomlTable): string[] {
  const defined = valueAt(config, ["model_providers"]);
  const tables = [...(isTable(defined) ? Object.values(defined) : []), ...Object.values(ownTables(config))];
  const named = tables.flatMap((table) => {
    const key = textOf(table as TomlTable, "env_key");
    return [...(key === null ? [] : [key]), ...Object.values(textMap(table as TomlTable, "env_http_headers"))];
  });
  const used = [textOf(config, "model_provider") ?? builtIn, ...Object.keys(ownTables(config)), ...standIns(config)];
  const known = used.flatMap((id) => presetOf(id)?.envKey ?? []);
  return [...named, ...known];
}

/** The providers that stand in for the one in use, each of them `PROVIDER/MODEL`. */
function standIns(config: TomlTable): string[] {
  const chain = valueAt(config, ["codex_agent", "fallback_models"]);
  return Array.isArray(chain) ? chain.map((name) => String(name).split("/", 1)[0]!) : [];
}

function openaiProvider(config: TomlTable): Provider {
  return {
    id: builtIn,
    name: "OpenAI",
    baseUrl: httpUrl(textOf(config, "openai_base_url") ?? openaiBaseUrl, "openai_base_url"),
    envKey: null,
    envKeyInstructions: null,
    auth: null,
    bearerToken: null,
    headers: {},
    headerVariables: [],
    queryParams: {},
    requestMaxRetries: 4,
    streamMaxRetries: 5,
    streamIdleTimeoutMs: 300_000,
    supportsWebsockets: true,
    requiresOpenaiAuth: true,
    wireApi: "responses",
    keyHeader: null,
    profile: {},
    unvouched: null,
  };
}

function customProvider(
  id: string,
  table: TomlTable,
  variables: Variables,
  preset: Preset | null,
  key: string,
): Provider {
  const said = textOf(table, "base_url") ?? (preset === null ? null : codexAddress(id, variables));
  const otherwiseKeyed = ["auth", "experimental_bearer_token", "requires_openai_auth", "env_http_headers"].some(
    (name) => table[name] !== undefined,
  );
  const headerVariables = textMap(table, "env_http_headers");
  const fromVariables = Object.entries(headerVariables).flatMap(([header, variable]) => {
    const value = variables[variable]?.trim();
    return value ? [[header, value] as const] : [];
  });
  return {
    id,
    name: textOf(table, "name") ?? preset?.name ?? id,
    baseUrl: httpUrl(said ?? preset?.baseUrl ?? "", `${key}.base_url`),
    envKey: textOf(table, "env_key") ?? (otherwiseKeyed ? null : (preset?.envKey ?? null)),
    envKeyInstructions: textOf(table, "env_key_instructions") ?? preset?.envKeyInstructions ?? null,
    auth: authCommand(table["auth"]),
    bearerToken: textOf(table, "experimental_bearer_token"),
    headers: { ...withoutHeaders(textMap(table, "http_headers"), fromVariables), ...Object.fromEntries(fromVariables) },
    headerVariables: Object.values(headerVariables),
    queryParams: textMap(table, "query_params"),
    requestMaxRetries: numberOf(table, "request_max_retries", 4, 0, maxRetries),
    streamMaxRetries: numberOf(table, "stream_max_retries", 5, 0, maxRetries),
    streamIdleTimeoutMs: numberOf(
      table,
      "stream_idle_timeout_ms",
      preset?.streamIdleTimeoutMs ?? 300_000,
      1,
      maxTimeoutMs,
    ),
    supportsWebsockets: table["supports_websockets"] === true,
    requiresOpenaiAuth: table["requires_openai_auth"] === true,
    wireApi: (textOf(table, "wire_api") as WireApi | null) ?? preset?.wireApi ?? "responses",
    keyHeader: textOf(table, "key_header"),
    profile: { ...preset?.profile, ...profileSettings(table) },
    unvouched: said === null && isLocalKind(id) ? id : null,
  };
}

/** Where Codex's own variables say that its local servers are. */
function codexAddress(id: string, variables: Variables): string | null {
  if (!codexLocal.includes(id)) return null;
  const url = variables["CODEX_OSS_BASE_URL"]?.trim();
  if (url) return url;
  const port = variables["CODEX_OSS_PORT"]?.trim();
  return port ? `http://127.0.0.1:${port}/v1` : null;
}

/** Header names do not care about case, object keys do: a header from the environment takes the place of a fixed one. */
function withoutHeaders(
  headers: Record<string, string>,
  replaced: readonly (readonly [string, string])[],
): Record<string, string> {
  const names = new Set(replaced.map(([header]) => header.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([header]) => !names.has(header.toLowerCase())));
}

/** Defaults as of Codex. */
function authCommand(table: TomlValue | undefined): AuthCommand | null {
  if (!isTable(table)) return null;
  return {
    command: textOf(table, "command") ?? "",
    args: (table["args"] as string[] | undefined) ?? [],
    cwd: textOf(table, "cwd") ?? ".",
    timeoutMs: numberOf(table, "timeout_ms", 5000, 1, maxTimeoutMs),
    refreshMs: numberOf(table, "refresh_interval_ms", 300_000, 0, maxTimeoutMs),
  };
}

/** Ways to a provider that would not be gone, so that requests would go out wrongly or not at all. */
const unsupportedWays = ["aws", "gateway_oauth", "model_catalog_url"];

function checkProvider(id: string, table: TomlTable): void {
  const key = `model_providers.${id}`;
  const way = unsupportedWays.find((name) => table[name] !== undefined);
  if (way !== undefined)
    throw configError(`\`${key}.${way}\` is not supported; leave it out, or choose another provider`);
  checkAuth(key, table);
  if (id === builtIn || codexLocal.includes(id)) {
    throw configError(
      `\`${key}\` would redefine a built-in provider; give yours another name, or ${id === builtIn ? "set openai_base_url" : `write \`codex_agent.providers.${id}\``}`,
    );
  }
  if (!textOf(table, "name")) throw configError(`\`${key}.name\` is missing; give the provider a name`);
  checkWire(key, table);
}

/** Below a name that is known, a table says only what differs. */
function checkOwnProvider(id: string, table: TomlTable, isNamed: boolean): void {
  const key = `codex_agent.providers.${id}`;
  if (id === builtIn)
    throw configError(`\`${key}\` would redefine a built-in provider; give yours another name, or set openai_base_url`);
  checkAuth(key, table);
  checkWire(key, table);
  if (!isNamed && presetOf(id) === null && textOf(table, "base_url") === null)
    throw configError(`\`${key}.base_url\` is missing; set the URL of the provider's API`);
}

function checkWire(key: string, table: TomlTable): void {
  const wireApi = textOf(table, "wire_api");
  if (wireApi !== null && !(wireApis as readonly string[]).includes(wireApi)) {
    throw configError(`\`${key}.wire_api\` is "${wireApi}"; there are: ${wireApis.join(", ")}`);
  }
  const keyHeader = textOf(table, "key_header");
  for (const header of [
    ...Object.keys(textMap(table, "http_headers")),
    ...Object.keys(textMap(table, "env_http_headers")),
    ...(keyHeader === null ? [] : [keyHeader]),
  ]) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header))
      throw configError(`\`${key}\` sets "${header}", which cannot be the name of an HTTP header`);
  }
}

function checkAuth(key: string, table: TomlTable): void {
  const auth = table["auth"];
  if (!isTable(auth)) return;
  if (!textOf(auth, "command")?.trim())
    throw configError(`\`${key}.auth.command\` is missing; name the program that prints the key`);
  const other = ["env_key", "experimental_bearer_token", "requires_openai_auth"].find(
    (name) => table[name] !== undefined && table[name] !== false,
  );
  if (other !== undefined)
    throw configError(`\`${key}.auth\` and \`${key}.${other}\` both say where the key comes from; keep one`);
}

function httpUrl(text: string, key: string): string {
  if (text === "") throw configError(`\`${key}\` is missing; set the URL of the provider's API`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw configError(`\`${key}\` is "${text}", which is not an http or https URL`);
  return text.replace(/\/+$/, "");
}

function textOf(table: TomlTable, key: string): string | null {
  const value: TomlValue | undefined = table[key];
  return typeof value === "string" ? value : null;
}

function textMap(table: TomlTable, key: string): Record<string, string> {
  const value = table[key];
  if (!isTable(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function numberOf(table: TomlTable, key: string, fallback: number, min: number, max: number): number {
  const value = table[key];
  return typeof value === "number" ? Math.min(max, Math.max(min, value)) : fallback;
}
