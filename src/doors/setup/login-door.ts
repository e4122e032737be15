import { resolveCredentials } from "../../config/secrets/credentials.ts";
import { findHomes } from "../../config/homes.ts";
import { openaiBaseUrl } from "../../config/providers.ts";
import { readRequirements } from "../../config/permissions/requirements.ts";
import { removeKey, shownKey, storeKey } from "../../config/secrets/stored-key.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { configOf, json, type SetupFlags } from "./config-door.ts";

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const maxKeyBytes = 1 << 16;

/** `login`: takes an API key from stdin and keeps it. */
export async function login(): Promise<number> {
  await readRequirements("/etc/codex");
  const { codex } = findHomes(process.env as Record<string, string>);
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
  storeKey(codex, key);
  say("API key saved. Authentication is checked when you send a request.");
  return 0;
}

export async function logout(): Promise<number> {
  const { codex } = findHomes(process.env as Record<string, string>);
  say(removeKey(codex) ? "Successfully logged out" : "Not logged in");
  return 0;
}

/** `login status`: of the built-in provider's login. */
export async function loginStatus(flags: SetupFlags): Promise<number> {
  const config = await configOf(flags);
  const stored = { ...config.provider, auth: null, envKey: null, bearerToken: null, requiresOpenaiAuth: true };
  try {
    const { token } = resolveCredentials({ ...stored, baseUrl: openaiBaseUrl }, {}, config.homes.codex);
    say(`API key configured - ${shownKey(token!.reveal())}`);
    say("Authentication is checked when you send a request.");
    return 0;
  } catch {
    say("Not logged in");
    return 1;
  }
}

/** `whoami`: whom requests go to, and as whom. 1 when the provider would refuse for want of a key. */
export async function whoami(flags: SetupFlags): Promise<number> {
  const { provider, environment, homes } = await configOf(flags);
  const place = { provider: provider.id, baseUrl: provider.baseUrl };
  let source: string;
  let key: string | null = null;
  try {
    if (provider.auth !== null) source = `the command ${provider.auth.command}`;
    else {
      const credentials = resolveCredentials(provider, environment, homes.codex);
      source = credentials.source;
      key = credentials.token === null ? null : shownKey(credentials.token.reveal());
    }
  } catch (error) {
    if (flags.json === true) process.stdout.write(`${json({ ...place, loggedIn: false, reason: messageOf(error) })}\n`);
    else say(`Not logged in to ${provider.name} (${provider.baseUrl}): ${messageOf(error)}`);
    return 1;
  }
  if (flags.json === true) process.stdout.write(`${json({ ...place, loggedIn: true, key, source })}\n`);
  else
    process.stdout.write(
      `${provider.name} (${provider.baseUrl})\n${key === null ? `without a stored key (${source})` : `API key ${key} from ${source}`}\n`,
    );
  return 0;
}
