import {
  anything,
  boolean,
  list,
  map,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  unsigned,
} from "../../shapes/shape.ts";
import { ConfigLayerMetadata } from "./common.ts";
import { AbsolutePathBuf, ModeKind, ReasoningEffort } from "./values.ts";

export const ExperimentalFeatureListParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
  threadId: optional(nullable(string)),
});
export type ExperimentalFeatureListParams = Infer<typeof ExperimentalFeatureListParams>;

export const ExperimentalFeatureStage = oneOf("beta", "underDevelopment", "stable", "deprecated", "removed");
export type ExperimentalFeatureStage = Infer<typeof ExperimentalFeatureStage>;

export const ExperimentalFeature = object({
  announcement: nullable(string),
  defaultEnabled: boolean,
  description: nullable(string),
  displayName: nullable(string),
  enabled: boolean,
  name: string,
  stage: ExperimentalFeatureStage,
});
export type ExperimentalFeature = Infer<typeof ExperimentalFeature>;

export const ExperimentalFeatureListResponse = object({
  data: list(ExperimentalFeature),
  nextCursor: nullable(string),
});
export type ExperimentalFeatureListResponse = Infer<typeof ExperimentalFeatureListResponse>;

export const PermissionProfileListParams = object({
  cursor: optional(nullable(string)),
  cwd: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
});
export type PermissionProfileListParams = Infer<typeof PermissionProfileListParams>;

export const PermissionProfileSummary = object({ allowed: boolean, description: nullable(string), id: string });
export type PermissionProfileSummary = Infer<typeof PermissionProfileSummary>;

export const PermissionProfileListResponse = object({
  data: list(PermissionProfileSummary),
  nextCursor: nullable(string),
});
export type PermissionProfileListResponse = Infer<typeof PermissionProfileListResponse>;

export const ExperimentalFeatureEnablementSetParams = object({ enablement: map(boolean) });
export type ExperimentalFeatureEnablementSetParams = Infer<typeof ExperimentalFeatureEnablementSetParams>;

export const ExperimentalFeatureEnablementSetResponse = object({ enablement: map(boolean) });
export type ExperimentalFeatureEnablementSetResponse = Infer<typeof ExperimentalFeatureEnablementSetResponse>;

export const CollaborationModeListParams = object({});
export type CollaborationModeListParams = Infer<typeof CollaborationModeListParams>;

export const CollaborationModeMask = object({
  mode: nullable(ModeKind),
  model: nullable(string),
  name: string,
  reasoning_effort: nullable(nullable(ReasoningEffort)),
});
export type CollaborationModeMask = Infer<typeof CollaborationModeMask>;

export const CollaborationModeListResponse = object({ data: list(CollaborationModeMask) });
export type CollaborationModeListResponse = Infer<typeof CollaborationModeListResponse>;

export const McpServerRefreshResponse = object({});
export type McpServerRefreshResponse = Infer<typeof McpServerRefreshResponse>;

export const MergeStrategy = oneOf("replace", "upsert");
export type MergeStrategy = Infer<typeof MergeStrategy>;

export const ConfigValueWriteParams = object({
  expectedVersion: optional(nullable(string)),
  filePath: optional(nullable(string)),
  keyPath: string,
  mergeStrategy: MergeStrategy,
  value: anything,
});
export type ConfigValueWriteParams = Infer<typeof ConfigValueWriteParams>;

export const OverriddenMetadata = object({
  effectiveValue: anything,
  message: string,
  overridingLayer: ConfigLayerMetadata,
});
export type OverriddenMetadata = Infer<typeof OverriddenMetadata>;

export const WriteStatus = oneOf("ok", "okOverridden");
export type WriteStatus = Infer<typeof WriteStatus>;

export const ConfigWriteResponse = object({
  filePath: AbsolutePathBuf,
  overriddenMetadata: nullable(OverriddenMetadata),
  status: WriteStatus,
  version: string,
});
export type ConfigWriteResponse = Infer<typeof ConfigWriteResponse>;

export const ConfigEdit = object({ keyPath: string, mergeStrategy: MergeStrategy, value: anything });
export type ConfigEdit = Infer<typeof ConfigEdit>;

export const ConfigBatchWriteParams = object({
  edits: list(ConfigEdit),
  expectedVersion: optional(nullable(string)),
  filePath: optional(nullable(string)),
  reloadUserConfig: optional(boolean),
});
export type ConfigBatchWriteParams = Infer<typeof ConfigBatchWriteParams>;

export const TextPosition = object({ column: unsigned, line: unsigned });
export type TextPosition = Infer<typeof TextPosition>;

export const TextRange = object({ end: TextPosition, start: TextPosition });
export type TextRange = Infer<typeof TextRange>;

export const ConfigWarningNotification = object({
  details: nullable(string),
  path: optional(nullable(string)),
  range: optional(nullable(TextRange)),
  summary: string,
});
export type ConfigWarningNotification = Infer<typeof ConfigWarningNotification>;
