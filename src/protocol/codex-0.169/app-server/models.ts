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
  union,
  unsigned,
} from "../../shapes/shape.ts";
import { CyberAccessProgram, ReasoningEffort } from "./values.ts";

export const ModelListParams = object({
  cursor: optional(nullable(string)),
  includeHidden: optional(nullable(boolean)),
  limit: optional(nullable(unsigned)),
  modelProvider: optional(nullable(string)),
});
export type ModelListParams = Infer<typeof ModelListParams>;

export const InputModality = oneOf("text", "image", "audio");
export type InputModality = Infer<typeof InputModality>;

export const ModelAccessPrograms = object({ cyber: list(CyberAccessProgram) });
export type ModelAccessPrograms = Infer<typeof ModelAccessPrograms>;

export const ModelAvailabilityNux = object({ message: string });
export type ModelAvailabilityNux = Infer<typeof ModelAvailabilityNux>;

export const ModelServiceTier = object({ description: string, id: string, name: string });
export type ModelServiceTier = Infer<typeof ModelServiceTier>;

export const ModelUpgradeInfo = object({
  migrationMarkdown: nullable(string),
  model: string,
  modelLink: nullable(string),
  retirementAt: nullable(integer),
  upgradeCopy: nullable(string),
});
export type ModelUpgradeInfo = Infer<typeof ModelUpgradeInfo>;

export const MultiAgentVersion = oneOf("disabled", "v1", "v2");
export type MultiAgentVersion = Infer<typeof MultiAgentVersion>;

export const ReasoningEffortOption = object({ description: string, reasoningEffort: ReasoningEffort });
export type ReasoningEffortOption = Infer<typeof ReasoningEffortOption>;

export const Model = object({
  additionalSpeedTiers: defaulted(list(string), []),
  availabilityNux: nullable(ModelAvailabilityNux),
  availableAccessPrograms: nullable(ModelAccessPrograms),
  defaultReasoningEffort: ReasoningEffort,
  defaultServiceTier: nullable(string),
  description: string,
  displayName: string,
  hidden: boolean,
  id: string,
  inputModalities: defaulted(list(InputModality), ["text", "image"]),
  isDefault: boolean,
  model: string,
  modelSpecialty: nullable(string),
  multiAgentVersion: nullable(MultiAgentVersion),
  serviceTiers: defaulted(list(ModelServiceTier), []),
  supportedReasoningEfforts: list(ReasoningEffortOption),
  supportsPersonality: defaulted(boolean, false),
  upgrade: nullable(string),
  upgradeInfo: nullable(ModelUpgradeInfo),
});
export type Model = Infer<typeof Model>;

export const ModelListResponse = object({ data: list(Model), nextCursor: nullable(string) });
export type ModelListResponse = Infer<typeof ModelListResponse>;

export const ModelProviderListParams = object({});
export type ModelProviderListParams = Infer<typeof ModelProviderListParams>;

export const GatewayAuth = union(
  object({ mode: literal("none") }),
  object({ envKey: string, mode: literal("environmentVariable") }),
  object({ envKey: nullable(string), mode: literal("externallyConfigured") }),
);
export type GatewayAuth = Infer<typeof GatewayAuth>;

export const ProviderSettings = union(
  object({ type: literal("openai") }),
  object({ auth: GatewayAuth, type: literal("customGateway") }),
  object({ profile: nullable(string), region: nullable(string), type: literal("bedrock") }),
  object({
    credentialFile: nullable(string),
    location: nullable(string),
    projectId: nullable(string),
    type: literal("gcp"),
  }),
);
export type ProviderSettings = Infer<typeof ProviderSettings>;

export const ModelProviderSummary = object({
  baseUrl: nullable(string),
  canEdit: boolean,
  id: string,
  name: string,
  settings: ProviderSettings,
});
export type ModelProviderSummary = Infer<typeof ModelProviderSummary>;

export const ModelProviderListResponse = object({
  canChangeDefault: boolean,
  data: list(ModelProviderSummary),
  defaultProviderId: string,
});
export type ModelProviderListResponse = Infer<typeof ModelProviderListResponse>;

export const BedrockProviderId = oneOf("amazon-bedrock", "amazon-bedrock-runtime");
export type BedrockProviderId = Infer<typeof BedrockProviderId>;

export const GcpProviderId = literal("gcp");
export type GcpProviderId = Infer<typeof GcpProviderId>;

export const ProviderSettingsPatch = union(
  object({
    baseUrl: nullable(string),
    envKey: nullable(string),
    name: optional(string),
    providerId: nullable(string),
    type: literal("customGateway"),
  }),
  object({
    profile: nullable(string),
    providerId: BedrockProviderId,
    region: nullable(string),
    type: literal("bedrock"),
  }),
  object({
    credentialFile: nullable(string),
    location: nullable(string),
    projectId: nullable(string),
    providerId: GcpProviderId,
    type: literal("gcp"),
  }),
);
export type ProviderSettingsPatch = Infer<typeof ProviderSettingsPatch>;

export const ModelProviderConfigWriteParams = object({ settings: ProviderSettingsPatch });
export type ModelProviderConfigWriteParams = Infer<typeof ModelProviderConfigWriteParams>;

export const ModelProviderConfigWriteResponse = object({ provider: ModelProviderSummary });
export type ModelProviderConfigWriteResponse = Infer<typeof ModelProviderConfigWriteResponse>;

export const ModelProviderCapabilitiesReadParams = object({});
export type ModelProviderCapabilitiesReadParams = Infer<typeof ModelProviderCapabilitiesReadParams>;

export const ModelProviderCapabilitiesReadResponse = object({ imageGeneration: boolean, webSearch: boolean });
export type ModelProviderCapabilitiesReadResponse = Infer<typeof ModelProviderCapabilitiesReadResponse>;

export const ModelRerouteReason = literal("highRiskCyberActivity");
export type ModelRerouteReason = Infer<typeof ModelRerouteReason>;

export const ModelReroutedNotification = object({
  fromModel: string,
  reason: ModelRerouteReason,
  threadId: string,
  toModel: string,
  turnId: string,
});
export type ModelReroutedNotification = Infer<typeof ModelReroutedNotification>;

export const ModelVerification = literal("trustedAccessForCyber");
export type ModelVerification = Infer<typeof ModelVerification>;

export const ModelVerificationNotification = object({
  threadId: string,
  turnId: string,
  verifications: list(ModelVerification),
});
export type ModelVerificationNotification = Infer<typeof ModelVerificationNotification>;

export const AuthRecoveryNotification = object({ message: string, provider: string, threadId: string, turnId: string });
export type AuthRecoveryNotification = Infer<typeof AuthRecoveryNotification>;
