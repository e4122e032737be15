import type { Config } from "../../config/config.ts";
import type { ModelClient } from "../../model/model-client.ts";
import { ResponsesClient } from "../../model/responses/responses-client.ts";
import { userAgent } from "../../model/user-agent.ts";
import type { System } from "../../system/ports.ts";
import { providerCredential } from "./provider-credential.ts";

/** The provider of a configuration as a client; its key is looked up for each request. */
export function connectModel(
  config: Config,
  caller: { originator: string; client: string; clientVersion?: string },
  system: System,
): ModelClient {
  const { provider, environment } = config;
  const longestWait = config.codexAgent["longest_wait_seconds"] as number | undefined;
  const agent = userAgent(caller.originator, caller.client, system, caller.clientVersion);
  const web = { variables: environment, originator: caller.originator, userAgent: agent };
  return new ResponsesClient(
    {
      baseUrl: provider.baseUrl,
      queryParams: provider.queryParams,
      headers: provider.headers,
      credential: providerCredential(config, web, system),
      requestMaxRetries: provider.requestMaxRetries,
      streamMaxRetries: provider.streamMaxRetries,
      streamIdleTimeoutMs: provider.streamIdleTimeoutMs,
      originator: caller.originator,
      userAgent: agent,
      websocket: provider.supportsWebsockets,
      ...(longestWait !== undefined && { longestWaitMs: longestWait * 1000 }),
    },
    system,
  );
}
