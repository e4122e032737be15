/** What a model said that was asked in the user's place whether an action may run. */
export type ActionReview =
  | {
      type: "allow" | "deny";
      rationale: string | null;
      /** How much could be lost. */
      risk: ReviewRisk;
      /** How clearly the user has asked for it. */
      authorization: ReviewAuthorization;
    }
  /** Nobody could say; why, for people. */
  | { type: "failed"; why: string };

export const reviewRisks = ["low", "medium", "high", "critical"] as const;
export type ReviewRisk = (typeof reviewRisks)[number];

export const reviewAuthorizations = ["unknown", "low", "medium", "high"] as const;
export type ReviewAuthorization = (typeof reviewAuthorizations)[number];
