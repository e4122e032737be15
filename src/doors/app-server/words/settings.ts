import { resolve } from "node:path";
import { inlineToml } from "../../../config/toml/inline-value.ts";
import type { SandboxPolicy } from "../../../protocol/codex-0.169/app-server/common.ts";
import type {
  ThreadForkParams,
  ThreadResumeParams,
  ThreadStartParams,
  ThreadStartResponse,
} from "../../../protocol/codex-0.169/app-server/threads.ts";
import type { ThreadSettings as WireThreadSettings } from "../../../protocol/codex-0.169/app-server/thread-notifications.ts";
import type { TurnStartParams } from "../../../protocol/codex-0.169/app-server/turns.ts";
import type { AskForApproval } from "../../../protocol/codex-0.169/app-server/values.ts";
import type { ThreadInfo, ThreadOptions, ThreadSettings } from "../../../protocol/methods.ts";
import type { ApprovalPolicy, Permissions, SandboxMode } from "../../../protocol/permissions.ts";
import type { ConfigFlags } from "../app-server.ts";
import { refused } from "../request-error.ts";
import { clientToolsOf } from "./client-tools.ts";

/** Settings of threads and turns, from the words of the app-server into ours and back. */

type OpenParams = ThreadStartParams | Omit<ThreadResumeParams, "threadId"> | Omit<ThreadForkParams, "threadId">;

export function optionsOf(params: OpenParams, flags: ConfigFlags = {}): ThreadOptions {
  const { cwd, model, sandbox, baseInstructions, permissions } = params;
  if (permissions != null && sandbox != null) throw refused("`permissions` cannot be combined with `sandbox`");
  return {
    ...flags,
    ...(cwd != null && { cwd: resolve(cwd) }),
    ...(model != null && { model }),
    ...(sandbox != null && { sandbox }),
    ...(baseInstructions != null && { baseInstructions }),
    ...approvalOf(params.approvalPolicy),
    ...(params.runtimeWorkspaceRoots != null && { addDirectories: params.runtimeWorkspaceRoots }),
    ...(params.approvalsReviewer != null && { reviewer: reviewerOf(params.approvalsReviewer) }),
    ...("ephemeral" in params && params.ephemeral === true && { ephemeral: true }),
    ...("dynamicTools" in params && params.dynamicTools != null && { tools: clientToolsOf(params.dynamicTools) }),
    threadSource: "threadSource" in params ? (params.threadSource ?? null) : null,
    overrides: [...(flags.overrides ?? []), ...overridesOf(params)],
    mode: null,
    // Goals go on by themselves where somebody may come and look.
    continueGoals: true,
  };
}

const reviewerOf = (reviewer: string): "user" | "auto_review" => (reviewer === "user" ? "user" : "auto_review");

function approvalOf(policy: AskForApproval | null | undefined): { approvalPolicy?: ApprovalPolicy } {
  if (policy == null) return {};
  // A word that there is not is refused by the configuration, in a sentence of its own.
  return { approvalPolicy: typeof policy === "string" ? (policy as ApprovalPolicy) : "granular" };
}

/** What has no option of its own goes the way of `-c key=value`. */
function overridesOf(params: OpenParams): string[] {
  const { config, modelProvider, serviceTier, developerInstructions, approvalPolicy, permissions } = params;
  const given: [string, unknown][] = Object.entries(config ?? {});
  if (modelProvider != null) given.push(["model_provider", modelProvider]);
  if (serviceTier != null) given.push(["service_tier", serviceTier]);
  if (developerInstructions != null) given.push(["developer_instructions", developerInstructions]);
  if ("personality" in params && params.personality != null) given.push(["personality", params.personality]);
  if (permissions != null) given.push(["default_permissions", permissions]);
  given.push(...granularOf(approvalPolicy));
  return written(given);
}

const granularOf = (policy: AskForApproval | null | undefined): [string, unknown][] =>
  typeof policy === "object" && policy !== null ? [["approval_policy", policy]] : [];

const written = (given: readonly (readonly [string, unknown])[]): string[] =>
  given.filter(([, value]) => value != null).map(([key, value]) => `${key}=${inlineToml(value)}`);

type Asked = Pick<
  TurnStartParams,
  | "approvalPolicy"
  | "approvalsReviewer"
  | "collaborationMode"
  | "cwd"
  | "effort"
  | "model"
  | "permissions"
  | "personality"
  | "sandboxPolicy"
  | "serviceTier"
  | "summary"
>;

/** What a turn, or a client between turns, asks to hold from then on. */
export function settingsOf(params: Asked): ThreadSettings {
  const { model, effort, cwd, sandboxPolicy, permissions, collaborationMode, approvalsReviewer } = params;
  if (permissions != null && sandboxPolicy != null) {
    throw refused("`permissions` cannot be combined with `sandboxPolicy`");
  }
  const given: [string, unknown][] = granularOf(params.approvalPolicy);
  if (params.summary != null) given.push(["model_reasoning_summary", params.summary]);
  if (params.personality != null) given.push(["personality", params.personality]);
  // Nothing in particular is what Codex calls the default.
  if (params.serviceTier !== undefined) given.push(["service_tier", params.serviceTier ?? "default"]);
  if (permissions != null) given.push(["default_permissions", permissions]);
  if (sandboxPolicy?.type === "workspaceWrite") given.push(...workspaceOf(sandboxPolicy));
  const overrides = written(given);
  return {
    ...(model != null && { model }),
    ...(effort != null && { reasoningEffort: effort }),
    ...(cwd != null && { cwd: resolve(cwd) }),
    ...(sandboxPolicy != null && { sandbox: sandboxOf(sandboxPolicy) }),
    ...(permissions != null && { sandbox: undefined }),
    ...approvalOf(params.approvalPolicy),
    ...(approvalsReviewer != null && { reviewer: reviewerOf(approvalsReviewer) }),
    ...(collaborationMode != null && modeSettings(collaborationMode)),
    ...(overrides.length > 0 && { overrides }),
  };
}

function modeSettings({
  mode,
  settings,
}: NonNullable<TurnStartParams["collaborationMode"]>): Pick<
  ThreadSettings,
  "collaborationMode" | "model" | "reasoningEffort" | "modeInstructions"
> {
  return {
    collaborationMode: mode,
    model: settings.model,
    reasoningEffort: settings.reasoning_effort ?? null,
    modeInstructions: settings.developer_instructions ?? null,
  };
}

function sandboxOf(policy: SandboxPolicy): SandboxMode {
  switch (policy.type) {
    case "readOnly":
      return "read-only";
    case "workspaceWrite":
      return "workspace-write";
    case "dangerFullAccess":
    case "externalSandbox":
      return "danger-full-access";
  }
}

function workspaceOf(policy: Extract<SandboxPolicy, { type: "workspaceWrite" }>): [string, unknown][] {
  const { writableRoots, networkAccess, excludeTmpdirEnvVar, excludeSlashTmp } = policy;
  return Object.entries({
    writable_roots: writableRoots ?? [],
    network_access: networkAccess ?? false,
    exclude_tmpdir_env_var: excludeTmpdirEnvVar ?? false,
    exclude_slash_tmp: excludeSlashTmp ?? false,
  }).map(([key, value]) => [`sandbox_workspace_write.${key}`, value]);
}

export function wireSandbox(permissions: Permissions): SandboxPolicy {
  switch (permissions.sandbox) {
    case "read-only":
      return { type: "readOnly", networkAccess: false };
    case "workspace-write":
      return {
        type: "workspaceWrite",
        writableRoots: [...permissions.writableRoots],
        networkAccess: permissions.networkAccess,
        excludeTmpdirEnvVar: permissions.excludeTmpdir,
        excludeSlashTmp: permissions.excludeSlashTmp,
      };
    case "danger-full-access":
      return { type: "dangerFullAccess" };
  }
}

export function wireApproval({ approvalPolicy, granular }: Permissions): AskForApproval {
  if (approvalPolicy === "granular" && granular !== undefined) return { granular: { ...granular } };
  return approvalPolicy === "never" || approvalPolicy === "untrusted" ? approvalPolicy : "on-request";
}

const wireProfile = (info: ThreadInfo): ThreadStartResponse["activePermissionProfile"] =>
  info.permissionProfile === null ? null : { id: info.permissionProfile, extends: null };

export const wireMode = (info: ThreadInfo): NonNullable<TurnStartParams["collaborationMode"]> => ({
  mode: info.collaborationMode,
  settings: {
    model: info.model,
    reasoning_effort: info.reasoningEffort,
    developer_instructions: info.modeInstructions,
  },
});

/** What `thread/start`, `thread/resume` and `thread/fork` answer beside the thread. */
export function wireSettings(
  info: ThreadInfo,
  instructionSources: readonly string[],
): Omit<ThreadStartResponse, "thread"> {
  return {
    model: info.model,
    modelProvider: info.provider,
    serviceTier: info.serviceTier,
    disabledPluginIds: [],
    cwd: info.cwd,
    runtimeWorkspaceRoots: [info.cwd],
    instructionSources: [...instructionSources],
    approvalPolicy: wireApproval(info.permissions),
    approvalsReviewer: info.permissions.reviewer ?? "user",
    sandbox: wireSandbox(info.permissions),
    activePermissionProfile: wireProfile(info),
    reasoningEffort: info.reasoningEffort,
    multiAgentMode: "explicitRequestOnly",
  };
}

/** The settings alone, as clients are told of changes. */
export function wireThreadSettings(info: ThreadInfo): WireThreadSettings {
  const { cwd } = info;
  return {
    disabledPluginIds: [],
    cwd,
    environments: [{ environmentId: "local", cwd, runtimeWorkspaceRoots: [cwd] }],
    approvalPolicy: wireApproval(info.permissions),
    approvalsReviewer: info.permissions.reviewer ?? "user",
    sandboxPolicy: wireSandbox(info.permissions),
    activePermissionProfile: wireProfile(info),
    model: info.model,
    modelProvider: info.provider,
    serviceTier: info.serviceTier,
    effort: info.reasoningEffort,
    summary: info.reasoningSummary as WireThreadSettings["summary"],
    collaborationMode: wireMode(info),
    multiAgentMode: "explicitRequestOnly",
    personality: info.personality as WireThreadSettings["personality"],
  };
}
