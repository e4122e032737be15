import type { Config } from "../../config/config.ts";
import { assertLogin, loginRules } from "../../config/secrets/login-rules.ts";
import { claimsOf } from "../../config/secrets/login-claims.ts";
import { removeLogin, storeKey } from "../../config/secrets/store-login.ts";
import { readLogin, type ChatgptTokens, type StoredLogin } from "../../config/secrets/stored-login.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { ResultOf } from "../../protocol/methods.ts";
import type { System } from "../../system/ports.ts";

/** The stored login, and whether requests to the configured provider go out with it. */
export async function readAccount(
  config: Config,
  { reveal, renew }: { reveal: boolean; renew: boolean },
  system: System,
): Promise<ResultOf<"account/read">> {
  const { homes, provider } = config;
  if (renew) await renewed(config, system);
  const login = loginIn(homes.codex);
  const tokens = login?.type === "chatgpt" ? login.tokens : null;
  const token = login?.type === "apiKey" ? login.key : (tokens?.accessToken ?? null);
  return {
    stored: login?.type ?? null,
    needed: provider.requiresOpenaiAuth,
    key: reveal ? (token?.reveal() ?? null) : null,
    account: tokens === null ? null : accountOf(tokens),
  };
}

function accountOf(tokens: ChatgptTokens): ResultOf<"account/read">["account"] {
  const { email, plan, userId } = claimsOf((tokens.idToken ?? tokens.accessToken).reveal());
  return { email, plan, userId, accountId: tokens.accountId };
}

/** A file that cannot be read is a login with nothing that could be used. */
function loginIn(codexHome: string): StoredLogin | null {
  try {
    return readLogin(codexHome);
  } catch {
    return null;
  }
}

async function sessionPlace({ homes, environment }: Config, { clock }: System) {
  const { loginWeb } = await import("../../model/login/ask.ts");
  return { codexHome: homes.codex, clock, web: loginWeb(environment) };
}

/** What cannot be renewed stays as it is: whoever uses it hears why. */
async function renewed(config: Config, system: System): Promise<void> {
  const login = loginIn(config.homes.codex);
  if (login?.type !== "chatgpt") return;
  const { renewRefused } = await import("../../model/login/chatgpt-session.ts");
  await renewRefused(login.tokens, await sessionPlace(config, system)).catch(() => {});
}

export async function readLimits(config: Config, system: System): Promise<ResultOf<"account/limits">> {
  const login = readLogin(config.homes.codex);
  if (login?.type !== "chatgpt" || !config.provider.requiresOpenaiAuth)
    throw new AgentError("credentials_missing", "Nobody is logged in with a ChatGPT account: `codex-agent login`");
  const [{ freshTokens, renewRefused }, { readUsage }, { chatgptAddress }, place] = await Promise.all([
    import("../../model/login/chatgpt-session.ts"),
    import("../../model/login/usage.ts"),
    import("../../model/login/chatgpt-backend.ts"),
    sessionPlace(config, system),
  ]);
  const address = chatgptAddress(config.settings);
  const tokens = await freshTokens(login.tokens, place);
  const usage =
    (await readUsage(address, tokens, place.web)) ??
    (await readUsage(address, await renewRefused(tokens, place), place.web));
  if (usage === null) throw new AgentError("unauthorized", `${address} takes no tokens of this login; log in again`);
  return usage;
}

export async function logIn({ homes, settings }: Config, key: string): Promise<Record<string, never>> {
  assertLogin(await loginRules(settings, "/etc/codex"), "api");
  const text = key.trim();
  if (text === "") throw new AgentError("usage", "The API key is empty");
  if (/\s/.test(text)) throw new AgentError("usage", "This is no API key: it has blanks or several lines");
  await storeKey(homes.codex, text);
  return {};
}

/** Forgets the login here, and asks whoever gave it to do so as well. */
export async function logOut(codexHome: string, { environment }: System): Promise<ResultOf<"account/logout">> {
  const removed = await removeLogin(codexHome);
  if (removed?.login?.type !== "chatgpt") return { removed: removed !== null, revoked: null };
  const [{ revoke }, { loginWeb }] = await Promise.all([
    import("../../model/login/issuer.ts"),
    import("../../model/login/ask.ts"),
  ]);
  return { removed: true, revoked: await revoke(removed.login.tokens, loginWeb(environment.variables)) };
}
