import { createHash, randomBytes } from "node:crypto";
import type { LoginRules } from "../../config/secrets/login-rules.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { Web } from "./ask.ts";
import { listenForBrowser, type Arrival } from "./callback-server.ts";
import { exchangeCode, type Issuer, type NewTokens } from "./issuer.ts";

export interface BrowserWish {
  readonly issuer: Issuer;
  readonly rules: LoginRules;
  /** Told the page that the user has to visit. */
  onPage(url: string): void;
  /** What is done with the tokens, before the page says that all went well. */
  keep(tokens: NewTokens): Promise<void>;
  /** How long the user may take, milliseconds. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** As Codex asks for them: the login is shared with it. */
const scope = "openid profile email offline_access api.connectors.read api.connectors.invoke";

/** Logs in by way of the user's browser: authorization code with PKCE. @throws AgentError; the signal's reason */
export async function logInByBrowser(wish: BrowserWish, web: Web): Promise<void> {
  const { issuer, signal, limitMs } = wish;
  signal.throwIfAborted();
  const state = randomBytes(32).toString("base64url");
  const verifier = randomBytes(64).toString("base64url");
  const callback = await listenForBrowser(state);
  try {
    wish.onPage(pageOf(wish, { state, verifier, redirectUri: callback.redirectUri }, web));
    const arrival = await inTime(callback.arrival, limitMs, signal);
    try {
      const code = codeIn(arrival);
      await wish.keep(await exchangeCode(issuer, { code, verifier, redirectUri: callback.redirectUri, signal }, web));
      arrival.close("You are logged in. You can close this page and go back to where you came from.");
    } catch (error) {
      arrival.close("The login failed. Go back to where you came from: it says why.");
      throw error;
    }
  } finally {
    callback.stop();
  }
}

function pageOf(
  { issuer, rules }: BrowserWish,
  { state, verifier, redirectUri }: { state: string; verifier: string; redirectUri: string },
  web: Web,
): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: issuer.clientId,
    redirect_uri: redirectUri,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    state,
    scope,
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    originator: web.originator,
    ...(rules.workspaces !== null && { allowed_workspace_id: rules.workspaces.join(",") }),
  });
  return `${issuer.url}/oauth/authorize?${query.toString()}`;
}

/** What a page says of itself is shown on one short line. */
const oneLine = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 200);

function codeIn({ parameters }: Arrival): string {
  const refused = parameters.get("error");
  if (refused !== null) {
    const why = oneLine(parameters.get("error_description") ?? refused) || "no reason was given";
    throw new AgentError("unauthorized", `The login was refused in the browser: ${why}`);
  }
  const code = parameters.get("code");
  if (code === null || code === "") throw new AgentError("unauthorized", "The browser came back without a code");
  return code;
}

async function inTime<Value>(value: Promise<Value>, limitMs: number, signal: AbortSignal): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => {};
  const end = new Promise<never>((_, reject) => {
    const minutes = Math.round(limitMs / 60_000);
    const late = new AgentError("unauthorized", `Nobody came back from the browser in ${minutes} minutes`);
    timer = setTimeout(() => reject(late), limitMs);
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([value, end]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
