import type { ChatgptTokens } from "../../config/secrets/stored-login.ts";
import type { AccountLimits, LimitWindow } from "../../protocol/account-limits.ts";
import { AgentError } from "../../protocol/errors.ts";
import { ask, type Web } from "./ask.ts";
import { chatgptHeaders } from "./chatgpt-backend.ts";

/** What an account may still use. */
export interface AccountUsage {
  readonly plan: string | null;
  /** Whom the vendor counts it on, where it says so. */
  readonly accountId: string | null;
  readonly limits: AccountLimits;
}

/** Asks ChatGPT. Null: it refused the tokens. @throws AgentError */
export async function readUsage(address: string, tokens: ChatgptTokens, web: Web): Promise<AccountUsage | null> {
  const headers = { authorization: `Bearer ${tokens.accessToken.reveal()}`, ...chatgptHeaders(tokens) };
  const { status, fields } = await ask(`${address}/wham/usage`, { headers }, web);
  if (status === 401) return null;
  if (status !== 200)
    throw new AgentError("server_error", `${address}/wham/usage answered with status ${status}; try again later`);
  const limit = tableOf(fields["rate_limit"]);
  const credits = tableOf(fields["credits"]);
  return {
    accountId: typeof fields["account_id"] === "string" ? fields["account_id"] : null,
    plan: typeof fields["plan_type"] === "string" ? fields["plan_type"] : null,
    limits: {
      primary: windowOf(tableOf(limit["primary_window"])),
      secondary: windowOf(tableOf(limit["secondary_window"])),
      credits:
        typeof credits["has_credits"] !== "boolean"
          ? null
          : {
              has: credits["has_credits"],
              unlimited: credits["unlimited"] === true,
              balance: typeof credits["balance"] === "string" ? credits["balance"] : null,
            },
    },
  };
}

function windowOf(window: Record<string, unknown>): LimitWindow | null {
  const [used, seconds, resetsAt] = ["used_percent", "limit_window_seconds", "reset_at"].map((name) => {
    const value = window[name];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }) as [number | null, number | null, number | null];
  return used === null
    ? null
    : { usedPercent: used, minutes: seconds === null ? null : Math.ceil(seconds / 60), resetsAt };
}

const tableOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
