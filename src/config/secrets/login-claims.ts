import { isTable } from "../toml/toml-values.ts";

/** What the tokens of a ChatGPT login say of it. Nobody has checked their signatures: for showing, and for knowing when to renew. */
export interface LoginClaims {
  readonly email: string | null;
  /** As the vendor calls it: `plus`, `enterprise`, ... */
  readonly plan: string | null;
  /** The workspace that requests are counted on. */
  readonly accountId: string | null;
  readonly userId: string | null;
  /** Milliseconds since the epoch; null where the token does not say. */
  readonly expiresAt: number | null;
  /** The workspace is one of the American government. */
  readonly isFedramp: boolean;
}

const ofAuth = "https://api.openai.com/auth";
const ofProfile = "https://api.openai.com/profile";

/** Never throws: what is no token says nothing. */
export function claimsOf(token: string): LoginClaims {
  const claims = payloadOf(token);
  const auth = tableOf(claims[ofAuth]);
  const exp = claims["exp"];
  return {
    email: textOf(claims["email"]) ?? textOf(tableOf(claims[ofProfile])["email"]),
    plan: textOf(auth["chatgpt_plan_type"]),
    accountId: textOf(auth["chatgpt_account_id"]),
    userId: textOf(auth["chatgpt_user_id"]) ?? textOf(auth["user_id"]),
    expiresAt: typeof exp === "number" && Number.isFinite(exp) ? exp * 1000 : null,
    isFedramp: auth["chatgpt_account_is_fedramp"] === true,
  };
}

function payloadOf(token: string): Record<string, unknown> {
  const parts = token.split(".");
  if (parts.length !== 3) return {};
  try {
    return tableOf(JSON.parse(Buffer.from(parts[1]!, "base64url").toString("utf8")));
  } catch {
    return {};
  }
}

const tableOf = (value: unknown): Record<string, unknown> => (isTable(value) ? value : {});
const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
