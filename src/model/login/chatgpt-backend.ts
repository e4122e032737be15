import { openaiBaseUrl } from "../../config/providers.ts";
import { claimsOf } from "../../config/secrets/login-claims.ts";
import type { ChatgptTokens } from "../../config/secrets/stored-login.ts";
import type { TomlTable } from "../../config/toml/toml-values.ts";
import { AgentError } from "../../protocol/errors.ts";
import { isLoopbackUrl } from "../../system/loopback.ts";

const usual = "https://chatgpt.com/backend-api";

/** Where ChatGPT's accounts are served: `chatgpt_base_url`, without a slash at the end. @throws AgentError `config` */
export function chatgptAddress(settings: TomlTable): string {
  const set = settings["chatgpt_base_url"];
  if (typeof set !== "string" || set.trim() === "") return usual;
  const url = URL.canParse(set) ? new URL(set) : null;
  const isHere = url?.protocol === "http:" && isLoopbackUrl(set);
  if (url?.protocol !== "https:" && !isHere)
    throw new AgentError("config", `chatgpt_base_url is "${set}"; tokens of a login are sent to https URLs alone`);
  return set.trim().replace(/\/+$/, "");
}

/** Where a login's requests to the model go: to ChatGPT, unless the provider has an address of its own. */
export const chatgptBaseUrl = (baseUrl: string, settings: TomlTable): string =>
  baseUrl === openaiBaseUrl ? `${chatgptAddress(settings)}/codex` : baseUrl;

/** What goes with the token of a login, for the workspace that pays. */
export function chatgptHeaders(tokens: ChatgptTokens): Record<string, string> {
  const { isFedramp } = claimsOf((tokens.idToken ?? tokens.accessToken).reveal());
  return {
    ...(tokens.accountId !== null && { "chatgpt-account-id": tokens.accountId }),
    ...(isFedramp && { "x-openai-fedramp": "true" }),
  };
}
