import {
  ApplyPatchApprovalParams,
  ApplyPatchApprovalResponse,
  ChatgptAuthTokensRefreshParams,
  ChatgptAuthTokensRefreshResponse,
  CommandExecutionRequestApprovalParams,
  CommandExecutionRequestApprovalResponse,
  CurrentTimeReadParams,
  CurrentTimeReadResponse,
  DynamicToolCallParams,
  DynamicToolCallResponse,
  ExecCommandApprovalParams,
  ExecCommandApprovalResponse,
  FileChangeRequestApprovalParams,
  FileChangeRequestApprovalResponse,
  McpServerElicitationRequestParams,
  McpServerElicitationRequestResponse,
  PermissionsRequestApprovalParams,
  PermissionsRequestApprovalResponse,
  ToolRequestUserInputParams,
  ToolRequestUserInputResponse,
} from "./requests.ts";

/** What the server asks of clients. */
export const serverRequests = {
  "item/commandExecution/requestApproval": {
    params: CommandExecutionRequestApprovalParams,
    result: CommandExecutionRequestApprovalResponse,
  },
  "item/fileChange/requestApproval": {
    params: FileChangeRequestApprovalParams,
    result: FileChangeRequestApprovalResponse,
  },
  "item/tool/requestUserInput": { params: ToolRequestUserInputParams, result: ToolRequestUserInputResponse },
  "mcpServer/elicitation/request": {
    params: McpServerElicitationRequestParams,
    result: McpServerElicitationRequestResponse,
  },
  "item/permissions/requestApproval": {
    params: PermissionsRequestApprovalParams,
    result: PermissionsRequestApprovalResponse,
  },
  "item/tool/call": { params: DynamicToolCallParams, result: DynamicToolCallResponse },
  "account/chatgptAuthTokens/refresh": {
    params: ChatgptAuthTokensRefreshParams,
    result: ChatgptAuthTokensRefreshResponse,
  },
  "currentTime/read": { params: CurrentTimeReadParams, result: CurrentTimeReadResponse, experimental: true },
  applyPatchApproval: { params: ApplyPatchApprovalParams, result: ApplyPatchApprovalResponse },
  execCommandApproval: { params: ExecCommandApprovalParams, result: ExecCommandApprovalResponse },
} as const;
