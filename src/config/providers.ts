import { AgentError } from "../protocol/errors.ts";
import type { AuthCommand } from "./secrets/auth-command.ts";
import { configError } from "./config-error.ts";
import type { Variables } from "./homes.ts";
import { isTable, valueAt, type TomlTable, type TomlValue } from "./toml/toml-values.ts";

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
  readonly wireApi: "responses";
}

export const openaiBaseUrl = "https://api.openai.com/v1";

const builtIn = "openai";
/** Local servers: named, and refused until they are built. */
const localProviders = ["ollama", "lmstudio"];
const maxRetries = 100;
/** The longest a timer can wait. */
const maxTimeoutMs = 2 ** 31 - 1;

/** The provider that `model_provider` names. Checks all providers that are defined, as Codex does. */
export function resolveProvider(config: TomlTable, variables: Variables): Provider {
  const tables = checkProviders(config);
  const id = textOf(config, "model_provider") ?? builtIn;
  if (localProviders.includes(id)) {
    throw new AgentError(
      "not_supported",
      `The local provider \`${id}\` is not supported yet; define its server as a provider of your own in config.toml`,
    );
  }
  if (id === builtIn) return openaiProvider(config);
  if (!Object.hasOwn(tables, id)) throw new AgentError("provider_not_found", `Model provider \`${id}\` not found`);
  return customProvider(id, tables[id] as TomlTable, variables);
}

/** The providers that are defined. @throws AgentError `config` for one that could not be used */
export function checkProviders(config: TomlTable): TomlTable {
  const defined = valueAt(config, ["model_providers"]);
  const tables: TomlTable = isTable(defined) ? defined : {};
  for (const [id, table] of Object.entries(tables)) checkProvider(id, table as TomlTable);
  return tables;
}

/** Names of all variables that the configuration expects a secret in, whichever provider is in use. */
export function providerSecretNames(config: TomlTable): string[] {
  const defined = valueAt(config, ["model_providers"]);
  if (!isTable(defined)) return [];
  return Object.values(defined).flatMap((table) => {
    const key = textOf(table as TomlTable, "env_key");
    return [...(key === null ? [] : [key]), ...Object.values(textMap(table as TomlTable, "env_http_headers"))];
  });
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
  };
}

function customProvider(id: string, table: TomlTable, variables: Variables): Provider {
  const headerVariables = textMap(table, "env_http_headers");
  const fromVariables = Object.entries(headerVariables).flatMap(([header, variable]) => {
    const value = variables[variable]?.trim();
    return value ? [[header, value] as const] : [];
  });
  return {
    id,
    name: textOf(table, "name") ?? id,
    baseUrl: httpUrl(textOf(table, "base_url") ?? "", `model_providers.${id}.base_url`),
    envKey: textOf(table, "env_key"),
    envKeyInstructions: textOf(table, "env_key_instructions"),
    auth: authCommand(table["auth"]),
    bearerToken: textOf(table, "experimental_bearer_token"),
    headers: { ...withoutHeaders(textMap(table, "http_headers"), fromVariables), ...Object.fromEntries(fromVariables) },
    headerVariables: Object.values(headerVariables),
    queryParams: textMap(table, "query_params"),
    requestMaxRetries: numberOf(table, "request_max_retries", 4, 0, maxRetries),
    streamMaxRetries: numberOf(table, "stream_max_retries", 5, 0, maxRetries),
    streamIdleTimeoutMs: numberOf(table, "stream_idle_timeout_ms", 300_000, 1, maxTimeoutMs),
    supportsWebsockets: table["supports_websockets"] === true,
    requiresOpenaiAuth: table["requires_openai_auth"] === true,
    wireApi: "responses",
  };
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
  if (id === builtIn || localProviders.includes(id)) {
    throw configError(
      `\`${key}\` would redefine a built-in provider; give yours another name${id === builtIn ? ", or set openai_base_url" : ""}`,
    );
  }
  if (!textOf(table, "name")) throw configError(`\`${key}.name\` is missing; give the provider a name`);
  const wireApi = textOf(table, "wire_api");
  if (wireApi !== null && wireApi !== "responses") {
    throw configError(`\`${key}.wire_api\` is "${wireApi}"; only "responses" is supported`);
  }
  for (const header of [
    ...Object.keys(textMap(table, "http_headers")),
    ...Object.keys(textMap(table, "env_http_headers")),
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
