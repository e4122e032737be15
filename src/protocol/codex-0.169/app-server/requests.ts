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
  number,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  union,
  unsigned,
} from "../../shapes/shape.ts";
import { AdditionalFileSystemPermissions, RequestPermissionProfile } from "./common.ts";
import { CommandAction } from "./items.ts";
import {
  AdditionalNetworkPermissions,
  DynamicToolCallOutputContentItem,
  LegacyAppPathString,
  NetworkApprovalProtocol,
  ThreadId,
} from "./values.ts";

export const AdditionalPermissionProfile = object({
  fileSystem: nullable(AdditionalFileSystemPermissions),
  network: nullable(AdditionalNetworkPermissions),
});
export type AdditionalPermissionProfile = Infer<typeof AdditionalPermissionProfile>;

export const NetworkPolicyRuleAction = oneOf("allow", "deny");
export type NetworkPolicyRuleAction = Infer<typeof NetworkPolicyRuleAction>;

export const NetworkPolicyAmendment = object({ action: NetworkPolicyRuleAction, host: string });
export type NetworkPolicyAmendment = Infer<typeof NetworkPolicyAmendment>;

export const CommandExecutionApprovalDecision = union(
  oneOf("accept", "acceptForSession", "decline", "cancel"),
  object({ acceptWithExecpolicyAmendment: object({ execpolicy_amendment: list(string) }) }),
  object({ applyNetworkPolicyAmendment: object({ network_policy_amendment: NetworkPolicyAmendment }) }),
);
export type CommandExecutionApprovalDecision = Infer<typeof CommandExecutionApprovalDecision>;

export const CommandExecutionApprovalKind = oneOf("command", "writeStdin", "humanCommand");
export type CommandExecutionApprovalKind = Infer<typeof CommandExecutionApprovalKind>;

export const NetworkApprovalContext = object({ host: string, protocol: NetworkApprovalProtocol });
export type NetworkApprovalContext = Infer<typeof NetworkApprovalContext>;

export const CommandExecutionRequestApprovalParams = object({
  additionalPermissions: experimental(optional(nullable(AdditionalPermissionProfile))),
  approvalId: optional(nullable(string)),
  availableDecisions: experimental(optional(nullable(list(CommandExecutionApprovalDecision)))),
  command: optional(nullable(string)),
  commandActions: optional(nullable(list(CommandAction))),
  cwd: optional(nullable(LegacyAppPathString)),
  environmentId: nullable(string),
  itemId: string,
  kind: defaulted(CommandExecutionApprovalKind, "command"),
  networkApprovalContext: optional(nullable(NetworkApprovalContext)),
  proposedExecpolicyAmendment: optional(nullable(list(string))),
  proposedNetworkPolicyAmendments: optional(nullable(list(NetworkPolicyAmendment))),
  reason: optional(nullable(string)),
  startedAtMs: integer,
  threadId: string,
  turnId: string,
});
export type CommandExecutionRequestApprovalParams = Infer<typeof CommandExecutionRequestApprovalParams>;

export const CommandExecutionRequestApprovalResponse = object({ decision: CommandExecutionApprovalDecision });
export type CommandExecutionRequestApprovalResponse = Infer<typeof CommandExecutionRequestApprovalResponse>;

export const FileChangeRequestApprovalParams = object({
  grantRoot: optional(nullable(string)),
  itemId: string,
  reason: optional(nullable(string)),
  startedAtMs: integer,
  threadId: string,
  turnId: string,
});
export type FileChangeRequestApprovalParams = Infer<typeof FileChangeRequestApprovalParams>;

export const FileChangeApprovalDecision = oneOf("accept", "acceptForSession", "decline", "cancel");
export type FileChangeApprovalDecision = Infer<typeof FileChangeApprovalDecision>;

export const FileChangeRequestApprovalResponse = object({ decision: FileChangeApprovalDecision });
export type FileChangeRequestApprovalResponse = Infer<typeof FileChangeRequestApprovalResponse>;

export const ToolRequestUserInputOption = object({ description: string, label: string });
export type ToolRequestUserInputOption = Infer<typeof ToolRequestUserInputOption>;

export const ToolRequestUserInputQuestion = object({
  header: string,
  id: string,
  isOther: defaulted(boolean, false),
  isSecret: defaulted(boolean, false),
  options: nullable(list(ToolRequestUserInputOption)),
  question: string,
});
export type ToolRequestUserInputQuestion = Infer<typeof ToolRequestUserInputQuestion>;

export const ToolRequestUserInputParams = object({
  autoResolutionMs: nullable(unsigned),
  isBlocking: boolean,
  itemId: string,
  questions: list(ToolRequestUserInputQuestion),
  threadId: string,
  turnId: string,
});
export type ToolRequestUserInputParams = Infer<typeof ToolRequestUserInputParams>;

export const ToolRequestUserInputAnswer = object({ answers: list(string) });
export type ToolRequestUserInputAnswer = Infer<typeof ToolRequestUserInputAnswer>;

export const ToolRequestUserInputResponse = object({ answers: map(ToolRequestUserInputAnswer) });
export type ToolRequestUserInputResponse = Infer<typeof ToolRequestUserInputResponse>;

export const McpElicitationObjectType = literal("object");
export type McpElicitationObjectType = Infer<typeof McpElicitationObjectType>;

export const McpElicitationBooleanType = literal("boolean");
export type McpElicitationBooleanType = Infer<typeof McpElicitationBooleanType>;

export const McpElicitationBooleanSchema = object({
  default: optional(nullable(boolean)),
  description: optional(nullable(string)),
  title: optional(nullable(string)),
  type: McpElicitationBooleanType,
});
export type McpElicitationBooleanSchema = Infer<typeof McpElicitationBooleanSchema>;

export const McpElicitationStringType = literal("string");
export type McpElicitationStringType = Infer<typeof McpElicitationStringType>;

export const McpElicitationLegacyTitledEnumSchema = object({
  default: optional(nullable(string)),
  description: optional(nullable(string)),
  enum: list(string),
  enumNames: optional(nullable(list(string))),
  title: optional(nullable(string)),
  type: McpElicitationStringType,
});
export type McpElicitationLegacyTitledEnumSchema = Infer<typeof McpElicitationLegacyTitledEnumSchema>;

export const McpElicitationArrayType = literal("array");
export type McpElicitationArrayType = Infer<typeof McpElicitationArrayType>;

export const McpElicitationConstOption = object({ const: string, title: string });
export type McpElicitationConstOption = Infer<typeof McpElicitationConstOption>;

export const McpElicitationTitledEnumItems = object({ anyOf: list(McpElicitationConstOption) });
export type McpElicitationTitledEnumItems = Infer<typeof McpElicitationTitledEnumItems>;

export const McpElicitationTitledMultiSelectEnumSchema = object({
  default: optional(nullable(list(string))),
  description: optional(nullable(string)),
  items: McpElicitationTitledEnumItems,
  maxItems: optional(nullable(unsigned)),
  minItems: optional(nullable(unsigned)),
  title: optional(nullable(string)),
  type: McpElicitationArrayType,
});
export type McpElicitationTitledMultiSelectEnumSchema = Infer<typeof McpElicitationTitledMultiSelectEnumSchema>;

export const McpElicitationUntitledEnumItems = object({ enum: list(string), type: McpElicitationStringType });
export type McpElicitationUntitledEnumItems = Infer<typeof McpElicitationUntitledEnumItems>;

export const McpElicitationUntitledMultiSelectEnumSchema = object({
  default: optional(nullable(list(string))),
  description: optional(nullable(string)),
  items: McpElicitationUntitledEnumItems,
  maxItems: optional(nullable(unsigned)),
  minItems: optional(nullable(unsigned)),
  title: optional(nullable(string)),
  type: McpElicitationArrayType,
});
export type McpElicitationUntitledMultiSelectEnumSchema = Infer<typeof McpElicitationUntitledMultiSelectEnumSchema>;

export const McpElicitationMultiSelectEnumSchema = union(
  McpElicitationUntitledMultiSelectEnumSchema,
  McpElicitationTitledMultiSelectEnumSchema,
);
export type McpElicitationMultiSelectEnumSchema = Infer<typeof McpElicitationMultiSelectEnumSchema>;

export const McpElicitationTitledSingleSelectEnumSchema = object({
  default: optional(nullable(string)),
  description: optional(nullable(string)),
  oneOf: list(McpElicitationConstOption),
  title: optional(nullable(string)),
  type: McpElicitationStringType,
});
export type McpElicitationTitledSingleSelectEnumSchema = Infer<typeof McpElicitationTitledSingleSelectEnumSchema>;

export const McpElicitationUntitledSingleSelectEnumSchema = object({
  default: optional(nullable(string)),
  description: optional(nullable(string)),
  enum: list(string),
  title: optional(nullable(string)),
  type: McpElicitationStringType,
});
export type McpElicitationUntitledSingleSelectEnumSchema = Infer<typeof McpElicitationUntitledSingleSelectEnumSchema>;

export const McpElicitationSingleSelectEnumSchema = union(
  McpElicitationUntitledSingleSelectEnumSchema,
  McpElicitationTitledSingleSelectEnumSchema,
);
export type McpElicitationSingleSelectEnumSchema = Infer<typeof McpElicitationSingleSelectEnumSchema>;

export const McpElicitationEnumSchema = union(
  McpElicitationSingleSelectEnumSchema,
  McpElicitationMultiSelectEnumSchema,
  McpElicitationLegacyTitledEnumSchema,
);
export type McpElicitationEnumSchema = Infer<typeof McpElicitationEnumSchema>;

export const McpElicitationNumberType = oneOf("number", "integer");
export type McpElicitationNumberType = Infer<typeof McpElicitationNumberType>;

export const McpElicitationNumberSchema = object({
  default: optional(nullable(number)),
  description: optional(nullable(string)),
  maximum: optional(nullable(number)),
  minimum: optional(nullable(number)),
  title: optional(nullable(string)),
  type: McpElicitationNumberType,
});
export type McpElicitationNumberSchema = Infer<typeof McpElicitationNumberSchema>;

export const McpElicitationStringFormat = oneOf("email", "uri", "date", "date-time");
export type McpElicitationStringFormat = Infer<typeof McpElicitationStringFormat>;

export const McpElicitationStringSchema = object({
  default: optional(nullable(string)),
  description: optional(nullable(string)),
  format: optional(nullable(McpElicitationStringFormat)),
  maxLength: optional(nullable(unsigned)),
  minLength: optional(nullable(unsigned)),
  title: optional(nullable(string)),
  type: McpElicitationStringType,
});
export type McpElicitationStringSchema = Infer<typeof McpElicitationStringSchema>;

export const McpElicitationPrimitiveSchema = union(
  McpElicitationEnumSchema,
  McpElicitationStringSchema,
  McpElicitationNumberSchema,
  McpElicitationBooleanSchema,
);
export type McpElicitationPrimitiveSchema = Infer<typeof McpElicitationPrimitiveSchema>;

export const McpElicitationSchema = object({
  $schema: optional(nullable(string)),
  properties: map(McpElicitationPrimitiveSchema),
  required: optional(nullable(list(string))),
  type: McpElicitationObjectType,
});
export type McpElicitationSchema = Infer<typeof McpElicitationSchema>;

const commonMcpServerElicitationRequestParams = { serverName: string, threadId: string, turnId: nullable(string) };

export const McpServerElicitationRequestParams = union(
  object({
    ...commonMcpServerElicitationRequestParams,
    _meta: optional(anything),
    challenge: string,
    description: string,
    mode: literal("openai/userVerification"),
    title: string,
  }),
  object({
    ...commonMcpServerElicitationRequestParams,
    _meta: optional(anything),
    message: string,
    mode: literal("form"),
    requestedSchema: McpElicitationSchema,
  }),
  object({
    ...commonMcpServerElicitationRequestParams,
    _meta: optional(anything),
    message: string,
    mode: literal("openai/form"),
    requestedSchema: anything,
  }),
  object({
    ...commonMcpServerElicitationRequestParams,
    _meta: optional(anything),
    message: string,
    mode: literal("openaiForm"),
    requestedSchema: anything,
  }),
  object({
    ...commonMcpServerElicitationRequestParams,
    _meta: optional(anything),
    elicitationId: string,
    message: string,
    mode: literal("url"),
    url: string,
  }),
);
export type McpServerElicitationRequestParams = Infer<typeof McpServerElicitationRequestParams>;

export const McpServerElicitationAction = oneOf("accept", "decline", "cancel");
export type McpServerElicitationAction = Infer<typeof McpServerElicitationAction>;

export const McpServerElicitationRequestResponse = object({
  _meta: optional(anything),
  action: McpServerElicitationAction,
  content: optional(anything),
});
export type McpServerElicitationRequestResponse = Infer<typeof McpServerElicitationRequestResponse>;

export const PermissionsRequestApprovalParams = object({
  cwd: LegacyAppPathString,
  environmentId: nullable(string),
  itemId: string,
  permissions: RequestPermissionProfile,
  reason: nullable(string),
  startedAtMs: integer,
  threadId: string,
  turnId: string,
});
export type PermissionsRequestApprovalParams = Infer<typeof PermissionsRequestApprovalParams>;

export const GrantedPermissionProfile = object({
  fileSystem: optional(nullable(AdditionalFileSystemPermissions)),
  network: optional(nullable(AdditionalNetworkPermissions)),
});
export type GrantedPermissionProfile = Infer<typeof GrantedPermissionProfile>;

export const PermissionGrantScope = oneOf("turn", "session");
export type PermissionGrantScope = Infer<typeof PermissionGrantScope>;

export const PermissionsRequestApprovalResponse = object({
  permissions: GrantedPermissionProfile,
  scope: defaulted(PermissionGrantScope, "turn"),
  strictAutoReview: optional(nullable(boolean)),
});
export type PermissionsRequestApprovalResponse = Infer<typeof PermissionsRequestApprovalResponse>;

export const DynamicToolCallParams = object({
  arguments: anything,
  callId: string,
  namespace: nullable(string),
  threadId: string,
  tool: string,
  turnId: string,
});
export type DynamicToolCallParams = Infer<typeof DynamicToolCallParams>;

export const DynamicToolCallResponse = object({
  contentItems: list(DynamicToolCallOutputContentItem),
  success: boolean,
});
export type DynamicToolCallResponse = Infer<typeof DynamicToolCallResponse>;

export const ChatgptAuthTokensRefreshReason = oneOf("unauthorized");
export type ChatgptAuthTokensRefreshReason = Infer<typeof ChatgptAuthTokensRefreshReason>;

export const ChatgptAuthTokensRefreshParams = object({
  previousAccountId: optional(nullable(string)),
  reason: ChatgptAuthTokensRefreshReason,
});
export type ChatgptAuthTokensRefreshParams = Infer<typeof ChatgptAuthTokensRefreshParams>;

export const ChatgptAuthTokensRefreshResponse = object({
  accessToken: string,
  chatgptAccountId: string,
  chatgptPlanType: nullable(string),
});
export type ChatgptAuthTokensRefreshResponse = Infer<typeof ChatgptAuthTokensRefreshResponse>;

export const CurrentTimeReadParams = object({ threadId: string });
export type CurrentTimeReadParams = Infer<typeof CurrentTimeReadParams>;

export const CurrentTimeReadResponse = object({ currentTimeAt: integer });
export type CurrentTimeReadResponse = Infer<typeof CurrentTimeReadResponse>;

export const FileChange = union(
  object({ content: string, type: literal("add") }),
  object({ content: string, type: literal("delete") }),
  object({ move_path: nullable(string), type: literal("update"), unified_diff: string }),
);
export type FileChange = Infer<typeof FileChange>;

export const ApplyPatchApprovalParams = object({
  callId: string,
  conversationId: ThreadId,
  fileChanges: map(FileChange),
  grantRoot: nullable(string),
  reason: nullable(string),
});
export type ApplyPatchApprovalParams = Infer<typeof ApplyPatchApprovalParams>;

export const ReviewDecision = union(
  oneOf("approved", "approved_for_session", "approved_mcp_policy_amendment", "timed_out", "abort"),
  object({ approved_execpolicy_amendment: object({ proposed_execpolicy_amendment: list(string) }) }),
  object({ network_policy_amendment: object({ network_policy_amendment: NetworkPolicyAmendment }) }),
  object({ denied: object({ rejection: string }) }),
);
export type ReviewDecision = Infer<typeof ReviewDecision>;

export const ApplyPatchApprovalResponse = object({ decision: ReviewDecision });
export type ApplyPatchApprovalResponse = Infer<typeof ApplyPatchApprovalResponse>;

export const ParsedCommand = union(
  object({ cmd: string, name: string, path: string, type: literal("read") }),
  object({ cmd: string, path: nullable(string), type: literal("list_files") }),
  object({ cmd: string, path: nullable(string), query: nullable(string), type: literal("search") }),
  object({ cmd: string, type: literal("unknown") }),
);
export type ParsedCommand = Infer<typeof ParsedCommand>;

export const ExecCommandApprovalParams = object({
  approvalId: nullable(string),
  callId: string,
  command: list(string),
  conversationId: ThreadId,
  cwd: string,
  parsedCmd: list(ParsedCommand),
  reason: nullable(string),
});
export type ExecCommandApprovalParams = Infer<typeof ExecCommandApprovalParams>;

export const ExecCommandApprovalResponse = object({ decision: ReviewDecision });
export type ExecCommandApprovalResponse = Infer<typeof ExecCommandApprovalResponse>;
