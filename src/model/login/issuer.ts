import { Secret } from "../../config/secrets/secret.ts";
import type { GivenTokens } from "../../config/secrets/store-login.ts";
import type { ChatgptTokens } from "../../config/secrets/stored-login.ts";
import { AgentError } from "../../protocol/errors.ts";
import { isLoopbackUrl } from "../../system/loopback.ts";
import { ask, type Answer, type Web } from "./ask.ts";

/** Who gives tokens, and what we are called there. */
export interface Issuer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly clientId: string;
}

/** Codex's own, whose logins are shared with it. */
const usual: Issuer = { url: "https://auth.openai.com", clientId: "app_EMoamEEZ73f0CkXaXp7hrann" };

type Variables = Readonly<Record<string, string>>;

/** The usual one, or that which is named, or which the variables of Codex's app-server name. @throws AgentError `usage` */
export function chosenIssuer(named: { issuer?: string; clientId?: string }, variables: Variables): Issuer {
  const url = named.issuer ?? (variables["CODEX_APP_SERVER_LOGIN_ISSUER"]?.trim() || usual.url);
  const clientId = named.clientId ?? (variables["CODEX_APP_SERVER_LOGIN_CLIENT_ID"]?.trim() || usual.clientId);
  return { url: safeUrl(url, "The issuer"), clientId };
}

/** Where tokens of a login are renewed and taken back: whoever gave them, if that is known. */
export function issuerOfTokens(tokens: { issuer: string | null; clientId: string | null }): Issuer {
  return {
    url: safeUrl(tokens.issuer ?? usual.url, "The issuer of the login in auth.json"),
    clientId: tokens.clientId ?? usual.clientId,
  };
}

/** Tokens go over the network encrypted, or not over it at all. */
function safeUrl(text: string, what: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isHere = url?.protocol === "http:" && isLoopbackUrl(text);
  if (url === null || (url.protocol !== "https:" && !isHere) || url.username !== "" || url.password !== "")
    throw new AgentError("usage", `${what} must be an https URL without a password; it is "${text}"`);
  return text.replace(/\/+$/, "");
}

export interface NewTokens {
  readonly idToken: Secret;
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
}

/** Gives a code for the tokens that it stands for. @throws AgentError */
export async function exchangeCode(
  issuer: Issuer,
  given: { code: string; verifier: string; redirectUri: string; signal?: AbortSignal },
  web: Web,
): Promise<NewTokens> {
  const form = {
    grant_type: "authorization_code",
    client_id: issuer.clientId,
    code: given.code,
    redirect_uri: given.redirectUri,
    code_verifier: given.verifier,
  };
  const signal = given.signal === undefined ? {} : { signal: given.signal };
  const answer = await ask(`${issuer.url}/oauth/token`, { form, ...signal }, web);
  if (answer.status !== 200) throw refusedBy(issuer, "the code was not taken", answer);
  const { idToken, accessToken, refreshToken } = tokensIn(answer);
  if (idToken === null || accessToken === null || refreshToken === null)
    throw new AgentError("server_error", `${issuer.url} gave tokens that are not whole; try again`);
  return { idToken, accessToken, refreshToken };
}

export type Renewal =
  | { readonly type: "renewed"; readonly given: GivenTokens }
  /** For good. `why` is ours, never the server's. */
  | { readonly type: "refused"; readonly why: string }
  | { readonly type: "failed"; readonly why: string };

const refusals: Readonly<Record<string, string>> = {
  refresh_token_expired: "it has run out",
  refresh_token_reused: "it was used before",
  refresh_token_invalidated: "it was taken back",
};

/** @param reason one of the words that Codex gives the server */
export async function renewTokens(
  issuer: Issuer,
  refreshToken: Secret,
  reason: "proactive_expiry" | "unauthorized_recovery",
  web: Web,
): Promise<Renewal> {
  const override = web.variables["CODEX_REFRESH_TOKEN_URL_OVERRIDE"]?.trim();
  const url = override ? safeUrl(override, "CODEX_REFRESH_TOKEN_URL_OVERRIDE") : `${issuer.url}/oauth/token`;
  const json = {
    client_id: issuer.clientId,
    grant_type: "refresh_token",
    refresh_reason: reason,
    refresh_token: refreshToken.reveal(),
  };
  let answer: Answer;
  try {
    answer = await ask(url, { json }, web);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { type: "failed", why: error.message };
  }
  if (answer.status === 200) {
    const given = tokensIn(answer);
    if (given.accessToken !== null) return { type: "renewed", given };
    return { type: "failed", why: `${new URL(url).origin} gave no token` };
  }
  if (answer.status === 400 || answer.status === 401)
    return { type: "refused", why: refusals[codeOf(answer) ?? ""] ?? `status ${answer.status}` };
  return { type: "failed", why: `${new URL(url).origin} answered with status ${answer.status}` };
}

const revokeLimitMs = 5000;

/** Asks whoever gave the tokens to forget them; false where it did not say that it has. Never throws. */
export async function revoke(tokens: ChatgptTokens, web: Web): Promise<boolean> {
  if (tokens.refreshToken === null) return false;
  try {
    const issuer = issuerOfTokens(tokens);
    const override = web.variables["CODEX_REVOKE_TOKEN_URL_OVERRIDE"]?.trim();
    const url = override ? safeUrl(override, "CODEX_REVOKE_TOKEN_URL_OVERRIDE") : `${issuer.url}/oauth/revoke`;
    const json = { token: tokens.refreshToken.reveal(), token_type_hint: "refresh_token", client_id: issuer.clientId };
    return (await ask(url, { json, timeoutMs: revokeLimitMs }, web)).status === 200;
  } catch {
    return false;
  }
}

function tokensIn({ fields }: Answer): GivenTokens {
  const secret = (name: string): Secret | null => {
    const value = fields[name];
    return typeof value === "string" && value !== "" && !/\s/.test(value) ? new Secret(value) : null;
  };
  return { idToken: secret("id_token"), accessToken: secret("access_token"), refreshToken: secret("refresh_token") };
}

/** What servers call an error: `{error: {code}}`, `{error: "code"}`, or `{code}`. */
export function codeOf({ fields }: Answer): string | null {
  const error = fields["error"];
  const code =
    typeof error === "object" && error !== null ? (error as { code?: unknown }).code : (error ?? fields["code"]);
  return typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? code : null;
}

export function refusedBy(issuer: Issuer, what: string, answer: Answer): AgentError {
  const code = codeOf(answer);
  const why = `status ${answer.status}${code === null ? "" : `, ${code}`}`;
  return new AgentError(answer.status >= 500 ? "server_error" : "unauthorized", `${issuer.url}: ${what} (${why})`);
}
