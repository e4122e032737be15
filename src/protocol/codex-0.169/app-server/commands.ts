import {
  boolean,
  experimental,
  integer,
  list,
  map,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  unsigned,
} from "../../shapes/shape.ts";
import { SandboxPolicy, Turn } from "./common.ts";
import { UserInput } from "./items.ts";
import { AbsolutePathBuf, LegacyAppPathString } from "./values.ts";

export const ThreadQueueAddParams = object({
  clientUserMessageId: string,
  input: list(UserInput),
  responsesapiClientMetadata: optional(nullable(map(string))),
  threadId: string,
});
export type ThreadQueueAddParams = Infer<typeof ThreadQueueAddParams>;

export const QueuedSubmission = object({
  clientUserMessageId: string,
  id: string,
  input: list(UserInput),
  responsesapiClientMetadata: nullable(map(string)),
});
export type QueuedSubmission = Infer<typeof QueuedSubmission>;

export const ThreadQueueAddResponse = object({ queuedSubmission: QueuedSubmission });
export type ThreadQueueAddResponse = Infer<typeof ThreadQueueAddResponse>;

export const ThreadQueueListParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
  threadId: string,
});
export type ThreadQueueListParams = Infer<typeof ThreadQueueListParams>;

export const ThreadQueueListResponse = object({ data: list(QueuedSubmission), nextCursor: nullable(string) });
export type ThreadQueueListResponse = Infer<typeof ThreadQueueListResponse>;

export const ThreadQueueUpdateParams = object({
  input: list(UserInput),
  queuedSubmissionId: string,
  responsesapiClientMetadata: optional(nullable(map(string))),
  threadId: string,
});
export type ThreadQueueUpdateParams = Infer<typeof ThreadQueueUpdateParams>;

export const ThreadQueueUpdateResponse = object({ queuedSubmission: QueuedSubmission });
export type ThreadQueueUpdateResponse = Infer<typeof ThreadQueueUpdateResponse>;

export const ThreadQueueDeleteParams = object({ queuedSubmissionId: string, threadId: string });
export type ThreadQueueDeleteParams = Infer<typeof ThreadQueueDeleteParams>;

export const ThreadQueueDeleteResponse = object({ deleted: boolean });
export type ThreadQueueDeleteResponse = Infer<typeof ThreadQueueDeleteResponse>;

export const ThreadQueueReorderParams = object({ queuedSubmissionIds: list(string), threadId: string });
export type ThreadQueueReorderParams = Infer<typeof ThreadQueueReorderParams>;

export const ThreadQueueReorderResponse = object({});
export type ThreadQueueReorderResponse = Infer<typeof ThreadQueueReorderResponse>;

export const ThreadQueueStartParams = object({ queuedSubmissionId: optional(nullable(string)), threadId: string });
export type ThreadQueueStartParams = Infer<typeof ThreadQueueStartParams>;

export const ThreadQueueStartResponse = object({ turn: Turn });
export type ThreadQueueStartResponse = Infer<typeof ThreadQueueStartResponse>;

export const ThreadBackgroundTerminalsCleanParams = object({ threadId: string });
export type ThreadBackgroundTerminalsCleanParams = Infer<typeof ThreadBackgroundTerminalsCleanParams>;

export const ThreadBackgroundTerminalsCleanResponse = object({});
export type ThreadBackgroundTerminalsCleanResponse = Infer<typeof ThreadBackgroundTerminalsCleanResponse>;

export const ThreadBackgroundTerminalsListParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
  threadId: string,
});
export type ThreadBackgroundTerminalsListParams = Infer<typeof ThreadBackgroundTerminalsListParams>;

export const ThreadBackgroundTerminal = object({
  command: string,
  cpuPercent: nullable(number),
  cwd: LegacyAppPathString,
  itemId: string,
  osPid: nullable(unsigned),
  processId: string,
  rssKb: nullable(unsigned),
});
export type ThreadBackgroundTerminal = Infer<typeof ThreadBackgroundTerminal>;

export const ThreadBackgroundTerminalsListResponse = object({
  data: list(ThreadBackgroundTerminal),
  nextCursor: nullable(string),
});
export type ThreadBackgroundTerminalsListResponse = Infer<typeof ThreadBackgroundTerminalsListResponse>;

export const ThreadBackgroundTerminalsTerminateParams = object({ processId: string, threadId: string });
export type ThreadBackgroundTerminalsTerminateParams = Infer<typeof ThreadBackgroundTerminalsTerminateParams>;

export const ThreadBackgroundTerminalsTerminateResponse = object({ terminated: boolean });
export type ThreadBackgroundTerminalsTerminateResponse = Infer<typeof ThreadBackgroundTerminalsTerminateResponse>;

export const CommandExecTerminalSize = object({ cols: unsigned, rows: unsigned });
export type CommandExecTerminalSize = Infer<typeof CommandExecTerminalSize>;

export const CommandExecParams = object({
  command: list(string),
  cwd: optional(nullable(string)),
  disableOutputCap: optional(boolean),
  disableTimeout: optional(boolean),
  env: optional(nullable(map(nullable(string)))),
  outputBytesCap: optional(nullable(unsigned)),
  permissionProfile: experimental(optional(nullable(string))),
  processId: optional(nullable(string)),
  sandboxPolicy: optional(nullable(SandboxPolicy)),
  size: optional(nullable(CommandExecTerminalSize)),
  streamStdin: optional(boolean),
  streamStdoutStderr: optional(boolean),
  timeoutMs: optional(nullable(integer)),
  tty: optional(boolean),
});
export type CommandExecParams = Infer<typeof CommandExecParams>;

export const CommandExecResponse = object({ exitCode: integer, stderr: string, stdout: string });
export type CommandExecResponse = Infer<typeof CommandExecResponse>;

export const CommandExecWriteParams = object({
  closeStdin: optional(boolean),
  deltaBase64: optional(nullable(string)),
  processId: string,
});
export type CommandExecWriteParams = Infer<typeof CommandExecWriteParams>;

export const CommandExecWriteResponse = object({});
export type CommandExecWriteResponse = Infer<typeof CommandExecWriteResponse>;

export const CommandExecTerminateParams = object({ processId: string });
export type CommandExecTerminateParams = Infer<typeof CommandExecTerminateParams>;

export const CommandExecTerminateResponse = object({});
export type CommandExecTerminateResponse = Infer<typeof CommandExecTerminateResponse>;

export const CommandExecResizeParams = object({ processId: string, size: CommandExecTerminalSize });
export type CommandExecResizeParams = Infer<typeof CommandExecResizeParams>;

export const CommandExecResizeResponse = object({});
export type CommandExecResizeResponse = Infer<typeof CommandExecResizeResponse>;

export const ProcessTerminalSize = object({ cols: unsigned, rows: unsigned });
export type ProcessTerminalSize = Infer<typeof ProcessTerminalSize>;

export const ProcessSpawnParams = object({
  command: list(string),
  cwd: AbsolutePathBuf,
  env: optional(nullable(map(nullable(string)))),
  outputBytesCap: optional(nullable(unsigned)),
  processHandle: string,
  size: optional(nullable(ProcessTerminalSize)),
  streamStdin: optional(boolean),
  streamStdoutStderr: optional(boolean),
  timeoutMs: optional(nullable(integer)),
  tty: optional(boolean),
});
export type ProcessSpawnParams = Infer<typeof ProcessSpawnParams>;

export const ProcessSpawnResponse = object({});
export type ProcessSpawnResponse = Infer<typeof ProcessSpawnResponse>;

export const ProcessWriteStdinParams = object({
  closeStdin: optional(boolean),
  deltaBase64: optional(nullable(string)),
  processHandle: string,
});
export type ProcessWriteStdinParams = Infer<typeof ProcessWriteStdinParams>;

export const ProcessWriteStdinResponse = object({});
export type ProcessWriteStdinResponse = Infer<typeof ProcessWriteStdinResponse>;

export const ProcessKillParams = object({ processHandle: string });
export type ProcessKillParams = Infer<typeof ProcessKillParams>;

export const ProcessKillResponse = object({});
export type ProcessKillResponse = Infer<typeof ProcessKillResponse>;

export const ProcessResizePtyParams = object({ processHandle: string, size: ProcessTerminalSize });
export type ProcessResizePtyParams = Infer<typeof ProcessResizePtyParams>;

export const ProcessResizePtyResponse = object({});
export type ProcessResizePtyResponse = Infer<typeof ProcessResizePtyResponse>;

export const ThreadQueueChangedNotification = object({ threadId: string });
export type ThreadQueueChangedNotification = Infer<typeof ThreadQueueChangedNotification>;

export const CommandExecOutputStream = oneOf("stdout", "stderr");
export type CommandExecOutputStream = Infer<typeof CommandExecOutputStream>;

export const CommandExecOutputDeltaNotification = object({
  capReached: boolean,
  deltaBase64: string,
  processId: string,
  stream: CommandExecOutputStream,
});
export type CommandExecOutputDeltaNotification = Infer<typeof CommandExecOutputDeltaNotification>;

export const ProcessOutputStream = oneOf("stdout", "stderr");
export type ProcessOutputStream = Infer<typeof ProcessOutputStream>;

export const ProcessOutputDeltaNotification = object({
  capReached: boolean,
  deltaBase64: string,
  processHandle: string,
  stream: ProcessOutputStream,
});
export type ProcessOutputDeltaNotification = Infer<typeof ProcessOutputDeltaNotification>;

export const ProcessExitedNotification = object({
  exitCode: integer,
  outputDrainTimedOut: optional(nullable(boolean)),
  processHandle: string,
  stderr: string,
  stderrCapReached: boolean,
  stdout: string,
  stdoutCapReached: boolean,
});
export type ProcessExitedNotification = Infer<typeof ProcessExitedNotification>;
