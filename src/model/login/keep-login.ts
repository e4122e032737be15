import { claimsOf } from "../../config/secrets/login-claims.ts";
import { assertWorkspace, type LoginRules } from "../../config/secrets/login-rules.ts";
import { storeTokens } from "../../config/secrets/store-login.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { Issuer, NewTokens } from "./issuer.ts";

export interface LoginPlace {
  readonly codexHome: string;
  readonly rules: LoginRules;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Keeps what an issuer gave, in place of the login before. @throws AgentError where it is no account's, or one that may not log in */
export async function keepLogin(tokens: NewTokens, issuer: Issuer, place: LoginPlace): Promise<void> {
  const { accountId } = claimsOf(tokens.idToken.reveal());
  if (accountId === null)
    throw new AgentError("unauthorized", "The login is that of nobody: its token names no workspace to count on");
  assertWorkspace(place.rules, accountId);
  await storeTokens(place.codexHome, tokens, { issuer: issuer.url, clientId: issuer.clientId }, place.now());
}
