import { join } from "node:path";
import { AgentError } from "../../protocol/errors.ts";
import type { Variables } from "../homes.ts";
import { openaiBaseUrl, providerSecretNames, type Provider } from "../providers.ts";
import { errorCode, readHead } from "../read-text.ts";
import { Secret } from "./secret.ts";
import { isTable, type TomlTable } from "../toml/toml-values.ts";

export interface Credentials {
  /** Sent as `authorization: Bearer ...`; null when the provider takes requests without a key. */
  readonly token: Secret | null;
  /** Where it came from, for showing: `FAKE_KEY`, `auth.json`, ... */
  readonly source: string;
}

const maxAuthFileBytes = 1 << 20;

/**
 * The key for a request, looked up when the request is made. Throws `credentials_missing`, without any network
 * access, when the provider needs a key and nobody has given one.
 */
export function resolveCredentials(provider: Provider, variables: Variables, codexHome: string): Credentials {
  if (provider.envKey !== null) return fromVariable(provider, provider.envKey, variables);
  if (provider.bearerToken !== null)
    return { token: new Secret(provider.bearerToken), source: "experimental_bearer_token" };
  if (!provider.requiresOpenaiAuth) return { token: null, source: "none" };
  const key = variables["CODEX_API_KEY"]?.trim();
  if (key) return { token: new Secret(key), source: "CODEX_API_KEY" };
  const stored = readStoredKey(codexHome);
  if (stored !== null) return { token: new Secret(stored), source: "auth.json" };
  // A server that somebody put in the provider's place may well do without a key.
  if (provider.baseUrl !== openaiBaseUrl) return { token: null, source: "none" };
  const unread = variables["OPENAI_API_KEY"] ? " (OPENAI_API_KEY is set, but like Codex this does not read it)" : "";
  throw new AgentError(
    "credentials_missing",
    `There is no API key for ${provider.name}: set CODEX_API_KEY, or store one in ${join(codexHome, "auth.json")}${unread}`,
  );
}

function fromVariable(provider: Provider, name: string, variables: Variables): Credentials {
  const key = variables[name]?.trim();
  if (key) return { token: new Secret(key), source: name };
  const advice = provider.envKeyInstructions === null ? "" : ` ${provider.envKeyInstructions}`;
  throw new AgentError("credentials_missing", `Missing environment variable: \`${name}\`.${advice}`);
}

/** `auth.json` as Codex writes it: `{auth_mode: "apikey", OPENAI_API_KEY}`; null when there is none or it holds nothing. */
function readStoredKey(codexHome: string): string | null {
  const file = join(codexHome, "auth.json");
  const auth = parseAuthFile(file);
  if (auth === null) return null;
  const key = auth["OPENAI_API_KEY"];
  const mode = auth["auth_mode"];
  if (typeof key === "string" && key.trim() !== "" && (mode === undefined || mode === null || mode === "apikey"))
    return key.trim();
  if (isTable(auth["tokens"]) || (typeof mode === "string" && mode !== "apikey")) {
    throw new AgentError(
      "credentials_missing",
      `${file} holds a ChatGPT login, which is not supported yet: set CODEX_API_KEY to an API key instead`,
    );
  }
  return null;
}

/** What `auth.json` holds, whether it can be used or not; `key` null: a login that is none of an API key. Null where there is none. */
export function storedLogin(codexHome: string): { key: Secret | null } | null {
  const file = join(codexHome, "auth.json");
  const auth = parseAuthFile(file);
  if (auth === null) return null;
  try {
    const key = readStoredKey(codexHome);
    return key === null ? null : { key: new Secret(key) };
  } catch {
    return { key: null };
  }
}

function parseAuthFile(file: string): Record<string, unknown> | null {
  try {
    const head = readHead(file, maxAuthFileBytes);
    if (head === null || head.size === 0) return null;
    const auth: unknown = JSON.parse(head.bytes.toString("utf8"));
    if (isTable(auth)) return auth;
  } catch (error) {
    // The parser's own message quotes the text, and the text holds a key.
    const reason = error instanceof SyntaxError ? "is not valid JSON" : `cannot be read (${errorCode(error)})`;
    throw new AgentError("credentials_missing", `${file} ${reason}: repair or remove it, or set CODEX_API_KEY`);
  }
  throw new AgentError(
    "credentials_missing",
    `${file} is not a JSON object: repair or remove it, or set CODEX_API_KEY`,
  );
}

/** Names of environment variables that commands must not see. */
export function secretNames(config: TomlTable): ReadonlySet<string> {
  const names = new Set(["CODEX_API_KEY", "OPENAI_API_KEY", ...providerSecretNames(config)]);
  const servers = config["mcp_servers"];
  for (const server of isTable(servers) ? Object.values(servers) : []) {
    if (!isTable(server)) continue;
    if (typeof server["bearer_token_env_var"] === "string") names.add(server["bearer_token_env_var"]);
    const headers = server["env_http_headers"];
    for (const name of isTable(headers) ? Object.values(headers) : []) if (typeof name === "string") names.add(name);
  }
  return names;
}
