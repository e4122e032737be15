import {
  anything,
  boolean,
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

export const McpServerOauthClientRegistration = oneOf("auto", "cimd", "dcr");
export type McpServerOauthClientRegistration = Infer<typeof McpServerOauthClientRegistration>;

export const McpServerOauthLoginParams = object({
  clientRegistration: optional(nullable(McpServerOauthClientRegistration)),
  name: string,
  scopes: optional(nullable(list(string))),
  threadId: optional(nullable(string)),
  timeoutSecs: optional(nullable(integer)),
});
export type McpServerOauthLoginParams = Infer<typeof McpServerOauthLoginParams>;

export const McpServerOauthLoginResponse = object({ authorizationUrl: string, loginId: optional(nullable(string)) });
export type McpServerOauthLoginResponse = Infer<typeof McpServerOauthLoginResponse>;

export const McpServerStatusDetail = oneOf("full", "toolsAndAuthOnly");
export type McpServerStatusDetail = Infer<typeof McpServerStatusDetail>;

export const ListMcpServerStatusParams = object({
  cursor: optional(nullable(string)),
  detail: optional(nullable(McpServerStatusDetail)),
  limit: optional(nullable(unsigned)),
  serverName: optional(nullable(string)),
  threadId: optional(nullable(string)),
});
export type ListMcpServerStatusParams = Infer<typeof ListMcpServerStatusParams>;

export const McpAuthStatus = oneOf("unknown", "unsupported", "notLoggedIn", "bearerToken", "oAuth");
export type McpAuthStatus = Infer<typeof McpAuthStatus>;

export const McpServerConnectionStatus = oneOf(
  "notStarted",
  "starting",
  "connected",
  "authenticationRequired",
  "failed",
  "cancelled",
  "disabled",
);
export type McpServerConnectionStatus = Infer<typeof McpServerConnectionStatus>;

export const McpServerInfo = object({
  description: nullable(string),
  icons: nullable(list(anything)),
  name: string,
  title: nullable(string),
  version: string,
  websiteUrl: nullable(string),
});
export type McpServerInfo = Infer<typeof McpServerInfo>;

export const Resource = object({
  _meta: optional(anything),
  annotations: optional(anything),
  description: optional(nullable(string)),
  icons: optional(nullable(list(anything))),
  mimeType: optional(nullable(string)),
  name: string,
  size: optional(nullable(integer)),
  title: optional(nullable(string)),
  uri: string,
});
export type Resource = Infer<typeof Resource>;

export const ResourceTemplate = object({
  annotations: optional(anything),
  description: optional(nullable(string)),
  mimeType: optional(nullable(string)),
  name: string,
  title: optional(nullable(string)),
  uriTemplate: string,
});
export type ResourceTemplate = Infer<typeof ResourceTemplate>;

export const Tool = object({
  _meta: optional(anything),
  annotations: optional(anything),
  description: optional(nullable(string)),
  icons: optional(nullable(list(anything))),
  inputSchema: anything,
  name: string,
  outputSchema: optional(anything),
  title: optional(nullable(string)),
});
export type Tool = Infer<typeof Tool>;

export const McpServerStatus = object({
  authStatus: McpAuthStatus,
  httpOrigin: nullable(string),
  name: string,
  pluginId: nullable(string),
  resourceTemplates: list(ResourceTemplate),
  resources: list(Resource),
  runtimeStatus: nullable(McpServerConnectionStatus),
  serverCapabilities: optional(anything),
  serverInfo: nullable(McpServerInfo),
  toolListMeta: optional(anything),
  tools: map(Tool),
  toolsError: nullable(string),
});
export type McpServerStatus = Infer<typeof McpServerStatus>;

export const ListMcpServerStatusResponse = object({ data: list(McpServerStatus), nextCursor: nullable(string) });
export type ListMcpServerStatusResponse = Infer<typeof ListMcpServerStatusResponse>;

export const McpResourceReadTarget = object({ connectorId: string, linkId: nullable(string) });
export type McpResourceReadTarget = Infer<typeof McpResourceReadTarget>;

export const McpResourceReadParams = object({
  _meta: optional(nullable(map(anything))),
  connectorId: optional(nullable(string)),
  originCallId: optional(nullable(string)),
  server: string,
  target: optional(nullable(McpResourceReadTarget)),
  threadId: optional(nullable(string)),
  uri: string,
});
export type McpResourceReadParams = Infer<typeof McpResourceReadParams>;

export const ResourceContent = union(
  object({ _meta: optional(anything), mimeType: optional(nullable(string)), text: string, uri: string }),
  object({ _meta: optional(anything), blob: string, mimeType: optional(nullable(string)), uri: string }),
);
export type ResourceContent = Infer<typeof ResourceContent>;

export const McpResourceReadResponse = object({ contents: list(ResourceContent), originCallId: nullable(string) });
export type McpResourceReadResponse = Infer<typeof McpResourceReadResponse>;

export const McpServerToolCallParams = object({
  _meta: optional(anything),
  arguments: optional(anything),
  server: string,
  threadId: string,
  tool: string,
});
export type McpServerToolCallParams = Infer<typeof McpServerToolCallParams>;

export const McpServerToolCallResponse = object({
  _meta: optional(anything),
  content: list(anything),
  isError: optional(nullable(boolean)),
  structuredContent: optional(anything),
});
export type McpServerToolCallResponse = Infer<typeof McpServerToolCallResponse>;

export const McpServerOauthLoginCompletedNotification = object({
  error: optional(nullable(string)),
  loginId: optional(nullable(string)),
  name: string,
  success: boolean,
  threadId: nullable(string),
});
export type McpServerOauthLoginCompletedNotification = Infer<typeof McpServerOauthLoginCompletedNotification>;

export const McpServerStartupFailureReason = literal("reauthenticationRequired");
export type McpServerStartupFailureReason = Infer<typeof McpServerStartupFailureReason>;

export const McpServerStartupState = oneOf("starting", "ready", "failed", "cancelled");
export type McpServerStartupState = Infer<typeof McpServerStartupState>;

export const McpServerStatusUpdatedNotification = object({
  error: nullable(string),
  failureReason: nullable(McpServerStartupFailureReason),
  name: string,
  status: McpServerStartupState,
  threadId: nullable(string),
});
export type McpServerStatusUpdatedNotification = Infer<typeof McpServerStatusUpdatedNotification>;
