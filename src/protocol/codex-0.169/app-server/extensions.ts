import {
  boolean,
  defaulted,
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
  unsigned,
} from "../../shapes/shape.ts";
import { AbsolutePathBuf, HookEventName, HookSource, LegacyAppPathString } from "./values.ts";

export const SkillsListParams = object({ cwds: optional(list(string)), forceReload: optional(boolean) });
export type SkillsListParams = Infer<typeof SkillsListParams>;

export const SkillErrorInfo = object({ message: string, path: string });
export type SkillErrorInfo = Infer<typeof SkillErrorInfo>;

export const SkillToolDependency = object({
  command: optional(nullable(string)),
  description: optional(nullable(string)),
  transport: optional(nullable(string)),
  type: string,
  url: optional(nullable(string)),
  value: string,
});
export type SkillToolDependency = Infer<typeof SkillToolDependency>;

export const SkillDependencies = object({ tools: list(SkillToolDependency) });
export type SkillDependencies = Infer<typeof SkillDependencies>;

export const SkillInterface = object({
  brandColor: optional(nullable(string)),
  defaultPrompt: optional(nullable(string)),
  displayName: optional(nullable(string)),
  iconLarge: optional(nullable(AbsolutePathBuf)),
  iconLargeUrl: nullable(string),
  iconSmall: optional(nullable(AbsolutePathBuf)),
  iconSmallUrl: nullable(string),
  shortDescription: optional(nullable(string)),
});
export type SkillInterface = Infer<typeof SkillInterface>;

export const SkillScope = oneOf("user", "repo", "system", "admin");
export type SkillScope = Infer<typeof SkillScope>;

export const SkillMetadata = object({
  dependencies: optional(nullable(SkillDependencies)),
  description: string,
  enabled: boolean,
  interface: optional(nullable(SkillInterface)),
  name: string,
  path: LegacyAppPathString,
  pluginId: nullable(string),
  scope: SkillScope,
  shortDescription: optional(nullable(string)),
});
export type SkillMetadata = Infer<typeof SkillMetadata>;

export const SkillsListEntry = object({ cwd: string, errors: list(SkillErrorInfo), skills: list(SkillMetadata) });
export type SkillsListEntry = Infer<typeof SkillsListEntry>;

export const SkillsListResponse = object({ data: list(SkillsListEntry) });
export type SkillsListResponse = Infer<typeof SkillsListResponse>;

export const SkillsExtraRootsSetParams = object({ extraRoots: list(AbsolutePathBuf) });
export type SkillsExtraRootsSetParams = Infer<typeof SkillsExtraRootsSetParams>;

export const SkillsExtraRootsSetResponse = object({});
export type SkillsExtraRootsSetResponse = Infer<typeof SkillsExtraRootsSetResponse>;

export const HooksListParams = object({ cwds: optional(list(string)), threadId: optional(nullable(string)) });
export type HooksListParams = Infer<typeof HooksListParams>;

export const HookErrorInfo = object({ message: string, path: string });
export type HookErrorInfo = Infer<typeof HookErrorInfo>;

export const HookTrustStatus = oneOf("managed", "untrusted", "trusted", "modified");
export type HookTrustStatus = Infer<typeof HookTrustStatus>;

const commonHookMetadata = {
  additionalContextLimit: nullable(unsigned),
  currentHash: string,
  displayOrder: integer,
  enabled: boolean,
  environmentId: nullable(string),
  eventName: HookEventName,
  isManaged: boolean,
  key: string,
  matcher: nullable(string),
  pluginId: nullable(string),
  source: HookSource,
  sourcePath: AbsolutePathBuf,
  statusMessage: nullable(string),
  timeoutSec: unsigned,
  trustStatus: HookTrustStatus,
};

export const HookMetadata = union(
  object({ ...commonHookMetadata, async: defaulted(boolean, false), command: string, handlerType: literal("command") }),
  object({ ...commonHookMetadata, handlerType: literal("mcpTool"), server: string, tool: string }),
  object({ ...commonHookMetadata, handlerType: literal("prompt") }),
  object({ ...commonHookMetadata, handlerType: literal("agent") }),
);
export type HookMetadata = Infer<typeof HookMetadata>;

export const HooksListEntry = object({
  cwd: string,
  errors: list(HookErrorInfo),
  hooks: list(HookMetadata),
  warnings: list(string),
});
export type HooksListEntry = Infer<typeof HooksListEntry>;

export const HooksListResponse = object({ data: list(HooksListEntry) });
export type HooksListResponse = Infer<typeof HooksListResponse>;

export const PluginListMarketplaceKind = oneOf(
  "local",
  "vertical",
  "workspace-directory",
  "shared-with-me",
  "created-by-me-remote",
);
export type PluginListMarketplaceKind = Infer<typeof PluginListMarketplaceKind>;

export const PluginListParams = object({
  cwds: optional(nullable(list(AbsolutePathBuf))),
  forceRefetch: optional(boolean),
  marketplaceKinds: optional(nullable(list(PluginListMarketplaceKind))),
});
export type PluginListParams = Infer<typeof PluginListParams>;

export const MarketplaceLoadErrorInfo = object({ marketplacePath: AbsolutePathBuf, message: string });
export type MarketplaceLoadErrorInfo = Infer<typeof MarketplaceLoadErrorInfo>;

export const MarketplaceInterface = object({ displayName: nullable(string) });
export type MarketplaceInterface = Infer<typeof MarketplaceInterface>;

export const PluginAuthPolicy = oneOf("ON_INSTALL", "ON_USE");
export type PluginAuthPolicy = Infer<typeof PluginAuthPolicy>;

export const PluginAvailability = oneOf("DISABLED_BY_ADMIN", "AVAILABLE");
export type PluginAvailability = Infer<typeof PluginAvailability>;

export const PluginDisabledReason = oneOf(
  "disabled_by_admin",
  "plan_not_eligible",
  "required_app_unavailable",
  "unknown",
);
export type PluginDisabledReason = Infer<typeof PluginDisabledReason>;

export const PluginInstallPolicy = oneOf("NOT_AVAILABLE", "AVAILABLE", "INSTALLED_BY_DEFAULT");
export type PluginInstallPolicy = Infer<typeof PluginInstallPolicy>;

export const PluginInstallPolicySource = oneOf("WORKSPACE_SETTING", "IMPLICIT_CANONICAL_APP");
export type PluginInstallPolicySource = Infer<typeof PluginInstallPolicySource>;

export const PluginInterface = object({
  brandColor: nullable(string),
  capabilities: list(string),
  category: nullable(string),
  composerIcon: nullable(AbsolutePathBuf),
  composerIconUrl: nullable(string),
  defaultPrompt: nullable(list(string)),
  developerName: nullable(string),
  displayName: nullable(string),
  logo: nullable(AbsolutePathBuf),
  logoDark: nullable(AbsolutePathBuf),
  logoUrl: nullable(string),
  logoUrlDark: nullable(string),
  longDescription: nullable(string),
  privacyPolicyUrl: nullable(string),
  screenshotUrls: list(string),
  screenshots: list(AbsolutePathBuf),
  shortDescription: nullable(string),
  termsOfServiceUrl: nullable(string),
  websiteUrl: nullable(string),
});
export type PluginInterface = Infer<typeof PluginInterface>;

export const PluginShareDiscoverability = oneOf("LISTED", "UNLISTED", "PRIVATE");
export type PluginShareDiscoverability = Infer<typeof PluginShareDiscoverability>;

export const PluginSharePrincipalRole = oneOf("reader", "editor", "owner");
export type PluginSharePrincipalRole = Infer<typeof PluginSharePrincipalRole>;

export const PluginSharePrincipalType = oneOf("user", "group", "workspace");
export type PluginSharePrincipalType = Infer<typeof PluginSharePrincipalType>;

export const PluginSharePrincipal = object({
  name: string,
  principalId: string,
  principalType: PluginSharePrincipalType,
  role: PluginSharePrincipalRole,
});
export type PluginSharePrincipal = Infer<typeof PluginSharePrincipal>;

export const PluginShareContext = object({
  canPublishToWorkspace: nullable(boolean),
  creatorAccountUserId: nullable(string),
  creatorName: nullable(string),
  discoverability: nullable(PluginShareDiscoverability),
  remotePluginId: string,
  remoteVersion: nullable(string),
  sharePrincipals: nullable(list(PluginSharePrincipal)),
  shareUrl: nullable(string),
});
export type PluginShareContext = Infer<typeof PluginShareContext>;

export const PluginSource = union(
  object({ path: AbsolutePathBuf, type: literal("local") }),
  object({
    path: nullable(string),
    refName: nullable(string),
    sha: nullable(string),
    type: literal("git"),
    url: string,
  }),
  object({ package: string, registry: nullable(string), type: literal("npm"), version: nullable(string) }),
  object({ type: literal("remote") }),
);
export type PluginSource = Infer<typeof PluginSource>;

export const PluginSummary = object({
  authPolicy: PluginAuthPolicy,
  availability: defaulted(PluginAvailability, "AVAILABLE"),
  disabledReason: nullable(PluginDisabledReason),
  eligiblePlanTypes: nullable(list(string)),
  enabled: boolean,
  id: string,
  installPolicy: PluginInstallPolicy,
  installPolicySource: nullable(PluginInstallPolicySource),
  installed: boolean,
  installedAt: nullable(integer),
  interface: nullable(PluginInterface),
  keywords: defaulted(list(string), []),
  localVersion: nullable(string),
  mustShowInstallationInterstitial: nullable(boolean),
  name: string,
  remotePluginId: nullable(string),
  shareContext: nullable(PluginShareContext),
  source: PluginSource,
  version: nullable(string),
});
export type PluginSummary = Infer<typeof PluginSummary>;

export const PluginMarketplaceEntry = object({
  interface: nullable(MarketplaceInterface),
  name: string,
  path: nullable(AbsolutePathBuf),
  plugins: list(PluginSummary),
});
export type PluginMarketplaceEntry = Infer<typeof PluginMarketplaceEntry>;

export const PluginListResponse = object({
  featuredPluginIds: defaulted(list(string), []),
  marketplaceLoadErrors: defaulted(list(MarketplaceLoadErrorInfo), []),
  marketplaces: list(PluginMarketplaceEntry),
});
export type PluginListResponse = Infer<typeof PluginListResponse>;

export const PluginInstalledParams = object({
  cwds: optional(nullable(list(AbsolutePathBuf))),
  installSuggestionPluginNames: optional(nullable(list(string))),
});
export type PluginInstalledParams = Infer<typeof PluginInstalledParams>;

export const PluginInstalledResponse = object({
  marketplaceLoadErrors: defaulted(list(MarketplaceLoadErrorInfo), []),
  marketplaces: list(PluginMarketplaceEntry),
});
export type PluginInstalledResponse = Infer<typeof PluginInstalledResponse>;

export const AppsReadParams = object({
  appIds: list(string),
  includeTools: optional(boolean),
  threadId: optional(nullable(string)),
});
export type AppsReadParams = Infer<typeof AppsReadParams>;

export const AppToolSummary = object({
  description: string,
  disabledReason: nullable(string),
  isEnabled: defaulted(boolean, true),
  isReadOnly: defaulted(boolean, false),
  name: string,
  title: nullable(string),
});
export type AppToolSummary = Infer<typeof AppToolSummary>;

export const ConnectorMetadata = object({
  description: nullable(string),
  distributionChannel: nullable(string),
  iconUrl: nullable(string),
  iconUrlDark: nullable(string),
  id: string,
  installUrl: nullable(string),
  name: string,
  pluginDisplayNames: defaulted(list(string), []),
  toolSummaries: nullable(list(AppToolSummary)),
});
export type ConnectorMetadata = Infer<typeof ConnectorMetadata>;

export const AppsReadResponse = object({ apps: list(ConnectorMetadata), missingAppIds: list(string) });
export type AppsReadResponse = Infer<typeof AppsReadResponse>;

export const AppsListParams = object({
  cursor: optional(nullable(string)),
  forceRefetch: optional(boolean),
  limit: optional(nullable(unsigned)),
  threadId: optional(nullable(string)),
});
export type AppsListParams = Infer<typeof AppsListParams>;

export const AppBranding = object({
  category: nullable(string),
  developer: nullable(string),
  isDiscoverableApp: boolean,
  privacyPolicy: nullable(string),
  termsOfService: nullable(string),
  website: nullable(string),
});
export type AppBranding = Infer<typeof AppBranding>;

export const AppReview = object({ status: string });
export type AppReview = Infer<typeof AppReview>;

export const AppScreenshot = object({ fileId: nullable(string), url: nullable(string), userPrompt: string });
export type AppScreenshot = Infer<typeof AppScreenshot>;

export const AppMetadata = object({
  categories: nullable(list(string)),
  developer: nullable(string),
  firstPartyRequiresInstall: nullable(boolean),
  review: nullable(AppReview),
  screenshots: nullable(list(AppScreenshot)),
  seoDescription: nullable(string),
  showInComposerWhenUnlinked: nullable(boolean),
  subCategories: nullable(list(string)),
  version: nullable(string),
  versionId: nullable(string),
  versionNotes: nullable(string),
});
export type AppMetadata = Infer<typeof AppMetadata>;

export const AppInfo = object({
  appMetadata: nullable(AppMetadata),
  branding: nullable(AppBranding),
  description: nullable(string),
  distributionChannel: nullable(string),
  iconAssets: nullable(map(string)),
  iconDarkAssets: nullable(map(string)),
  id: string,
  installUrl: nullable(string),
  isAccessible: defaulted(boolean, false),
  isEnabled: defaulted(boolean, true),
  labels: nullable(map(string)),
  logoUrl: nullable(string),
  logoUrlDark: nullable(string),
  name: string,
  pluginDisplayNames: defaulted(list(string), []),
});
export type AppInfo = Infer<typeof AppInfo>;

export const AppsListResponse = object({ data: list(AppInfo), nextCursor: nullable(string) });
export type AppsListResponse = Infer<typeof AppsListResponse>;

export const AppsInstalledParams = object({ forceRefresh: optional(boolean), threadId: optional(nullable(string)) });
export type AppsInstalledParams = Infer<typeof AppsInstalledParams>;

export const InstalledApp = object({ callable: boolean, enabled: boolean, id: string, runtimeName: nullable(string) });
export type InstalledApp = Infer<typeof InstalledApp>;

export const AppsInstalledResponse = object({ apps: list(InstalledApp) });
export type AppsInstalledResponse = Infer<typeof AppsInstalledResponse>;

export const SkillsConfigWriteParams = object({
  enabled: boolean,
  name: optional(nullable(string)),
  path: optional(nullable(AbsolutePathBuf)),
});
export type SkillsConfigWriteParams = Infer<typeof SkillsConfigWriteParams>;

export const SkillsConfigWriteResponse = object({ effectiveEnabled: boolean });
export type SkillsConfigWriteResponse = Infer<typeof SkillsConfigWriteResponse>;

export const SkillsChangedNotification = object({});
export type SkillsChangedNotification = Infer<typeof SkillsChangedNotification>;

export const AppListUpdatedNotification = object({ data: list(AppInfo) });
export type AppListUpdatedNotification = Infer<typeof AppListUpdatedNotification>;
