/** What a program answers for its user. */
import type { ServerMethod, ServerParamsOf, ServerResultOf } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { RequestId } from "../../../protocol/codex-0.169/app-server/messages.ts";
import type { Sent } from "../sent.ts";
import type { AppServerItem } from "../events/response-event.ts";

export interface HookContext {
  method: string;
  requestId: RequestId;
  threadId: string | null;
  turnId: string | null;
  itemId: string | null;
  /** What is asked about, as its `item/started` told it: for a change of files the only place where they stand. Null where nothing came. */
  item: AppServerItem | null;
  /** Aborted when nobody waits for the answer any more: it was given elsewhere, the turn is over, or the client closes. */
  signal: AbortSignal;
}

/** Undefined passes the question on: to the policy engines, then to the default. */
export type Hook<Params, Result> = (
  params: Params,
  context: HookContext,
) => Result | undefined | Promise<Result | undefined>;

type Params<M extends ServerMethod> = ServerParamsOf<M>;
type Result<M extends ServerMethod> = Sent<ServerResultOf<M>>;
/** The decision itself, or the whole answer. */
type Deciding<Answer> = Answer extends { decision: infer Decision } ? Decision | Answer : Answer;

export type CommandDecision = ServerResultOf<"item/commandExecution/requestApproval">["decision"];
export type FileChangeDecision = ServerResultOf<"item/fileChange/requestApproval">["decision"];
export type UserInputAnswer = ServerResultOf<"item/tool/requestUserInput">;
export type CommandApprovalParams = Params<"item/commandExecution/requestApproval">;
export type FileChangeApprovalParams = Params<"item/fileChange/requestApproval">;
export type UserInputParams = Params<"item/tool/requestUserInput">;

export interface Hooks {
  onCommandApproval?: Hook<CommandApprovalParams, Deciding<Result<"item/commandExecution/requestApproval">>>;
  onFileChangeApproval?: Hook<FileChangeApprovalParams, Deciding<Result<"item/fileChange/requestApproval">>>;
  onToolRequestUserInput?: Hook<UserInputParams, UserInputAnswer>;
  onToolCall?: Hook<Params<"item/tool/call">, Result<"item/tool/call">>;
  onPermissionsApproval?: Hook<Params<"item/permissions/requestApproval">, Result<"item/permissions/requestApproval">>;
  onElicitation?: Hook<Params<"mcpServer/elicitation/request">, Result<"mcpServer/elicitation/request">>;
  onAuthTokensRefresh?: Hook<Params<"account/chatgptAuthTokens/refresh">, Result<"account/chatgptAuthTokens/refresh">>;
  onAttestation?: Hook<unknown, { token: string }>;
  onCurrentTime?: Hook<Params<"currentTime/read">, Result<"currentTime/read">>;
  onLegacyApproval?: Hook<
    Params<"applyPatchApproval"> | Params<"execCommandApproval">,
    Deciding<Result<"execCommandApproval">>
  >;
}

export type HookName = keyof Hooks;

/** What a hook allowed for the rest of a session. */
export interface SessionGrant {
  method: string;
  threadId: string | null;
  turnId: string | null;
  itemId: string | null;
  /** Of a command. */
  command: string | null;
  /** What was answered. */
  answer: unknown;
  /** Milliseconds since the Unix epoch. */
  grantedAt: number;
}
