import { resolveCredentials } from "../../config/secrets/credentials.ts";
import { findHomes } from "../../config/homes.ts";
import { openaiBaseUrl } from "../../config/providers.ts";
import type { Config } from "../../config/config.ts";
import { assertLogin, loginRules } from "../../config/secrets/login-rules.ts";
import { claimsOf } from "../../config/secrets/login-claims.ts";
import { removeLogin, shownKey, storeKey } from "../../config/secrets/store-login.ts";
import type { ChatgptTokens } from "../../config/secrets/stored-login.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { configOf, json, type SetupFlags } from "./config-door.ts";

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const maxKeyBytes = 1 << 16;

export interface LoginFlags extends SetupFlags {
  readonly chatgpt?: boolean;
  readonly device?: boolean;
  readonly deviceAuth?: boolean;
  readonly apiKeyStdin?: boolean;
  readonly withApiKey?: boolean;
  readonly experimental_issuer?: string;
  readonly experimental_clientId?: string;
}

/** `login`: with a ChatGPT account, or with an API key from stdin. Whoever pipes something in means a key. */
export async function login(flags: LoginFlags): Promise<number> {
  const device = flags.device === true || flags.deviceAuth === true;
  const key = flags.apiKeyStdin === true || flags.withApiKey === true;
  const ways = [device, key, flags.chatgpt === true].filter(Boolean).length;
  if (ways > 1) throw new AgentError("usage", "Choose one of --device, --chatgpt and --api-key-stdin");
  if (key || (ways === 0 && !process.stdin.isTTY)) return loginWithKey(await configOf(flags));
  const { loginWithAccount } = await import("./account-login.ts");
  return loginWithAccount(await configOf(flags), device ? "device" : "browser", flags);
}

async function loginWithKey({ homes, settings }: Config): Promise<number> {
  assertLogin(await loginRules(settings, "/etc/codex"), "api");
  say(process.stdin.isTTY ? "Type or paste an API key, then Enter and Ctrl-D:" : "Reading API key from stdin...");
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > maxKeyBytes) throw new AgentError("usage", "What came on stdin is too long to be an API key");
  }
  const key = text.trim();
  if (key === "") {
    say("No API key provided via stdin.");
    return 1;
  }
  if (/\s/.test(key)) throw new AgentError("usage", "What came on stdin is no API key: it has blanks or several lines");
  await storeKey(homes.codex, key);
  say("API key saved. Authentication is checked when you send a request.");
  return 0;
}

export async function logout(): Promise<number> {
  const { codex } = findHomes(process.env as Record<string, string>);
  const removed = await removeLogin(codex);
  if (removed?.login?.type === "chatgpt") {
    const [{ revoke }, { loginWeb }] = await Promise.all([
      import("../../model/login/issuer.ts"),
      import("../../model/login/ask.ts"),
    ]);
    const revoked = await revoke(removed.login.tokens, loginWeb(process.env as Record<string, string>));
    if (!revoked)
      say("Its issuer did not answer that it has forgotten the login, which may be good there for a while.");
  }
  say(removed === null ? "Not logged in" : "Successfully logged out");
  return 0;
}

/** `login status`: of the built-in provider's login. */
export async function loginStatus(flags: SetupFlags): Promise<number> {
  const config = await configOf(flags);
  const stored = { ...config.provider, auth: null, envKey: null, bearerToken: null, requiresOpenaiAuth: true };
  try {
    const { token, chatgpt } = resolveCredentials({ ...stored, baseUrl: openaiBaseUrl }, {}, config.homes.codex);
    if (chatgpt !== undefined) say("Logged in using ChatGPT");
    else {
      say(`API key configured - ${shownKey(token!.reveal())}`);
      say("Authentication is checked when you send a request.");
    }
    return 0;
  } catch {
    say("Not logged in");
    return 1;
  }
}

function accountOf(tokens: ChatgptTokens): { email: string | null; plan: string | null; workspace: string | null } {
  const { email, plan } = claimsOf((tokens.idToken ?? tokens.accessToken).reveal());
  return { email, plan, workspace: tokens.accountId };
}

/** `whoami`: whom requests go to, and as whom. 1 when the provider would refuse for want of a key. */
export async function whoami(flags: SetupFlags): Promise<number> {
  const { provider, environment, homes, settings } = await configOf(flags);
  const place = { provider: provider.id, baseUrl: provider.baseUrl };
  let source: string;
  let key: string | null = null;
  let account: ReturnType<typeof accountOf> | null = null;
  try {
    if (provider.auth !== null) source = `the command ${provider.auth.command}`;
    else {
      const credentials = resolveCredentials(provider, environment, homes.codex);
      source = credentials.source;
      if (credentials.chatgpt !== undefined) {
        const { chatgptBaseUrl } = await import("../../model/login/chatgpt-backend.ts");
        place.baseUrl = chatgptBaseUrl(provider.baseUrl, settings);
        account = accountOf(credentials.chatgpt);
      } else key = credentials.token === null ? null : shownKey(credentials.token.reveal());
    }
  } catch (error) {
    if (flags.json === true) process.stdout.write(`${json({ ...place, loggedIn: false, reason: messageOf(error) })}\n`);
    else say(`Not logged in to ${provider.name} (${provider.baseUrl}): ${messageOf(error)}`);
    return 1;
  }
  if (flags.json === true) {
    const ofAccount = account === null ? {} : { account };
    process.stdout.write(`${json({ ...place, loggedIn: true, key, source, ...ofAccount })}\n`);
    return 0;
  }
  const how = key === null ? `without a stored key (${source})` : `API key ${key} from ${source}`;
  process.stdout.write(`${provider.name} (${place.baseUrl})\n${account === null ? how : accountText(account)}\n`);
  return 0;
}

const accountText = ({ email, plan, workspace }: ReturnType<typeof accountOf>): string =>
  `ChatGPT account ${email ?? "without an address"}${plan === null ? "" : `, plan ${plan}`}${workspace === null ? "" : `, workspace ${workspace}`}`;
