import {
  anything,
  boolean,
  defaulted,
  integer,
  list,
  literal,
  map,
  nullable,
  object,
  optional,
  string,
  type Infer,
  union,
  unsigned,
} from "../../shapes/shape.ts";
import {
  AbsolutePathBuf,
  AgentMessageDelivery,
  AgentMessageDisplay,
  AsyncUserInputQuestion,
  ByteRange,
  CollabAgentStatus,
  CollabAgentTool,
  CollabAgentToolCallStatus,
  CommandExecutionSource,
  CommandExecutionStatus,
  DynamicToolCallOutputContentItem,
  DynamicToolCallStatus,
  HookPromptFragment,
  ImageDetail,
  ImageGenerationFailure,
  LegacyAppPathString,
  McpAppDisplayMode,
  McpToolCallAppContext,
  McpToolCallError,
  McpToolCallResult,
  McpToolCallStatus,
  MemoryCitationEntry,
  MessagePhase,
  PatchApplyStatus,
  PatchChangeKind,
  ReasoningEffort,
  SubAgentActivityKind,
  WebSearchAction,
} from "./values.ts";

export const AgentMessageModeration = object({ display: nullable(AgentMessageDisplay), moderated: boolean });
export type AgentMessageModeration = Infer<typeof AgentMessageModeration>;

export const CollabAgentState = object({ message: nullable(string), status: CollabAgentStatus });
export type CollabAgentState = Infer<typeof CollabAgentState>;

export const CommandAction = union(
  object({ command: string, name: string, path: LegacyAppPathString, type: literal("read") }),
  object({ command: string, path: nullable(string), type: literal("listFiles") }),
  object({ command: string, path: nullable(string), query: nullable(string), type: literal("search") }),
  object({ command: string, type: literal("unknown") }),
);
export type CommandAction = Infer<typeof CommandAction>;

export const FileUpdateChange = object({ diff: string, kind: PatchChangeKind, path: string });
export type FileUpdateChange = Infer<typeof FileUpdateChange>;

export const FunctionCallOutputContentItem = union(
  object({ text: string, type: literal("input_text") }),
  union(
    object({ detail: optional(nullable(ImageDetail)), type: literal("input_image"), image_url: string }),
    object({ detail: optional(nullable(ImageDetail)), type: literal("input_image"), file_id: string }),
  ),
  union(
    object({ type: literal("input_audio"), audio_url: string }),
    object({ type: literal("input_audio"), file_id: string }),
  ),
  object({ encrypted_content: string, type: literal("encrypted_content") }),
);
export type FunctionCallOutputContentItem = Infer<typeof FunctionCallOutputContentItem>;

export const FunctionCallOutputBody = union(string, list(FunctionCallOutputContentItem));
export type FunctionCallOutputBody = Infer<typeof FunctionCallOutputBody>;

export const ImageGenerationInputImage = object({ path: AbsolutePathBuf, sha256: string });
export type ImageGenerationInputImage = Infer<typeof ImageGenerationInputImage>;

export const McpAppUi = object({ preferredModelDisplayMode: McpAppDisplayMode, resourceUri: string });
export type McpAppUi = Infer<typeof McpAppUi>;

export const MemoryCitation = object({ entries: list(MemoryCitationEntry), threadIds: list(string) });
export type MemoryCitation = Infer<typeof MemoryCitation>;

export const TextElement = object({ byteRange: ByteRange, placeholder: nullable(string) });
export type TextElement = Infer<typeof TextElement>;

export const UserInput = union(
  object({ text: string, text_elements: defaulted(list(TextElement), []), type: literal("text") }),
  union(
    object({ detail: optional(nullable(ImageDetail)), type: literal("image"), url: string }),
    object({ detail: optional(nullable(ImageDetail)), type: literal("image"), fileId: string }),
  ),
  object({ detail: optional(nullable(ImageDetail)), path: string, type: literal("localImage") }),
  union(object({ type: literal("audio"), url: string }), object({ type: literal("audio"), fileId: string })),
  object({ path: string, type: literal("localAudio") }),
  object({ name: string, path: string, type: literal("skill") }),
  object({ name: string, path: string, type: literal("mention") }),
);
export type UserInput = Infer<typeof UserInput>;

const times = { completedAtMs: optional(nullable(integer)), startedAtMs: optional(nullable(integer)) };

const imageGeneration = {
  ...times,
  failure: nullable(ImageGenerationFailure),
  generationId: nullable(string),
  id: string,
  inputImages: optional(list(ImageGenerationInputImage)),
  revisedPrompt: nullable(string),
  savedPath: nullable(AbsolutePathBuf),
  status: string,
  transparentBackground: nullable(boolean),
  type: literal("imageGeneration"),
};

export const ThreadItem = union(
  object({
    ...times,
    clientId: nullable(string),
    content: list(UserInput),
    id: string,
    type: literal("userMessage"),
  }),
  object({ ...times, fragments: list(HookPromptFragment), id: string, type: literal("hookPrompt") }),
  object({
    ...times,
    delivery: nullable(AgentMessageDelivery),
    id: string,
    memoryCitation: nullable(MemoryCitation),
    moderation: nullable(AgentMessageModeration),
    phase: nullable(MessagePhase),
    questions: nullable(list(AsyncUserInputQuestion)),
    text: string,
    type: literal("agentMessage"),
  }),
  object({
    ...times,
    id: string,
    name: string,
    namespace: nullable(string),
    output: FunctionCallOutputBody,
    type: literal("functionCallOutput"),
  }),
  object({ ...times, id: string, text: string, type: literal("plan") }),
  object({
    ...times,
    content: defaulted(list(string), []),
    id: string,
    summary: defaulted(list(string), []),
    type: literal("reasoning"),
  }),
  object({
    ...times,
    aggregatedOutput: nullable(string),
    command: string,
    commandActions: list(CommandAction),
    cwd: LegacyAppPathString,
    durationMs: nullable(integer),
    exitCode: nullable(integer),
    id: string,
    pluginId: nullable(string),
    processId: nullable(string),
    scriptPath: nullable(string),
    source: defaulted(CommandExecutionSource, "agent"),
    status: CommandExecutionStatus,
    type: literal("commandExecution"),
  }),
  object({
    ...times,
    changes: list(FileUpdateChange),
    id: string,
    status: PatchApplyStatus,
    type: literal("fileChange"),
  }),
  object({
    ...times,
    appContext: nullable(McpToolCallAppContext),
    arguments: anything,
    durationMs: nullable(integer),
    error: nullable(McpToolCallError),
    id: string,
    mcpAppResourceUri: optional(nullable(string)),
    mcpAppUi: nullable(McpAppUi),
    pluginId: nullable(string),
    readOnlyHint: nullable(boolean),
    result: nullable(McpToolCallResult),
    server: string,
    status: McpToolCallStatus,
    tool: string,
    type: literal("mcpToolCall"),
  }),
  object({
    ...times,
    arguments: anything,
    contentItems: nullable(list(DynamicToolCallOutputContentItem)),
    durationMs: nullable(integer),
    id: string,
    namespace: nullable(string),
    status: DynamicToolCallStatus,
    success: nullable(boolean),
    tool: string,
    type: literal("dynamicToolCall"),
  }),
  object({
    ...times,
    agentsStates: map(CollabAgentState),
    id: string,
    model: nullable(string),
    prompt: nullable(string),
    reasoningEffort: nullable(ReasoningEffort),
    receiverThreadIds: list(string),
    senderThreadId: string,
    status: CollabAgentToolCallStatus,
    tool: CollabAgentTool,
    type: literal("collabAgentToolCall"),
  }),
  object({
    ...times,
    agentPath: string,
    agentThreadId: string,
    id: string,
    kind: SubAgentActivityKind,
    model: nullable(string),
    reasoningEffort: nullable(ReasoningEffort),
    type: literal("subAgentActivity"),
  }),
  object({
    ...times,
    action: nullable(WebSearchAction),
    id: string,
    query: string,
    results: nullable(list(anything)),
    type: literal("webSearch"),
  }),
  object({ ...times, id: string, path: LegacyAppPathString, type: literal("imageView") }),
  object({ ...times, durationMs: unsigned, id: string, type: literal("sleep") }),
  union(object({ ...imageGeneration, fileId: string }), object({ ...imageGeneration, result: string })),
  object({ ...times, id: string, review: string, type: literal("enteredReviewMode") }),
  object({ ...times, id: string, review: string, type: literal("exitedReviewMode") }),
  object({ ...times, id: string, type: literal("contextCompaction") }),
);
export type ThreadItem = Infer<typeof ThreadItem>;
