import {
  boolean,
  defaulted,
  experimental,
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
import { ThreadItem } from "./items.ts";
import {
  AbsolutePathBuf,
  AdditionalNetworkPermissions,
  AgentPath,
  FileSystemAccessMode,
  GitInfo,
  LegacyAppPathString,
  MisalignmentSteer,
  ModeKind,
  NetworkAccess,
  NonSteerableTurnKind,
  ReasoningEffort,
  ThreadActiveFlag,
  ThreadExtra,
  ThreadHistoryMode,
  ThreadId,
  ThreadSectionAppearance,
  ThreadSource,
  TurnItemsView,
  TurnStatus,
} from "./values.ts";

export const TurnEnvironmentParams = object({
  cwd: LegacyAppPathString,
  environmentId: string,
  runtimeWorkspaceRoots: optional(nullable(list(LegacyAppPathString))),
});
export type TurnEnvironmentParams = Infer<typeof TurnEnvironmentParams>;

export const SubAgentSource = union(
  oneOf("review", "compact", "memory_consolidation"),
  object({
    thread_spawn: object({
      agent_nickname: nullable(string),
      agent_path: nullable(AgentPath),
      agent_role: nullable(string),
      depth: integer,
      parent_thread_id: ThreadId,
    }),
  }),
  object({ other: string }),
);
export type SubAgentSource = Infer<typeof SubAgentSource>;

export const SessionSource = union(
  oneOf("cli", "vscode", "exec", "appServer", "unknown"),
  object({ custom: string }),
  object({ subAgent: SubAgentSource }),
);
export type SessionSource = Infer<typeof SessionSource>;

export const ThreadEnvironment = object({
  cwd: LegacyAppPathString,
  environmentId: string,
  runtimeWorkspaceRoots: list(LegacyAppPathString),
});
export type ThreadEnvironment = Infer<typeof ThreadEnvironment>;

export const ThreadSection = object({ appearance: nullable(ThreadSectionAppearance), id: string, name: string });
export type ThreadSection = Infer<typeof ThreadSection>;

export const ThreadStatus = union(
  object({ type: literal("notLoaded") }),
  object({ type: literal("idle") }),
  object({ type: literal("systemError") }),
  object({ activeFlags: list(ThreadActiveFlag), type: literal("active") }),
);
export type ThreadStatus = Infer<typeof ThreadStatus>;

export const CodexErrorInfo = union(
  oneOf(
    "contextWindowExceeded",
    "sessionBudgetExceeded",
    "usageLimitExceeded",
    "rateLimitExceeded",
    "flexUnavailable",
    "serverOverloaded",
    "modelNotFound",
    "policyCapacityUnavailable",
    "cyberPolicy",
    "misalignmentPolicyViolation",
    "tooManyDenials",
    "internalServerError",
    "unauthorized",
    "badRequest",
    "threadRollbackFailed",
    "sandboxError",
    "other",
    "inferenceHookDenied",
  ),
  object({ httpConnectionFailed: object({ httpStatusCode: nullable(unsigned) }) }),
  object({ responseStreamConnectionFailed: object({ httpStatusCode: nullable(unsigned) }) }),
  object({ responseStreamDisconnected: object({ httpStatusCode: nullable(unsigned) }) }),
  object({ responseTooManyFailedAttempts: object({ httpStatusCode: nullable(unsigned) }) }),
  object({ activeTurnNotSteerable: object({ turnKind: NonSteerableTurnKind }) }),
  union(string, object({})),
);
export type CodexErrorInfo = Infer<typeof CodexErrorInfo>;

export const MisalignmentErrorDetails = object({
  detailedExplanation: nullable(string),
  errorType: nullable(string),
  reviewTarget: optional(nullable(string)),
  steer: nullable(MisalignmentSteer),
});
export type MisalignmentErrorDetails = Infer<typeof MisalignmentErrorDetails>;

export const TurnError = object({
  additionalDetails: nullable(string),
  codexErrorInfo: nullable(CodexErrorInfo),
  message: string,
  misalignment: nullable(MisalignmentErrorDetails),
});
export type TurnError = Infer<typeof TurnError>;

export const Turn = object({
  completedAt: nullable(integer),
  durationMs: nullable(integer),
  error: nullable(TurnError),
  id: string,
  items: list(ThreadItem),
  itemsView: defaulted(TurnItemsView, "full"),
  rootTurnId: nullable(string),
  startedAt: nullable(integer),
  status: TurnStatus,
});
export type Turn = Infer<typeof Turn>;

export const Thread = object({
  agentNickname: nullable(string),
  agentRole: nullable(string),
  attachedToThreadId: experimental(nullable(string)),
  canAcceptDirectInput: experimental(nullable(boolean)),
  cliVersion: string,
  createdAt: integer,
  cwd: AbsolutePathBuf,
  daybreakEnabled: experimental(nullable(boolean)),
  environments: experimental(nullable(list(ThreadEnvironment))),
  ephemeral: boolean,
  extra: experimental(nullable(ThreadExtra)),
  forkedFromId: nullable(string),
  gitInfo: nullable(GitInfo),
  historyMode: defaulted(ThreadHistoryMode, "legacy"),
  id: string,
  model: nullable(string),
  modelProvider: string,
  name: nullable(string),
  originator: nullable(string),
  parentThreadId: nullable(string),
  path: nullable(string),
  preview: string,
  projectId: nullable(string),
  reasoningEffort: nullable(ReasoningEffort),
  recencyAt: nullable(integer),
  section: nullable(ThreadSection),
  sectionEnteredAt: nullable(integer),
  sessionId: string,
  source: SessionSource,
  status: ThreadStatus,
  threadSource: nullable(ThreadSource),
  turns: list(Turn),
  updatedAt: integer,
});
export type Thread = Infer<typeof Thread>;

export const SandboxPolicy = union(
  object({ type: literal("dangerFullAccess") }),
  object({ networkAccess: defaulted(boolean, false), type: literal("readOnly") }),
  object({ networkAccess: defaulted(NetworkAccess, "restricted"), type: literal("externalSandbox") }),
  object({
    excludeSlashTmp: defaulted(boolean, false),
    excludeTmpdirEnvVar: defaulted(boolean, false),
    networkAccess: defaulted(boolean, false),
    type: literal("workspaceWrite"),
    writableRoots: defaulted(list(AbsolutePathBuf), []),
  }),
);
export type SandboxPolicy = Infer<typeof SandboxPolicy>;

export const Settings = object({
  developer_instructions: nullable(string),
  model: string,
  reasoning_effort: nullable(ReasoningEffort),
});
export type Settings = Infer<typeof Settings>;

export const CollaborationMode = object({ mode: ModeKind, settings: Settings });
export type CollaborationMode = Infer<typeof CollaborationMode>;

export const ConfigLayerSource = union(
  object({ file: AbsolutePathBuf, type: literal("packagedDefaults") }),
  object({ domain: string, key: string, type: literal("mdm") }),
  object({ file: AbsolutePathBuf, type: literal("system") }),
  object({ id: string, name: string, type: literal("enterpriseManaged") }),
  object({ file: AbsolutePathBuf, profile: nullable(string), type: literal("user") }),
  object({ dotCodexFolder: AbsolutePathBuf, type: literal("project") }),
  object({ type: literal("sessionFlags") }),
  object({ file: AbsolutePathBuf, type: literal("legacyManagedConfigTomlFromFile") }),
  object({ type: literal("legacyManagedConfigTomlFromMdm") }),
);
export type ConfigLayerSource = Infer<typeof ConfigLayerSource>;

export const ConfigLayerMetadata = object({ name: ConfigLayerSource, version: string });
export type ConfigLayerMetadata = Infer<typeof ConfigLayerMetadata>;

export const FileSystemSpecialPath = union(
  object({ kind: literal("root") }),
  object({ kind: literal("minimal") }),
  object({ kind: literal("project_roots"), subpath: nullable(LegacyAppPathString) }),
  object({ kind: literal("tmpdir") }),
  object({ kind: literal("slash_tmp") }),
  object({ kind: literal("unknown"), path: string, subpath: nullable(LegacyAppPathString) }),
);
export type FileSystemSpecialPath = Infer<typeof FileSystemSpecialPath>;

export const FileSystemPath = union(
  object({ path: LegacyAppPathString, type: literal("path") }),
  object({ pattern: string, type: literal("glob_pattern") }),
  object({ type: literal("special"), value: FileSystemSpecialPath }),
);
export type FileSystemPath = Infer<typeof FileSystemPath>;

export const FileSystemSandboxEntry = object({ access: FileSystemAccessMode, path: FileSystemPath });
export type FileSystemSandboxEntry = Infer<typeof FileSystemSandboxEntry>;

export const AdditionalFileSystemPermissions = object({
  entries: optional(nullable(list(FileSystemSandboxEntry))),
  globScanMaxDepth: optional(nullable(unsigned)),
  read: nullable(list(LegacyAppPathString)),
  write: nullable(list(LegacyAppPathString)),
});
export type AdditionalFileSystemPermissions = Infer<typeof AdditionalFileSystemPermissions>;

export const RequestPermissionProfile = object({
  fileSystem: nullable(AdditionalFileSystemPermissions),
  network: nullable(AdditionalNetworkPermissions),
});
export type RequestPermissionProfile = Infer<typeof RequestPermissionProfile>;
