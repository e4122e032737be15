import type { Config } from "../../config/config.ts";
import { resolveCredentials } from "../../config/secrets/credentials.ts";
import { assertLogin, assertWorkspace, loginRules } from "../../config/secrets/login-rules.ts";
import type { ChatgptTokens } from "../../config/secrets/stored-login.ts";
import type { Credential } from "../../model/http/channel.ts";
import type { Web } from "../../model/login/ask.ts";
import { resolvePath } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";

/** Gives the credential of a configuration's provider for one request; it is looked up each time. */
export function providerCredential(config: Config, web: Web, system: System): () => Promise<Credential | null> {
  const { provider, environment, homes } = config;
  const { auth } = provider;
  const printed =
    auth === null
      ? null
      : import("../../config/secrets/auth-command.ts").then(({ tokenSource }) =>
          tokenSource({ ...auth, cwd: resolvePath(config.cwd, auth.cwd) }, environment, () => system.clock.now()),
        );
  return async () => {
    const found = printed === null ? resolveCredentials(provider, environment, homes.codex) : await (await printed)();
    const { token, source } = found;
    if ("chatgpt" in found && found.chatgpt !== undefined) return chatgptCredential(found.chatgpt, config, web, system);
    if (source === "auth.json") assertLogin(await loginRules(config.settings, "/etc/codex"), "api");
    return token === null ? null : { reveal: () => token.reveal(), source };
  };
}

/** Loaded where somebody is logged in so. */
async function chatgptCredential(
  stored: ChatgptTokens,
  config: Config,
  web: Web,
  { clock }: System,
): Promise<Credential> {
  const [{ freshTokens, renewRefused }, { chatgptBaseUrl, chatgptHeaders }, rules] = await Promise.all([
    import("../../model/login/chatgpt-session.ts"),
    import("../../model/login/chatgpt-backend.ts"),
    loginRules(config.settings, "/etc/codex"),
  ]);
  assertLogin(rules, "chatgpt");
  assertWorkspace(rules, stored.accountId);
  const place = { codexHome: config.homes.codex, clock, web };
  const baseUrl = chatgptBaseUrl(config.provider.baseUrl, config.settings);
  const credentialOf = (tokens: ChatgptTokens): Credential => ({
    reveal: () => tokens.accessToken.reveal(),
    source: "the ChatGPT login in auth.json",
    headers: chatgptHeaders(tokens),
    baseUrl,
    renew: async () => credentialOf(await renewRefused(tokens, place)),
  });
  return credentialOf(await freshTokens(stored, place));
}
