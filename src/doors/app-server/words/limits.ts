import type { RateLimitSnapshot } from "../../../protocol/codex-0.169/app-server/account.ts";
import type { AccountLimits, LimitWindow } from "../../../protocol/account-limits.ts";

const wireWindow = ({ usedPercent, minutes, resetsAt }: LimitWindow): NonNullable<RateLimitSnapshot["primary"]> => ({
  usedPercent: Math.round(usedPercent),
  windowDurationMins: minutes,
  resetsAt,
});

export const wireLimits = ({ primary, secondary, credits }: AccountLimits): RateLimitSnapshot => ({
  limitId: "codex",
  limitName: null,
  normalModelSlug: null,
  primary: primary && wireWindow(primary),
  secondary: secondary && wireWindow(secondary),
  credits: credits && { hasCredits: credits.has, unlimited: credits.unlimited, balance: credits.balance },
  individualLimit: null,
  spendControlReached: null,
  planType: null,
  rateLimitReachedType: null,
});
