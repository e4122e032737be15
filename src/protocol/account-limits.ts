/** What a provider lets an account use, as it says with a response. */
export interface AccountLimits {
  primary: LimitWindow | null;
  secondary: LimitWindow | null;
  /** What is paid for beyond them. */
  credits: { has: boolean; unlimited: boolean; balance: string | null } | null;
}

export interface LimitWindow {
  /** From 0 to 100. */
  usedPercent: number;
  minutes: number | null;
  /** Seconds since the Unix epoch. */
  resetsAt: number | null;
}
