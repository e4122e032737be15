import {
  boolean,
  defaulted,
  integer,
  list,
  literal,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  unsigned,
} from "../../shapes/shape.ts";

export const ExternalAgentConfigDetectParams = object({
  cwds: optional(nullable(list(string))),
  includeHome: optional(boolean),
  maxSessionAgeDays: optional(nullable(unsigned)),
  maxSessions: optional(nullable(unsigned)),
  migrationSource: optional(nullable(string)),
  source: optional(nullable(string)),
});
export type ExternalAgentConfigDetectParams = Infer<typeof ExternalAgentConfigDetectParams>;

export const ExternalAgentConfigMigrationItemType = oneOf(
  "AGENTS_MD",
  "CONFIG",
  "SKILLS",
  "PLUGINS",
  "MCP_SERVER_CONFIG",
  "SUBAGENTS",
  "HOOKS",
  "COMMANDS",
  "MEMORY",
  "SESSIONS",
);
export type ExternalAgentConfigMigrationItemType = Infer<typeof ExternalAgentConfigMigrationItemType>;

export const CommandMigration = object({ name: string });
export type CommandMigration = Infer<typeof CommandMigration>;

export const HookMigration = object({ name: string });
export type HookMigration = Infer<typeof HookMigration>;

export const McpServerMigration = object({ name: string });
export type McpServerMigration = Infer<typeof McpServerMigration>;

export const PluginsMigration = object({ marketplaceName: string, pluginNames: list(string) });
export type PluginsMigration = Infer<typeof PluginsMigration>;

export const SessionMigration = object({ cwd: string, path: string, title: nullable(string) });
export type SessionMigration = Infer<typeof SessionMigration>;

export const SkillMigration = object({ name: string });
export type SkillMigration = Infer<typeof SkillMigration>;

export const SubagentMigration = object({ name: string });
export type SubagentMigration = Infer<typeof SubagentMigration>;

export const MigrationDetails = object({
  commands: defaulted(list(CommandMigration), []),
  hooks: defaulted(list(HookMigration), []),
  mcpServers: defaulted(list(McpServerMigration), []),
  memory: optional(list(string)),
  plugins: defaulted(list(PluginsMigration), []),
  sessions: defaulted(list(SessionMigration), []),
  skills: defaulted(list(SkillMigration), []),
  subagents: defaulted(list(SubagentMigration), []),
});
export type MigrationDetails = Infer<typeof MigrationDetails>;

export const ExternalAgentConfigMigrationItem = object({
  cwd: nullable(string),
  description: string,
  details: nullable(MigrationDetails),
  itemType: ExternalAgentConfigMigrationItemType,
});
export type ExternalAgentConfigMigrationItem = Infer<typeof ExternalAgentConfigMigrationItem>;

export const ExternalAgentDetectedConnectorSource = oneOf("remoteMcpServersConfig", "sessionToolUse");
export type ExternalAgentDetectedConnectorSource = Infer<typeof ExternalAgentDetectedConnectorSource>;

export const ExternalAgentDetectedConnectorCandidate = object({
  name: string,
  sessionCount: unsigned,
  source: ExternalAgentDetectedConnectorSource,
});
export type ExternalAgentDetectedConnectorCandidate = Infer<typeof ExternalAgentDetectedConnectorCandidate>;

export const ExternalAgentConfigDetectResponse = object({
  connectors: defaulted(list(ExternalAgentDetectedConnectorCandidate), []),
  items: list(ExternalAgentConfigMigrationItem),
});
export type ExternalAgentConfigDetectResponse = Infer<typeof ExternalAgentConfigDetectResponse>;

export const ExternalAgentConfigImportParams = object({
  migrationItems: list(ExternalAgentConfigMigrationItem),
  migrationSource: optional(nullable(string)),
  providerId: optional(nullable(string)),
  source: optional(nullable(string)),
});
export type ExternalAgentConfigImportParams = Infer<typeof ExternalAgentConfigImportParams>;

export const ExternalAgentConfigImportResponse = object({ importId: string });
export type ExternalAgentConfigImportResponse = Infer<typeof ExternalAgentConfigImportResponse>;

export const ExternalAgentConfigImportHistoryRecordSuccessParams = object({
  cwd: nullable(string),
  itemType: ExternalAgentConfigMigrationItemType,
  source: nullable(string),
  target: nullable(string),
  title: optional(nullable(string)),
});
export type ExternalAgentConfigImportHistoryRecordSuccessParams = Infer<
  typeof ExternalAgentConfigImportHistoryRecordSuccessParams
>;

export const ExternalAgentConfigImportItemTypeFailure = object({
  cwd: nullable(string),
  errorType: nullable(string),
  failureStage: string,
  itemType: ExternalAgentConfigMigrationItemType,
  message: string,
  source: nullable(string),
  subErrorType: nullable(string),
});
export type ExternalAgentConfigImportItemTypeFailure = Infer<typeof ExternalAgentConfigImportItemTypeFailure>;

export const ExternalAgentConfigImportHistoryRecordTypeResultParams = object({
  failures: list(ExternalAgentConfigImportItemTypeFailure),
  itemType: ExternalAgentConfigMigrationItemType,
  successes: list(ExternalAgentConfigImportHistoryRecordSuccessParams),
});
export type ExternalAgentConfigImportHistoryRecordTypeResultParams = Infer<
  typeof ExternalAgentConfigImportHistoryRecordTypeResultParams
>;

export const ExternalAgentConfigImportHistoryRecordParams = object({
  itemTypeResults: list(ExternalAgentConfigImportHistoryRecordTypeResultParams),
  providerId: string,
});
export type ExternalAgentConfigImportHistoryRecordParams = Infer<typeof ExternalAgentConfigImportHistoryRecordParams>;

export const ExternalAgentConfigImportHistoryRecordResponse = object({ importId: string });
export type ExternalAgentConfigImportHistoryRecordResponse = Infer<
  typeof ExternalAgentConfigImportHistoryRecordResponse
>;

export const ExternalAgentConfigImportItemTypeSuccess = object({
  cwd: nullable(string),
  itemType: ExternalAgentConfigMigrationItemType,
  source: nullable(string),
  target: nullable(string),
  title: nullable(string),
});
export type ExternalAgentConfigImportItemTypeSuccess = Infer<typeof ExternalAgentConfigImportItemTypeSuccess>;

export const ExternalAgentConfigImportHistory = object({
  completedAtMs: integer,
  failures: list(ExternalAgentConfigImportItemTypeFailure),
  importId: string,
  providerId: nullable(string),
  successes: list(ExternalAgentConfigImportItemTypeSuccess),
});
export type ExternalAgentConfigImportHistory = Infer<typeof ExternalAgentConfigImportHistory>;

export const ExternalAgentImportedConnectorSource = literal("remoteMcpServersConfig");
export type ExternalAgentImportedConnectorSource = Infer<typeof ExternalAgentImportedConnectorSource>;

export const ExternalAgentImportedConnectorCandidate = object({
  name: string,
  sessionCount: unsigned,
  source: ExternalAgentImportedConnectorSource,
});
export type ExternalAgentImportedConnectorCandidate = Infer<typeof ExternalAgentImportedConnectorCandidate>;

export const ExternalAgentConfigImportHistoriesReadResponse = object({
  connectors: list(ExternalAgentImportedConnectorCandidate),
  data: list(ExternalAgentConfigImportHistory),
});
export type ExternalAgentConfigImportHistoriesReadResponse = Infer<
  typeof ExternalAgentConfigImportHistoriesReadResponse
>;

export const ExternalAgentConfigImportTypeResult = object({
  failures: list(ExternalAgentConfigImportItemTypeFailure),
  itemType: ExternalAgentConfigMigrationItemType,
  successes: list(ExternalAgentConfigImportItemTypeSuccess),
});
export type ExternalAgentConfigImportTypeResult = Infer<typeof ExternalAgentConfigImportTypeResult>;

export const ExternalAgentConfigImportProgressNotification = object({
  importId: string,
  itemTypeResults: list(ExternalAgentConfigImportTypeResult),
});
export type ExternalAgentConfigImportProgressNotification = Infer<typeof ExternalAgentConfigImportProgressNotification>;

export const ExternalAgentConfigImportCompletedNotification = object({
  importId: string,
  itemTypeResults: list(ExternalAgentConfigImportTypeResult),
});
export type ExternalAgentConfigImportCompletedNotification = Infer<
  typeof ExternalAgentConfigImportCompletedNotification
>;
