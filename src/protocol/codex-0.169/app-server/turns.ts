import {
  anything,
  boolean,
  experimental,
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
import { CollaborationMode, SandboxPolicy, Turn, TurnEnvironmentParams } from "./common.ts";
import { FunctionCallOutputBody, UserInput } from "./items.ts";
import {
  AbsolutePathBuf,
  ApprovalsReviewer,
  AskForApproval,
  CyberAccessProgram,
  MultiAgentMode,
  Personality,
  ReasoningEffort,
  ReasoningSummary,
} from "./values.ts";

export const AdditionalContextKind = oneOf("untrusted", "application");
export type AdditionalContextKind = Infer<typeof AdditionalContextKind>;

export const AdditionalContextEntry = object({
  kind: AdditionalContextKind,
  name: optional(nullable(string)),
  value: string,
});
export type AdditionalContextEntry = Infer<typeof AdditionalContextEntry>;

export const TurnToolOutput = object({
  name: string,
  namespace: nullable(string),
  output: FunctionCallOutputBody,
  retain: optional(boolean),
});
export type TurnToolOutput = Infer<typeof TurnToolOutput>;

export const TurnStartParams = object({
  additionalContext: experimental(optional(nullable(map(AdditionalContextEntry)))),
  approvalPolicy: optional(nullable(AskForApproval)),
  approvalsReviewer: optional(nullable(ApprovalsReviewer)),
  clientUserMessageId: optional(nullable(string)),
  collaborationMode: experimental(optional(nullable(CollaborationMode))),
  cwd: optional(nullable(string)),
  cyberAccessProgram: experimental(optional(nullable(CyberAccessProgram))),
  disabledPluginIds: optional(nullable(list(string))),
  effort: optional(nullable(ReasoningEffort)),
  environments: experimental(optional(nullable(list(TurnEnvironmentParams)))),
  input: list(UserInput),
  model: optional(nullable(string)),
  multiAgentMode: experimental(optional(nullable(MultiAgentMode))),
  outputSchema: optional(anything),
  parentTurnId: optional(nullable(string)),
  permissions: experimental(optional(nullable(string))),
  personality: optional(nullable(Personality)),
  responsesapiClientMetadata: experimental(optional(nullable(map(string)))),
  responsesapiClientMetadataPatch: experimental(optional(nullable(map(string)))),
  rootTurnId: optional(nullable(string)),
  runtimeWorkspaceRoots: experimental(optional(nullable(list(AbsolutePathBuf)))),
  sandboxPolicy: optional(nullable(SandboxPolicy)),
  serviceTier: optional(nullable(string)),
  serviceTierForTurn: optional(nullable(string)),
  summary: optional(nullable(ReasoningSummary)),
  threadId: string,
  toolOutput: optional(nullable(TurnToolOutput)),
  turnTrigger: optional(nullable(string)),
});
export type TurnStartParams = Infer<typeof TurnStartParams>;

export const TurnStartResponse = object({ turn: Turn });
export type TurnStartResponse = Infer<typeof TurnStartResponse>;

export const TurnSettingsUpdateParams = object({
  approvalsReviewer: optional(nullable(ApprovalsReviewer)),
  effort: optional(nullable(ReasoningEffort)),
  environments: optional(nullable(list(TurnEnvironmentParams))),
  model: optional(nullable(string)),
  serviceTier: optional(nullable(string)),
  summary: optional(nullable(ReasoningSummary)),
  threadId: string,
  turnId: string,
});
export type TurnSettingsUpdateParams = Infer<typeof TurnSettingsUpdateParams>;

export const TurnSettingsUpdateStatus = oneOf("applied", "targetUnavailable");
export type TurnSettingsUpdateStatus = Infer<typeof TurnSettingsUpdateStatus>;

export const TurnSettingsUpdateResponse = object({ status: TurnSettingsUpdateStatus });
export type TurnSettingsUpdateResponse = Infer<typeof TurnSettingsUpdateResponse>;

export const TurnSteerParams = object({
  additionalContext: experimental(optional(nullable(map(AdditionalContextEntry)))),
  clientUserMessageId: optional(nullable(string)),
  expectedTurnId: string,
  input: list(UserInput),
  responsesapiClientMetadata: experimental(optional(nullable(map(string)))),
  responsesapiClientMetadataPatch: experimental(optional(nullable(map(string)))),
  threadId: string,
});
export type TurnSteerParams = Infer<typeof TurnSteerParams>;

export const TurnSteerResponse = object({ turnId: string });
export type TurnSteerResponse = Infer<typeof TurnSteerResponse>;

export const TurnInterruptParams = object({ threadId: string, turnId: string });
export type TurnInterruptParams = Infer<typeof TurnInterruptParams>;

export const TurnInterruptResponse = object({});
export type TurnInterruptResponse = Infer<typeof TurnInterruptResponse>;

export const ReviewDelivery = literal("inline");
export type ReviewDelivery = Infer<typeof ReviewDelivery>;

export const ReviewTarget = union(
  object({ type: literal("uncommittedChanges") }),
  object({ branch: string, type: literal("baseBranch") }),
  object({ sha: string, title: nullable(string), type: literal("commit") }),
  object({ instructions: string, type: literal("custom") }),
);
export type ReviewTarget = Infer<typeof ReviewTarget>;

export const ReviewStartParams = object({
  delivery: optional(nullable(ReviewDelivery)),
  target: ReviewTarget,
  threadId: string,
});
export type ReviewStartParams = Infer<typeof ReviewStartParams>;

export const ReviewStartResponse = object({ reviewThreadId: string, turn: Turn });
export type ReviewStartResponse = Infer<typeof ReviewStartResponse>;
