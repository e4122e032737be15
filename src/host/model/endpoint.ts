import type { Config } from "../../config/config.ts";
import type { Endpoint } from "../../model/http/channel.ts";
import { userAgent } from "../../model/user-agent.ts";
import type { System } from "../../system/ports.ts";
import { providerCredential } from "./provider-credential.ts";

/** As whom requests are made. */
export interface Asker {
  readonly originator: string;
  readonly client: string;
  readonly clientVersion?: string;
}

/** The provider of a configuration; its key is looked up for each request. */
export function endpointOf(config: Config, { originator, client, clientVersion }: Asker, system: System): Endpoint {
  const { provider, environment } = config;
  const longestWait = config.codexAgent["longest_wait_seconds"] as number | undefined;
  const agent = userAgent(originator, client, system, clientVersion);
  return {
    baseUrl: provider.baseUrl,
    queryParams: provider.queryParams,
    headers: { "user-agent": agent, ...provider.headers },
    credential: providerCredential(config, { variables: environment, originator, userAgent: agent }, system),
    requestMaxRetries: provider.requestMaxRetries,
    streamMaxRetries: provider.streamMaxRetries,
    streamIdleTimeoutMs: provider.streamIdleTimeoutMs,
    ...(longestWait !== undefined && { longestWaitMs: longestWait * 1000 }),
  };
}
