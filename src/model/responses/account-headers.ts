import type { AccountLimits, LimitWindow } from "../../protocol/account-limits.ts";

type Header = (name: string) => string | undefined;

const numberIn = (text: string | undefined): number | null => {
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

function windowOf(header: Header, name: "primary" | "secondary"): LimitWindow | null {
  const usedPercent = numberIn(header(`x-codex-${name}-used-percent`));
  if (usedPercent === null) return null;
  return {
    usedPercent,
    minutes: numberIn(header(`x-codex-${name}-window-minutes`)),
    resetsAt: numberIn(header(`x-codex-${name}-reset-at`)),
  };
}

const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === "true" || text === "1";

/** What the headers of a response say about the account's limits; null where they say nothing. */
export function limitsOf(header: Header): AccountLimits | null {
  const primary = windowOf(header, "primary");
  const secondary = windowOf(header, "secondary");
  const has = header("x-codex-credits-has-credits");
  const unlimited = header("x-codex-credits-unlimited");
  const credits =
    has === undefined || unlimited === undefined
      ? null
      : { has: isTrue(has), unlimited: isTrue(unlimited), balance: header("x-codex-credits-balance") ?? null };
  return primary === null && secondary === null && credits === null ? null : { primary, secondary, credits };
}
