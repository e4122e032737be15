import { join } from "node:path";
import { readLogin, type ChatgptTokens } from "../../config/secrets/stored-login.ts";
import { withLock } from "../../config/secrets/auth-file.ts";
import { claimsOf } from "../../config/secrets/login-claims.ts";
import { storeRenewal } from "../../config/secrets/store-login.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import type { Web } from "./ask.ts";
import { issuerOfTokens, renewTokens, type Renewal } from "./issuer.ts";

type Reason = "proactive_expiry" | "unauthorized_recovery";

export interface SessionPlace {
  readonly codexHome: string;
  readonly clock: System["clock"];
  readonly web: Web;
}

/** A token is renewed that long before it runs out, as Codex does. */
const aheadMs = 5 * 60_000;
/** Held while tokens are renewed. A lock of our own: Codex holds none then, and its own ones only while it writes. */
const renewalLock = "auth.renewal.lock";
/** Longer than a renewal takes at worst. */
const renewalLimitMs = 150_000;
const tries = 3;

/** Renewals that are under way in this process. */
const underWay = new Map<string, Promise<ChatgptTokens>>();

/** When a token is too old to be sent; a token that does not say is good until a server refuses it. */
function isStale({ accessToken }: ChatgptTokens, at: number): boolean {
  const { expiresAt } = claimsOf(accessToken.reveal());
  return expiresAt !== null && expiresAt <= at;
}

/** Tokens that are good for a while, renewed where they are not. @throws AgentError */
export async function freshTokens(tokens: ChatgptTokens, place: SessionPlace): Promise<ChatgptTokens> {
  if (!isStale(tokens, place.clock.now() + aheadMs)) return tokens;
  try {
    return await renewOnce(tokens, "proactive_expiry", place);
  } catch (error) {
    // It was early: what is not refused for good may go better next time.
    if (isTransient(error) && !isStale(tokens, place.clock.now())) return tokens;
    throw error;
  }
}

/** Other tokens in place of those that a server has refused. @throws AgentError */
export const renewRefused = (refused: ChatgptTokens, place: SessionPlace): Promise<ChatgptTokens> =>
  renewOnce(refused, "unauthorized_recovery", place);

const isTransient = (error: unknown): boolean => error instanceof AgentError && error.code === "connection_failed";

function renewOnce(old: ChatgptTokens, reason: Reason, place: SessionPlace): Promise<ChatgptTokens> {
  const key = `${place.codexHome}\n${old.accessToken.reveal()}`;
  let renewal = underWay.get(key);
  if (renewal === undefined) {
    renewal = withLock(join(place.codexHome, renewalLock), () => renew(old, reason, place), renewalLimitMs);
    underWay.set(key, renewal);
    const forget = (): boolean => underWay.delete(key);
    renewal.catch(() => {}).then(forget);
  }
  return renewal;
}

const differs = (one: ChatgptTokens, other: ChatgptTokens): boolean =>
  one.accessToken.reveal() !== other.accessToken.reveal();

async function renew(old: ChatgptTokens, reason: Reason, place: SessionPlace): Promise<ChatgptTokens> {
  const isFresh = (tokens: ChatgptTokens): boolean =>
    differs(tokens, old) && !isStale(tokens, place.clock.now() + aheadMs);
  let asked = storedTokens(place, old);
  if (isFresh(asked)) return asked;
  for (let attempt = 1; ; attempt++) {
    if (asked.refreshToken === null) throw loggedOut("it has no refresh token");
    const renewal = await renewTokens(issuerOfTokens(asked), asked.refreshToken, reason, place.web);
    if (renewal.type === "renewed") return keep(asked, renewal, place);
    // Another program may have been quicker, and its tokens are in the file.
    const now = storedTokens(place, old);
    if (isFresh(now)) return now;
    const rotated = now.refreshToken?.reveal() !== asked.refreshToken.reveal();
    if (renewal.type === "refused" && !rotated) throw loggedOut(renewal.why);
    // Whoever sends the request tries again.
    if (renewal.type === "failed" || attempt >= tries)
      throw new AgentError("connection_failed", `The ChatGPT login could not be renewed: ${renewal.why}`);
    asked = now;
  }
}

async function keep(
  asked: ChatgptTokens,
  { given }: Extract<Renewal, { type: "renewed" }>,
  place: SessionPlace,
): Promise<ChatgptTokens> {
  if (asked.refreshToken !== null) await storeRenewal(place.codexHome, asked.refreshToken, given, place.clock.now());
  return {
    ...asked,
    accessToken: given.accessToken ?? asked.accessToken,
    refreshToken: given.refreshToken ?? asked.refreshToken,
    idToken: given.idToken ?? asked.idToken,
  };
}

/** What is in the file now. Nobody goes on as somebody else: an end of this login is one for its requests, too. */
function storedTokens({ codexHome }: SessionPlace, old: ChatgptTokens): ChatgptTokens {
  const login = readLogin(codexHome);
  if (login?.type !== "chatgpt") throw loggedOut("it has been ended");
  if (login.tokens.accountId !== old.accountId) throw loggedOut("another account has logged in");
  return login.tokens;
}

const loggedOut = (why: string): AgentError =>
  new AgentError(
    "unauthorized",
    `The ChatGPT login in auth.json cannot be renewed (${why}): log in again with \`codex-agent login\``,
  );
