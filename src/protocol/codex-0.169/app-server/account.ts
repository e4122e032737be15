import {
  anything,
  boolean,
  defaulted,
  experimental,
  integer,
  list,
  literal,
  map,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  union,
} from "../../shapes/shape.ts";

export const GatewayOAuthReadParams = object({ modelProvider: optional(nullable(string)) });
export type GatewayOAuthReadParams = Infer<typeof GatewayOAuthReadParams>;

export const GatewayOAuthStatus = oneOf("notReady", "started", "succeeded", "failed");
export type GatewayOAuthStatus = Infer<typeof GatewayOAuthStatus>;

export const GatewayOAuthReadResponse = object({
  error: nullable(string),
  providerId: string,
  providerName: string,
  required: boolean,
  status: nullable(GatewayOAuthStatus),
  supportsDeviceAuth: optional(boolean),
});
export type GatewayOAuthReadResponse = Infer<typeof GatewayOAuthReadResponse>;

export const GatewayOAuthLoginParams = object({
  deviceAuth: optional(boolean),
  modelProvider: optional(nullable(string)),
});
export type GatewayOAuthLoginParams = Infer<typeof GatewayOAuthLoginParams>;

export const GatewayOAuthPrompt = object({ loginId: string, userCode: string, verificationUrl: string });
export type GatewayOAuthPrompt = Infer<typeof GatewayOAuthPrompt>;

export const GatewayOAuthLoginResponse = object({ prompt: nullable(GatewayOAuthPrompt) });
export type GatewayOAuthLoginResponse = Infer<typeof GatewayOAuthLoginResponse>;

export const GatewayOAuthCancelResponse = object({});
export type GatewayOAuthCancelResponse = Infer<typeof GatewayOAuthCancelResponse>;

export const LoginAppBrand = oneOf("codex", "chatgpt");
export type LoginAppBrand = Infer<typeof LoginAppBrand>;

export const LoginAccountParams = union(
  object({ apiKey: string, type: literal("apiKey") }),
  object({
    appBrand: optional(nullable(LoginAppBrand)),
    codexStreamlinedLogin: optional(boolean),
    type: literal("chatgpt"),
    useHostedLoginSuccessPage: optional(boolean),
  }),
  object({ type: literal("chatgptDeviceCode") }),
  object({
    accessToken: string,
    chatgptAccountId: string,
    chatgptPlanType: optional(nullable(string)),
    type: literal("chatgptAuthTokens"),
  }),
  object({ apiKey: string, region: string, type: literal("amazonBedrock") }),
  object({
    accessKeyId: string,
    region: string,
    secretAccessKey: string,
    sessionToken: optional(nullable(string)),
    type: literal("amazonBedrockAccessKeys"),
  }),
);
export type LoginAccountParams = Infer<typeof LoginAccountParams>;

export const LoginAccountResponse = union(
  object({ type: literal("apiKey") }),
  object({ authUrl: string, loginId: string, type: literal("chatgpt") }),
  object({ loginId: string, type: literal("chatgptDeviceCode"), userCode: string, verificationUrl: string }),
  object({ type: literal("chatgptAuthTokens") }),
  object({ type: literal("amazonBedrock") }),
);
export type LoginAccountResponse = Infer<typeof LoginAccountResponse>;

export const CancelLoginAccountParams = object({ loginId: string });
export type CancelLoginAccountParams = Infer<typeof CancelLoginAccountParams>;

export const CancelLoginAccountStatus = oneOf("canceled", "notFound");
export type CancelLoginAccountStatus = Infer<typeof CancelLoginAccountStatus>;

export const CancelLoginAccountResponse = object({ status: CancelLoginAccountStatus });
export type CancelLoginAccountResponse = Infer<typeof CancelLoginAccountResponse>;

export const LogoutAccountResponse = object({});
export type LogoutAccountResponse = Infer<typeof LogoutAccountResponse>;

export const AccountSecuritySetupAction = object({ label: string, url: string });
export type AccountSecuritySetupAction = Infer<typeof AccountSecuritySetupAction>;

export const AccountSecuritySetupNotice = object({
  accountId: string,
  action: AccountSecuritySetupAction,
  description: string,
  title: string,
  userId: string,
});
export type AccountSecuritySetupNotice = Infer<typeof AccountSecuritySetupNotice>;

export const GetAccountSecuritySetupResponse = object({ notice: nullable(AccountSecuritySetupNotice) });
export type GetAccountSecuritySetupResponse = Infer<typeof GetAccountSecuritySetupResponse>;

export const GetAccountRateLimitsParams = object({
  excludeResetCreditDetails: optional(boolean),
  supportsLunaReserve: optional(boolean),
});
export type GetAccountRateLimitsParams = Infer<typeof GetAccountRateLimitsParams>;

export const RateLimitResetCreditStatus = oneOf("available", "redeeming", "redeemed", "unknown");
export type RateLimitResetCreditStatus = Infer<typeof RateLimitResetCreditStatus>;

export const RateLimitResetType = oneOf("codexRateLimits", "unknown");
export type RateLimitResetType = Infer<typeof RateLimitResetType>;

export const RateLimitResetCredit = object({
  description: nullable(string),
  expiresAt: nullable(integer),
  grantedAt: integer,
  id: string,
  resetType: RateLimitResetType,
  status: RateLimitResetCreditStatus,
  title: nullable(string),
});
export type RateLimitResetCredit = Infer<typeof RateLimitResetCredit>;

export const RateLimitResetCreditsSummary = object({
  availableCount: integer,
  credits: nullable(list(RateLimitResetCredit)),
});
export type RateLimitResetCreditsSummary = Infer<typeof RateLimitResetCreditsSummary>;

export const CreditsSnapshot = object({ balance: nullable(string), hasCredits: boolean, unlimited: boolean });
export type CreditsSnapshot = Infer<typeof CreditsSnapshot>;

export const PlanType = oneOf(
  "free",
  "go",
  "plus",
  "pro",
  "prolite",
  "promax",
  "team",
  "self_serve_business_prolite",
  "self_serve_business_usage_based",
  "business",
  "ent26",
  "enterprise_cbp_automation",
  "enterprise_cbp_usage_based",
  "enterprise",
  "edu",
  "edu_plus",
  "edu_pro",
  "sci",
  "sci_plus",
  "unknown",
);
export type PlanType = Infer<typeof PlanType>;

export const RateLimitReachedType = oneOf(
  "rate_limit_reached",
  "workspace_owner_credits_depleted",
  "workspace_member_credits_depleted",
  "workspace_owner_usage_limit_reached",
  "workspace_member_usage_limit_reached",
);
export type RateLimitReachedType = Infer<typeof RateLimitReachedType>;

export const RateLimitWindow = object({
  resetsAt: nullable(integer),
  usedPercent: integer,
  windowDurationMins: nullable(integer),
});
export type RateLimitWindow = Infer<typeof RateLimitWindow>;

export const SpendControlLimitSnapshot = object({
  limit: string,
  remainingPercent: integer,
  resetsAt: integer,
  used: string,
});
export type SpendControlLimitSnapshot = Infer<typeof SpendControlLimitSnapshot>;

export const RateLimitSnapshot = object({
  credits: nullable(CreditsSnapshot),
  individualLimit: nullable(SpendControlLimitSnapshot),
  limitId: nullable(string),
  limitName: nullable(string),
  normalModelSlug: nullable(string),
  planType: nullable(PlanType),
  primary: nullable(RateLimitWindow),
  rateLimitReachedType: nullable(RateLimitReachedType),
  secondary: nullable(RateLimitWindow),
  spendControlReached: nullable(boolean),
});
export type RateLimitSnapshot = Infer<typeof RateLimitSnapshot>;

export const GetAccountRateLimitsResponse = object({
  accountId: nullable(string),
  ordinaryUsageAllowed: nullable(boolean),
  rateLimitResetCredits: nullable(RateLimitResetCreditsSummary),
  rateLimitUpsell: optional(anything),
  rateLimits: RateLimitSnapshot,
  rateLimitsByLimitId: nullable(map(RateLimitSnapshot)),
});
export type GetAccountRateLimitsResponse = Infer<typeof GetAccountRateLimitsResponse>;

export const ConsumeAccountRateLimitResetCreditParams = object({
  creditId: optional(nullable(string)),
  idempotencyKey: string,
});
export type ConsumeAccountRateLimitResetCreditParams = Infer<typeof ConsumeAccountRateLimitResetCreditParams>;

export const ConsumeAccountRateLimitResetCreditOutcome = oneOf(
  "reset",
  "nothingToReset",
  "noCredit",
  "alreadyRedeemed",
);
export type ConsumeAccountRateLimitResetCreditOutcome = Infer<typeof ConsumeAccountRateLimitResetCreditOutcome>;

export const ConsumeAccountRateLimitResetCreditResponse = object({
  outcome: ConsumeAccountRateLimitResetCreditOutcome,
});
export type ConsumeAccountRateLimitResetCreditResponse = Infer<typeof ConsumeAccountRateLimitResetCreditResponse>;

export const GetAccountTokenUsageParams = object({ threadId: optional(nullable(string)) });
export type GetAccountTokenUsageParams = Infer<typeof GetAccountTokenUsageParams>;

export const AccountTokenUsageDailyBucket = object({ startDate: string, tokens: integer });
export type AccountTokenUsageDailyBucket = Infer<typeof AccountTokenUsageDailyBucket>;

export const AccountTokenUsageSummary = object({
  currentStreakDays: nullable(integer),
  lifetimeTokens: nullable(integer),
  longestRunningTurnSec: nullable(integer),
  longestStreakDays: nullable(integer),
  peakDailyTokens: nullable(integer),
});
export type AccountTokenUsageSummary = Infer<typeof AccountTokenUsageSummary>;

export const ThreadUsageBreakdownGroup = object({
  cachedInputTokens: nullable(integer),
  estimatedUsageCreditsMicros: integer,
  inputTokens: nullable(integer),
  model: nullable(string),
  netNewInputTokens: nullable(integer),
  outputTokens: nullable(integer),
  reasoningEffort: nullable(string),
  speed: nullable(string),
  totalTokens: nullable(integer),
});
export type ThreadUsageBreakdownGroup = Infer<typeof ThreadUsageBreakdownGroup>;

export const ThreadUsage = object({
  estimatedUsageCreditsMicros: integer,
  estimatedUsageUsdMicros: nullable(integer),
  groups: list(ThreadUsageBreakdownGroup),
  nativeUsageUsdMicros: optional(nullable(integer)),
  threadId: string,
});
export type ThreadUsage = Infer<typeof ThreadUsage>;

export const GetAccountTokenUsageResponse = object({
  dailyUsageBuckets: nullable(list(AccountTokenUsageDailyBucket)),
  summary: AccountTokenUsageSummary,
  threadUsage: optional(nullable(ThreadUsage)),
});
export type GetAccountTokenUsageResponse = Infer<typeof GetAccountTokenUsageResponse>;

export const WorkspaceMessageType = oneOf("headline", "announcement", "unknown");
export type WorkspaceMessageType = Infer<typeof WorkspaceMessageType>;

export const WorkspaceMessage = object({
  archivedAt: nullable(integer),
  createdAt: nullable(integer),
  messageBody: string,
  messageId: string,
  messageType: WorkspaceMessageType,
});
export type WorkspaceMessage = Infer<typeof WorkspaceMessage>;

export const GetWorkspaceMessagesResponse = object({ featureEnabled: boolean, messages: list(WorkspaceMessage) });
export type GetWorkspaceMessagesResponse = Infer<typeof GetWorkspaceMessagesResponse>;

export const AddCreditsNudgeCreditType = oneOf("credits", "usage_limit");
export type AddCreditsNudgeCreditType = Infer<typeof AddCreditsNudgeCreditType>;

export const SendAddCreditsNudgeEmailParams = object({ creditType: AddCreditsNudgeCreditType });
export type SendAddCreditsNudgeEmailParams = Infer<typeof SendAddCreditsNudgeEmailParams>;

export const AddCreditsNudgeEmailStatus = oneOf("sent", "cooldown_active");
export type AddCreditsNudgeEmailStatus = Infer<typeof AddCreditsNudgeEmailStatus>;

export const SendAddCreditsNudgeEmailResponse = object({ status: AddCreditsNudgeEmailStatus });
export type SendAddCreditsNudgeEmailResponse = Infer<typeof SendAddCreditsNudgeEmailResponse>;

export const GetAccountParams = object({ refreshToken: optional(boolean) });
export type GetAccountParams = Infer<typeof GetAccountParams>;

export const Account = union(
  object({ type: literal("apiKey") }),
  object({ email: nullable(string), planType: PlanType, type: literal("chatgpt"), workspaceName: nullable(string) }),
  object({ type: literal("amazonBedrock"), usesCodexManagedCredentials: defaulted(boolean, false) }),
  object({ type: literal("gcp") }),
);
export type Account = Infer<typeof Account>;

export const AccountRoutingOverride = oneOf("NO_CONSTRAINT", "us", "us_cr");
export type AccountRoutingOverride = Infer<typeof AccountRoutingOverride>;

export const WorkspaceRouting = object({
  accountRoutingOverride: AccountRoutingOverride,
  backendOrigin: string,
  chatgptAccountId: string,
});
export type WorkspaceRouting = Infer<typeof WorkspaceRouting>;

export const GetAccountResponse = object({
  account: nullable(Account),
  requiresOpenaiAuth: boolean,
  userId: nullable(string),
  workspaceRouting: experimental(nullable(WorkspaceRouting)),
});
export type GetAccountResponse = Infer<typeof GetAccountResponse>;

export const AuthMode = oneOf(
  "apikey",
  "chatgpt",
  "chatgptAuthTokens",
  "headers",
  "agentIdentity",
  "personalAccessToken",
  "bedrockApiKey",
  "bedrockAccessKeys",
);
export type AuthMode = Infer<typeof AuthMode>;

export const AccountUpdatedNotification = object({ authMode: nullable(AuthMode), planType: nullable(PlanType) });
export type AccountUpdatedNotification = Infer<typeof AccountUpdatedNotification>;

export const GatewayOAuthChangedNotification = object({
  authUrl: nullable(string),
  error: nullable(string),
  loginId: nullable(string),
  providerId: string,
  status: GatewayOAuthStatus,
});
export type GatewayOAuthChangedNotification = Infer<typeof GatewayOAuthChangedNotification>;

export const AccountRateLimitsUpdatedNotification = object({ rateLimits: RateLimitSnapshot });
export type AccountRateLimitsUpdatedNotification = Infer<typeof AccountRateLimitsUpdatedNotification>;

export const DesktopOnboardingEntrypoint = literal("life_sciences");
export type DesktopOnboardingEntrypoint = Infer<typeof DesktopOnboardingEntrypoint>;

export const AccountLoginCompletedNotification = object({
  error: nullable(string),
  loginId: nullable(string),
  onboardingEntrypoint: nullable(DesktopOnboardingEntrypoint),
  success: boolean,
});
export type AccountLoginCompletedNotification = Infer<typeof AccountLoginCompletedNotification>;
