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
  open,
  optional,
  string,
  type Infer,
  union,
  unsigned,
} from "../../shapes/shape.ts";
import { ConfigLayerMetadata, ConfigLayerSource } from "./common.ts";
import {
  ApprovalsReviewer,
  AskForApproval,
  LegacyAppPathString,
  ReasoningEffort,
  ReasoningSummary,
  SandboxMode,
} from "./values.ts";

export const ConfigReadParams = object({ cwd: optional(nullable(string)), includeLayers: optional(boolean) });
export type ConfigReadParams = Infer<typeof ConfigReadParams>;

export const AnalyticsConfig = open(object({ enabled: nullable(boolean) }));
export type AnalyticsConfig = Infer<typeof AnalyticsConfig>;

export const AppToolApproval = oneOf("auto", "prompt", "writes", "approve");
export type AppToolApproval = Infer<typeof AppToolApproval>;

export const AppsDefaultConfig = object({
  approvals_reviewer: nullable(ApprovalsReviewer),
  default_tools_approval_mode: nullable(AppToolApproval),
  destructive_enabled: defaulted(boolean, true),
  enabled: defaulted(boolean, true),
  open_world_enabled: defaulted(boolean, true),
});
export type AppsDefaultConfig = Infer<typeof AppsDefaultConfig>;

export const AppsConfig = object({ _default: nullable(AppsDefaultConfig) });
export type AppsConfig = Infer<typeof AppsConfig>;

export const AutoCompactTokenLimitScope = oneOf("total", "body_after_prefix");
export type AutoCompactTokenLimitScope = Infer<typeof AutoCompactTokenLimitScope>;

export const AllowDenyRequirement = oneOf("allow", "deny");
export type AllowDenyRequirement = Infer<typeof AllowDenyRequirement>;

export const BrowserUseOriginPolicyConfig = object({
  access: nullable(AllowDenyRequirement),
  downloads: nullable(AllowDenyRequirement),
  full_cdp_access: nullable(AllowDenyRequirement),
  uploads: nullable(AllowDenyRequirement),
});
export type BrowserUseOriginPolicyConfig = Infer<typeof BrowserUseOriginPolicyConfig>;

export const BrowserUseConfig = object({
  allow_history_access: nullable(boolean),
  default_origin_policy: nullable(BrowserUseOriginPolicyConfig),
  origins: nullable(map(BrowserUseOriginPolicyConfig)),
});
export type BrowserUseConfig = Infer<typeof BrowserUseConfig>;

export const ComputerUseMacosConfig = object({ bundle_ids: nullable(map(AllowDenyRequirement)) });
export type ComputerUseMacosConfig = Infer<typeof ComputerUseMacosConfig>;

export const ComputerUseWindowsExeConfig = object({
  access: AllowDenyRequirement,
  binary_name: nullable(string),
  product_name: string,
  publisher_name: string,
});
export type ComputerUseWindowsExeConfig = Infer<typeof ComputerUseWindowsExeConfig>;

export const ComputerUseWindowsConfig = object({
  aumids: nullable(map(AllowDenyRequirement)),
  exes: nullable(list(ComputerUseWindowsExeConfig)),
});
export type ComputerUseWindowsConfig = Infer<typeof ComputerUseWindowsConfig>;

export const ComputerUseConfig = object({
  default_app_access: nullable(AllowDenyRequirement),
  macos: nullable(ComputerUseMacosConfig),
  windows: nullable(ComputerUseWindowsConfig),
});
export type ComputerUseConfig = Infer<typeof ComputerUseConfig>;

export const ForcedChatgptWorkspaceIds = union(string, list(string));
export type ForcedChatgptWorkspaceIds = Infer<typeof ForcedChatgptWorkspaceIds>;

export const ForcedLoginMethod = oneOf("chatgpt", "api");
export type ForcedLoginMethod = Infer<typeof ForcedLoginMethod>;

export const SandboxWorkspaceWrite = object({
  exclude_slash_tmp: defaulted(boolean, false),
  exclude_tmpdir_env_var: defaulted(boolean, false),
  network_access: defaulted(boolean, false),
  writable_roots: defaulted(list(string), []),
});
export type SandboxWorkspaceWrite = Infer<typeof SandboxWorkspaceWrite>;

export const WebSearchContextSize = oneOf("low", "medium", "high");
export type WebSearchContextSize = Infer<typeof WebSearchContextSize>;

export const WebSearchLocation = object({
  city: nullable(string),
  country: nullable(string),
  region: nullable(string),
  timezone: nullable(string),
});
export type WebSearchLocation = Infer<typeof WebSearchLocation>;

export const WebSearchToolConfig = object({
  allowed_domains: nullable(list(string)),
  context_size: nullable(WebSearchContextSize),
  location: nullable(WebSearchLocation),
});
export type WebSearchToolConfig = Infer<typeof WebSearchToolConfig>;

export const ToolsV2 = object({ web_search: nullable(WebSearchToolConfig) });
export type ToolsV2 = Infer<typeof ToolsV2>;

export const Verbosity = oneOf("low", "medium", "high");
export type Verbosity = Infer<typeof Verbosity>;

export const WebSearchMode = oneOf("disabled", "cached", "indexed", "live");
export type WebSearchMode = Infer<typeof WebSearchMode>;

export const WebSearchProvider = oneOf("standalone", "search_mcp");
export type WebSearchProvider = Infer<typeof WebSearchProvider>;

export const Config = open(
  object({
    analytics: nullable(AnalyticsConfig),
    approval_policy: nullable(AskForApproval),
    approvals_reviewer: nullable(ApprovalsReviewer),
    apps: experimental(nullable(AppsConfig)),
    browser_use: nullable(BrowserUseConfig),
    client_search_provider: nullable(WebSearchProvider),
    compact_prompt: nullable(string),
    computer_use: nullable(ComputerUseConfig),
    desktop: nullable(map(anything)),
    developer_instructions: nullable(string),
    forced_chatgpt_workspace_id: nullable(ForcedChatgptWorkspaceIds),
    forced_login_method: nullable(ForcedLoginMethod),
    instructions: nullable(string),
    model: nullable(string),
    model_auto_compact_token_limit: nullable(integer),
    model_auto_compact_token_limit_scope: nullable(AutoCompactTokenLimitScope),
    model_context_window: nullable(integer),
    model_provider: nullable(string),
    model_reasoning_effort: nullable(ReasoningEffort),
    model_reasoning_summary: nullable(ReasoningSummary),
    model_verbosity: nullable(Verbosity),
    review_model: nullable(string),
    sandbox_mode: nullable(SandboxMode),
    sandbox_workspace_write: nullable(SandboxWorkspaceWrite),
    service_tier: nullable(string),
    tools: nullable(ToolsV2),
    web_search: nullable(WebSearchMode),
  }),
);
export type Config = Infer<typeof Config>;

export const ConfigLayer = object({
  config: anything,
  disabledReason: nullable(string),
  name: ConfigLayerSource,
  version: string,
});
export type ConfigLayer = Infer<typeof ConfigLayer>;

export const ConfigReadResponse = object({
  config: Config,
  layers: nullable(list(ConfigLayer)),
  origins: map(ConfigLayerMetadata),
});
export type ConfigReadResponse = Infer<typeof ConfigReadResponse>;

export const NetworkDomainPermission = oneOf("allow", "deny");
export type NetworkDomainPermission = Infer<typeof NetworkDomainPermission>;

export const ApplicationNetworkRequirements = object({ domains: map(NetworkDomainPermission), enabled: boolean });
export type ApplicationNetworkRequirements = Infer<typeof ApplicationNetworkRequirements>;

export const ApplicationStorageRequirements = object({
  defaultProjectParent: nullable(LegacyAppPathString),
  projectlessWorkspaceRoot: nullable(LegacyAppPathString),
});
export type ApplicationStorageRequirements = Infer<typeof ApplicationStorageRequirements>;

export const ApplicationRequirements = object({
  network: nullable(ApplicationNetworkRequirements),
  storage: nullable(ApplicationStorageRequirements),
});
export type ApplicationRequirements = Infer<typeof ApplicationRequirements>;

export const AutoReviewRequirements = object({
  ignoreRules: nullable(list(string)),
  requiredOnModels: nullable(list(string)),
});
export type AutoReviewRequirements = Infer<typeof AutoReviewRequirements>;

export const RequestHeader = object({ name: string, value: string });
export type RequestHeader = Infer<typeof RequestHeader>;

export const BrowserUseExtensionRequirements = object({ requestHeaders: nullable(list(RequestHeader)) });
export type BrowserUseExtensionRequirements = Infer<typeof BrowserUseExtensionRequirements>;

export const BrowserUseAccessApprovalLifetime = oneOf("turn", "thread");
export type BrowserUseAccessApprovalLifetime = Infer<typeof BrowserUseAccessApprovalLifetime>;

export const BrowserUseOriginPolicy = object({
  access: nullable(AllowDenyRequirement),
  accessApprovalLifetime: nullable(BrowserUseAccessApprovalLifetime),
  autoReview: nullable(AllowDenyRequirement),
  downloads: nullable(AllowDenyRequirement),
  fullCdpAccess: nullable(AllowDenyRequirement),
  persistentApproval: nullable(boolean),
  uploads: nullable(AllowDenyRequirement),
});
export type BrowserUseOriginPolicy = Infer<typeof BrowserUseOriginPolicy>;

export const BrowserUseRequirements = object({
  allowGlobalPersistentApproval: nullable(boolean),
  allowHistoryAccess: nullable(boolean),
  allowWebmcp: nullable(boolean),
  defaultOriginPolicy: nullable(BrowserUseOriginPolicy),
  disableAutoReview: nullable(boolean),
  extension: nullable(BrowserUseExtensionRequirements),
  origins: nullable(map(BrowserUseOriginPolicy)),
});
export type BrowserUseRequirements = Infer<typeof BrowserUseRequirements>;

export const CliAuthCredentialsStoreMode = oneOf("file", "keyring", "auto", "ephemeral");
export type CliAuthCredentialsStoreMode = Infer<typeof CliAuthCredentialsStoreMode>;

export const ComputerUseMacosRequirements = object({ bundleIds: nullable(map(AllowDenyRequirement)) });
export type ComputerUseMacosRequirements = Infer<typeof ComputerUseMacosRequirements>;

export const ComputerUseWindowsExeRequirement = object({
  access: AllowDenyRequirement,
  binaryName: nullable(string),
  productName: string,
  publisherName: string,
});
export type ComputerUseWindowsExeRequirement = Infer<typeof ComputerUseWindowsExeRequirement>;

export const ComputerUseWindowsRequirements = object({
  aumids: nullable(map(AllowDenyRequirement)),
  exes: nullable(list(ComputerUseWindowsExeRequirement)),
});
export type ComputerUseWindowsRequirements = Infer<typeof ComputerUseWindowsRequirements>;

export const ComputerUseRequirements = object({
  allowLockedComputerUse: nullable(boolean),
  allowPersistentApproval: nullable(boolean),
  defaultAppAccess: nullable(AllowDenyRequirement),
  macos: nullable(ComputerUseMacosRequirements),
  windows: nullable(ComputerUseWindowsRequirements),
});
export type ComputerUseRequirements = Infer<typeof ComputerUseRequirements>;

export const FeedbackRequirements = object({ enabled: nullable(boolean) });
export type FeedbackRequirements = Infer<typeof FeedbackRequirements>;

export const InAppBrowserRequirements = object({ allowExternalBrowserSettingsImport: nullable(boolean) });
export type InAppBrowserRequirements = Infer<typeof InAppBrowserRequirements>;

export const ConfiguredHookHandler = union(
  object({
    additionalContextLimit: nullable(unsigned),
    async: boolean,
    command: string,
    commandWindows: nullable(string),
    statusMessage: nullable(string),
    timeoutSec: nullable(unsigned),
    type: literal("command"),
  }),
  object({
    input: map(anything),
    server: string,
    statusMessage: nullable(string),
    timeoutSec: nullable(unsigned),
    tool: string,
    type: literal("mcp_tool"),
  }),
  object({ type: literal("prompt") }),
  object({ type: literal("agent") }),
);
export type ConfiguredHookHandler = Infer<typeof ConfiguredHookHandler>;

export const ConfiguredHookMatcherGroup = object({ hooks: list(ConfiguredHookHandler), matcher: nullable(string) });
export type ConfiguredHookMatcherGroup = Infer<typeof ConfiguredHookMatcherGroup>;

export const ManagedHooksRequirements = object({
  Interrupt: defaulted(list(ConfiguredHookMatcherGroup), []),
  PermissionRequest: list(ConfiguredHookMatcherGroup),
  PostCompact: list(ConfiguredHookMatcherGroup),
  PostModelRequest: defaulted(list(ConfiguredHookMatcherGroup), []),
  PostToolUse: list(ConfiguredHookMatcherGroup),
  PreCompact: list(ConfiguredHookMatcherGroup),
  PreModelRequest: defaulted(list(ConfiguredHookMatcherGroup), []),
  PreToolUse: list(ConfiguredHookMatcherGroup),
  SessionEnd: defaulted(list(ConfiguredHookMatcherGroup), []),
  SessionStart: list(ConfiguredHookMatcherGroup),
  Stop: list(ConfiguredHookMatcherGroup),
  SubagentStart: list(ConfiguredHookMatcherGroup),
  SubagentStop: list(ConfiguredHookMatcherGroup),
  UserPromptSubmit: list(ConfiguredHookMatcherGroup),
  managedDir: nullable(string),
  windowsManagedDir: nullable(string),
});
export type ManagedHooksRequirements = Infer<typeof ManagedHooksRequirements>;

export const NewThreadModelDefaults = object({
  model: nullable(string),
  modelReasoningEffort: nullable(ReasoningEffort),
  serviceTier: nullable(string),
});
export type NewThreadModelDefaults = Infer<typeof NewThreadModelDefaults>;

export const ModelsRequirements = object({ newThread: nullable(NewThreadModelDefaults) });
export type ModelsRequirements = Infer<typeof ModelsRequirements>;

export const NetworkUnixSocketPermission = oneOf("allow", "deny");
export type NetworkUnixSocketPermission = Infer<typeof NetworkUnixSocketPermission>;

export const NetworkRequirements = object({
  allowLocalBinding: nullable(boolean),
  allowUnixSockets: nullable(list(string)),
  allowUpstreamProxy: nullable(boolean),
  allowedDomains: nullable(list(string)),
  dangerouslyAllowAllUnixSockets: nullable(boolean),
  dangerouslyAllowNonLoopbackProxy: nullable(boolean),
  deniedDomains: nullable(list(string)),
  domains: nullable(map(NetworkDomainPermission)),
  enabled: nullable(boolean),
  httpPort: nullable(unsigned),
  managedAllowedDomainsOnly: nullable(boolean),
  reviewDomains: nullable(list(string)),
  socksPort: nullable(unsigned),
  unixSockets: nullable(map(NetworkUnixSocketPermission)),
});
export type NetworkRequirements = Infer<typeof NetworkRequirements>;

export const OtelHttpProtocol = oneOf("binary", "json");
export type OtelHttpProtocol = Infer<typeof OtelHttpProtocol>;

export const OtelTlsConfig = object({
  "ca-certificate": nullable(string),
  "client-certificate": nullable(string),
  "client-private-key": nullable(string),
});
export type OtelTlsConfig = Infer<typeof OtelTlsConfig>;

export const OtelExporter = union(
  oneOf("none", "statsig"),
  object({
    "otlp-http": object({
      endpoint: string,
      headers: map(string),
      protocol: OtelHttpProtocol,
      tls: nullable(OtelTlsConfig),
    }),
  }),
  object({ "otlp-grpc": object({ endpoint: string, headers: map(string), tls: nullable(OtelTlsConfig) }) }),
);
export type OtelExporter = Infer<typeof OtelExporter>;

export const OtelToolResultLogConfig = object({ max_bytes: unsigned });
export type OtelToolResultLogConfig = Infer<typeof OtelToolResultLogConfig>;

export const OtelRequirements = object({
  environment: nullable(string),
  exporter: nullable(OtelExporter),
  log_agent_responses: nullable(boolean),
  log_guardian_assessments: nullable(boolean),
  log_sse_deltas: nullable(boolean),
  log_user_prompt: nullable(boolean),
  metrics_exporter: nullable(OtelExporter),
  span_attributes: nullable(map(string)),
  tool_result: nullable(OtelToolResultLogConfig),
  trace_exporter: nullable(OtelExporter),
  tracestate: nullable(map(map(string))),
});
export type OtelRequirements = Infer<typeof OtelRequirements>;

export const ResidencyRequirement = literal("us");
export type ResidencyRequirement = Infer<typeof ResidencyRequirement>;

export const WindowsSandboxImplementation = oneOf("elevated", "unelevated", "mxc");
export type WindowsSandboxImplementation = Infer<typeof WindowsSandboxImplementation>;

export const ConfigRequirements = object({
  additionalDeveloperInstructions: nullable(string),
  allowAppshots: nullable(boolean),
  allowBrowserAndComputerUse: nullable(boolean),
  allowLoginShell: nullable(boolean),
  allowManagedHooksOnly: nullable(boolean),
  allowRemoteControl: nullable(boolean),
  allowedApprovalPolicies: nullable(list(AskForApproval)),
  allowedApprovalsReviewers: experimental(nullable(list(ApprovalsReviewer))),
  allowedLoginMethods: nullable(list(ForcedLoginMethod)),
  allowedPermissionProfiles: nullable(map(boolean)),
  allowedSandboxModes: nullable(list(SandboxMode)),
  allowedWebSearchModes: nullable(list(WebSearchMode)),
  allowedWindowsSandboxImplementations: nullable(list(WindowsSandboxImplementation)),
  application: experimental(nullable(ApplicationRequirements)),
  autoReview: nullable(AutoReviewRequirements),
  browserUse: nullable(BrowserUseRequirements),
  chatgptBaseUrl: nullable(string),
  checkForUpdateOnStartup: nullable(boolean),
  cliAuthCredentialsStore: nullable(CliAuthCredentialsStoreMode),
  computerUse: nullable(ComputerUseRequirements),
  defaultPermissions: nullable(string),
  enforceResidency: nullable(ResidencyRequirement),
  featureRequirements: nullable(map(boolean)),
  feedback: nullable(FeedbackRequirements),
  hooks: experimental(nullable(ManagedHooksRequirements)),
  inAppBrowser: nullable(InAppBrowserRequirements),
  logDir: nullable(string),
  modelCatalogJson: nullable(string),
  modelProvider: nullable(string),
  modelProviders: nullable(map(anything)),
  models: nullable(ModelsRequirements),
  network: experimental(nullable(NetworkRequirements)),
  otel: nullable(OtelRequirements),
  sqliteHome: nullable(string),
});
export type ConfigRequirements = Infer<typeof ConfigRequirements>;

export const ConfigRequirementsReadResponse = object({
  requirements: nullable(ConfigRequirements),
  supportsIndependentSpeedModes: nullable(boolean),
});
export type ConfigRequirementsReadResponse = Infer<typeof ConfigRequirementsReadResponse>;
