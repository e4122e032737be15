import type { Config } from "../../config/config.ts";
import { storedLogin } from "../../config/secrets/credentials.ts";
import { removeKey, storeKey } from "../../config/secrets/stored-key.ts";
import { readRequirements } from "../../config/permissions/requirements.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { ResultOf } from "../../protocol/methods.ts";

/** The stored login, and whether requests to the configured provider go out with it. */
export function readAccount({ homes, provider }: Config, reveal: boolean): ResultOf<"account/read"> {
  const login = storedLogin(homes.codex);
  const stored = login === null ? null : login.key === null ? "chatgpt" : "apiKey";
  return { stored, needed: provider.requiresOpenaiAuth, key: reveal ? (login?.key?.reveal() ?? null) : null };
}

export async function logIn(codexHome: string, key: string): Promise<Record<string, never>> {
  // A machine whose rules cannot be held takes no login either.
  await readRequirements("/etc/codex");
  const text = key.trim();
  if (text === "") throw new AgentError("usage", "The API key is empty");
  if (/\s/.test(text)) throw new AgentError("usage", "This is no API key: it has blanks or several lines");
  storeKey(codexHome, text);
  return {};
}

export const logOut = (codexHome: string): ResultOf<"account/logout"> => ({ removed: removeKey(codexHome) });
