import { resolve } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { resolveProvider, type Provider } from "../../config/providers.ts";
import { tokenSource } from "../../config/secrets/auth-command.ts";
import { resolveCredentials } from "../../config/secrets/credentials.ts";
import { isTable, valueAt } from "../../config/toml/toml-values.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { UpstreamOptions } from "../../proxy/options.ts";

interface Configured {
  /** With its key. @throws AgentError where there is no such provider, or its key is missing */
  provider(id: string): UpstreamOptions;
  /** Without its key; null where nobody has said anything of it. */
  manner(id: string): UpstreamOptions | null;
  /** Those of `[codex_agent.bridge.routes]`: a list of providers for each pattern of models. */
  readonly routes: UpstreamOptions[];
}

/** What config.toml says of servers. */
export async function configured(
  { overrides, forwardAuth }: { overrides: readonly string[]; forwardAuth: boolean },
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Configured> {
  const env = Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { settings, environment, homes, cwd } = await loadConfig({ env, overrides: [...overrides] });
  const found = (id: string): Provider => resolveProvider({ ...settings, model_provider: id }, environment);
  const provider = (id: string): UpstreamOptions => {
    const one = found(id);
    if (one.wireApi === "responses")
      throw new AgentError(
        "config",
        `the provider ${id} speaks the Responses API itself: point clients at ${one.baseUrl}, or set wire_api = "chat" in codex_agent.providers.${id}`,
      );
    const common = { name: id, provider: id, ...mannerOf(one), url: one.baseUrl };
    if (one.auth !== null && !forwardAuth) {
      const token = tokenSource({ ...one.auth, cwd: resolve(cwd, one.auth.cwd) }, environment, Date.now);
      return { ...common, key: async () => (await token()).token.reveal() };
    }
    const credentials = forwardAuth ? null : resolveCredentials(one, environment, homes.codex);
    if (credentials?.chatgpt !== undefined)
      throw new AgentError(
        "config",
        `the provider ${id} would be asked as your ChatGPT account, which is not for serving others; set env_key`,
      );
    return { ...common, key: credentials?.token?.reveal() ?? null };
  };
  const routes = valueAt(settings, ["codex_agent", "bridge", "routes"]);
  return {
    provider,
    manner(id) {
      try {
        return mannerOf(found(id));
      } catch (error) {
        if (error instanceof AgentError && error.code === "provider_not_found") return null;
        throw error;
      }
    },
    routes: (isTable(routes) ? Object.entries(routes) : []).flatMap(([pattern, ids]) =>
      (ids as string[]).map((id) => ({ ...provider(id), models: [pattern] })),
    ),
  };
}

const mannerOf = ({ baseUrl, wireApi, keyHeader, headers, queryParams, profile }: Provider): UpstreamOptions => ({
  url: baseUrl,
  ...(wireApi !== "responses" && { backend: wireApi }),
  keyHeader,
  headers,
  queryParams,
  profile,
});
