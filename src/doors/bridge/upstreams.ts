import { AgentError } from "../../protocol/errors.ts";
import type { UpstreamOptions } from "../../proxy/options.ts";
import type { ServeRequest } from "./serve-responses.ts";

type Variables = Readonly<Record<string, string | undefined>>;
type Wanted = Pick<ServeRequest, "backendUrl" | "backend" | "keyEnv" | "provider" | "overrides" | "forwardAuth">;

/**
 * The servers that are asked: the one of the command line, a provider by its name, or those of the configuration's routes.
 * @throws AgentError `usage` or `config` where there is none
 */
export async function upstreamsOf(
  wanted: Wanted,
  variables: Variables,
  warn: (line: string) => void,
): Promise<UpstreamOptions[]> {
  const { backendUrl, backend, keyEnv, provider } = wanted;
  if (backendUrl !== null) {
    return [
      {
        url: backendUrl,
        ...(await named(provider, wanted)),
        ...(backend !== null && { backend }),
        key: keyEnv === null ? null : keyOf(keyEnv, variables, warn),
      },
    ];
  }
  const { configured } = await import("./configured.ts");
  const known = await configured(wanted, variables);
  if (provider !== null) return [{ ...known.provider(provider), ...(backend !== null && { backend }) }];
  if (known.routes.length > 0) return known.routes;
  throw new AgentError(
    "usage",
    "there is no upstream: name a server with --backend-url URL, a provider with --provider NAME, or write [codex_agent.bridge.routes] into config.toml",
  );
}

/** How a server of that name wants to be spoken to. A name that only the bridge knows is looked up there. */
async function named(provider: string | null, wanted: Wanted): Promise<Partial<UpstreamOptions>> {
  if (provider === null) return {};
  const { configured } = await import("./configured.ts");
  const { backend, keyHeader, headers, queryParams, profile } =
    (await configured(wanted, process.env)).manner(provider) ?? {};
  return {
    provider,
    ...(backend !== undefined && { backend }),
    ...(keyHeader !== undefined && { keyHeader }),
    ...(headers !== undefined && { headers }),
    ...(queryParams !== undefined && { queryParams }),
    ...(profile !== undefined && { profile }),
  };
}

function keyOf(name: string, variables: Variables, warn: (line: string) => void): string | null {
  const key = variables[name]?.trim();
  if (key) return key;
  warn(`the variable ${name} is not set: the upstream is asked without a key`);
  return null;
}
