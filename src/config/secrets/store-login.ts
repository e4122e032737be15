import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { isTable } from "../toml/toml-values.ts";
import { authFile, changeAuthFile, type AuthFile } from "./auth-file.ts";
import { claimsOf } from "./login-claims.ts";
import { loginOf, type StoredLogin } from "./stored-login.ts";
import type { Secret } from "./secret.ts";

/** What an issuer gave for a login or its renewal; null: as before. */
export interface GivenTokens {
  readonly idToken: Secret | null;
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
}

/** Whatever Codex keeps of one login. None of it outlives that login; what else is in the file does. */
const ofOneLogin = [
  "auth_mode",
  "OPENAI_API_KEY",
  "tokens",
  "last_refresh",
  "agent_identity",
  "personal_access_token",
  "bedrock_api_key",
  "bedrock_access_keys",
];

function anew(auth: AuthFile | null, login: AuthFile): AuthFile {
  const others = Object.entries(auth ?? {}).filter(([name]) => !ofOneLogin.includes(name));
  return { ...login, ...Object.fromEntries(others) };
}

/** Logs in with an API key, where Codex does. */
export const storeKey = (codexHome: string, key: string): Promise<void> =>
  changeAuthFile(codexHome, (auth) => anew(auth, { auth_mode: "apikey", OPENAI_API_KEY: key }));

/** Logs in with tokens that an issuer gave. `now`: milliseconds since the epoch. */
export function storeTokens(
  codexHome: string,
  tokens: { idToken: Secret; accessToken: Secret; refreshToken: Secret },
  from: { issuer: string; clientId: string },
  now: number,
): Promise<void> {
  const idToken = tokens.idToken.reveal();
  const login = {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: idToken,
      access_token: tokens.accessToken.reveal(),
      refresh_token: tokens.refreshToken.reveal(),
      oauth_provenance: { issuer: from.issuer, client_id: from.clientId },
      login_owner_id: randomBytes(32).toString("base64url"),
      account_id: claimsOf(idToken).accountId,
    },
    last_refresh: new Date(now).toISOString(),
  };
  return changeAuthFile(codexHome, (auth) => anew(auth, login));
}

/**
 * Puts what a renewal gave in place of the tokens that it was asked with. Where those are gone by now, nothing is written: somebody
 * has logged in or out meanwhile, and has the last word.
 */
export function storeRenewal(codexHome: string, asked: Secret, given: GivenTokens, now: number): Promise<void> {
  return changeAuthFile(codexHome, (auth) => {
    const tokens = auth?.["tokens"];
    if (!isTable(tokens) || tokens["refresh_token"] !== asked.reveal()) return undefined;
    return {
      ...auth,
      tokens: {
        ...tokens,
        ...(given.idToken !== null && { id_token: given.idToken.reveal() }),
        ...(given.accessToken !== null && { access_token: given.accessToken.reveal() }),
        ...(given.refreshToken !== null && { refresh_token: given.refreshToken.reveal() }),
      },
      last_refresh: new Date(now).toISOString(),
    };
  });
}

/** Forgets the login with its file, as Codex does; null when there was no file. Null in `login`: it held none. */
export async function removeLogin(codexHome: string): Promise<{ login: StoredLogin | null } | null> {
  if (!existsSync(authFile(codexHome))) return null;
  let removed: { login: StoredLogin | null } | null = null;
  await changeAuthFile(codexHome, (auth) => {
    removed = { login: auth === null ? null : loginOf(auth) };
    return null;
  });
  return removed;
}

/** A key for showing, as Codex shows it: of a long one the first eight characters and the last five. */
export const shownKey = (key: string): string => (key.length > 13 ? `${key.slice(0, 8)}***${key.slice(-5)}` : "***");
