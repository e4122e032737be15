import { AgentError } from "../../protocol/errors.ts";
import type { Variables } from "../homes.ts";
import { openaiBaseUrl, providerSecretNames, type Provider } from "../providers.ts";
import { authFile } from "./auth-file.ts";
import { Secret } from "./secret.ts";
import { readLogin, type ChatgptTokens } from "./stored-login.ts";
import { isTable, type TomlTable } from "../toml/toml-values.ts";

export interface Credentials {
  /** Sent as `authorization: Bearer ...`; null when the provider takes requests without a key. */
  readonly token: Secret | null;
  /** Where it came from, for showing: `FAKE_KEY`, `auth.json`, ... */
  readonly source: string;
  /** The token is one of a ChatGPT login: it runs out, can be renewed, and counts on a workspace. */
  readonly chatgpt?: ChatgptTokens;
}

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
  const stored = readLogin(codexHome);
  if (stored?.type === "apiKey") return { token: stored.key, source: "auth.json" };
  if (stored?.type === "chatgpt")
    return { token: stored.tokens.accessToken, source: "the ChatGPT login in auth.json", chatgpt: stored.tokens };
  if (stored?.type === "other") throw unknownLogin(codexHome, stored.mode);
  // A server that somebody put in the provider's place may well do without a key.
  if (provider.baseUrl !== openaiBaseUrl) return { token: null, source: "none" };
  const unread = variables["OPENAI_API_KEY"] ? " (OPENAI_API_KEY is set, but like Codex this does not read it)" : "";
  throw new AgentError(
    "credentials_missing",
    `There is no API key for ${provider.name}: set CODEX_API_KEY, or store one in ${authFile(codexHome)}${unread}`,
  );
}

const unknownLogin = (codexHome: string, mode: string): AgentError =>
  new AgentError(
    "credentials_missing",
    `${authFile(codexHome)} holds a login of the kind "${mode}", which is not supported: set CODEX_API_KEY, or run \`codex-agent login\``,
  );

function fromVariable(provider: Provider, name: string, variables: Variables): Credentials {
  const key = variables[name]?.trim();
  if (key) return { token: new Secret(key), source: name };
  const advice = provider.envKeyInstructions === null ? "" : ` ${provider.envKeyInstructions}`;
  throw new AgentError("credentials_missing", `Missing environment variable: \`${name}\`.${advice}`);
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
