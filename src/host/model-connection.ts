import type { Config } from "../config/config.ts";
import { resolveCredentials } from "../config/credentials.ts";
import type { ModelClient } from "../model/model-client.ts";
import { ResponsesClient } from "../model/responses/responses-client.ts";
import { userAgent } from "../model/user-agent.ts";
import type { System } from "../system/ports.ts";

/** The provider of a configuration as a client; its key is looked up for each request. */
export function connectModel(
  config: Config,
  caller: { originator: string; client: string },
  system: System,
): ModelClient {
  const { provider, environment, homes } = config;
  return new ResponsesClient(
    {
      baseUrl: provider.baseUrl,
      queryParams: provider.queryParams,
      headers: provider.headers,
      credential() {
        const { token, source } = resolveCredentials(provider, environment, homes.codex);
        return token === null ? null : { reveal: () => token.reveal(), source };
      },
      requestMaxRetries: provider.requestMaxRetries,
      streamMaxRetries: provider.streamMaxRetries,
      streamIdleTimeoutMs: provider.streamIdleTimeoutMs,
      originator: caller.originator,
      userAgent: userAgent(caller.originator, caller.client, system),
    },
    system,
  );
}
