import type { Config } from "../../config/config.ts";
import { resolveCredentials } from "../../config/secrets/credentials.ts";
import type { ModelClient } from "../../model/model-client.ts";
import { ResponsesClient } from "../../model/responses/responses-client.ts";
import { userAgent } from "../../model/user-agent.ts";
import { resolvePath } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";

/** The provider of a configuration as a client; its key is looked up for each request. */
export function connectModel(
  config: Config,
  caller: { originator: string; client: string; clientVersion?: string },
  system: System,
): ModelClient {
  const { provider, environment, homes } = config;
  const { auth } = provider;
  const printed =
    auth === null
      ? null
      : import("../../config/secrets/auth-command.ts").then(({ tokenSource }) =>
          tokenSource({ ...auth, cwd: resolvePath(config.cwd, auth.cwd) }, environment, () => system.clock.now()),
        );
  return new ResponsesClient(
    {
      baseUrl: provider.baseUrl,
      queryParams: provider.queryParams,
      headers: provider.headers,
      async credential() {
        const { token, source } =
          printed === null ? resolveCredentials(provider, environment, homes.codex) : await (await printed)();
        return token === null ? null : { reveal: () => token.reveal(), source };
      },
      requestMaxRetries: provider.requestMaxRetries,
      streamMaxRetries: provider.streamMaxRetries,
      streamIdleTimeoutMs: provider.streamIdleTimeoutMs,
      originator: caller.originator,
      userAgent: userAgent(caller.originator, caller.client, system, caller.clientVersion),
    },
    system,
  );
}
