import type { SandboxPolicy } from "../../../protocol/codex-0.169/app-server/common.ts";
import type {
  ThreadForkParams,
  ThreadResumeParams,
  ThreadStartParams,
  ThreadStartResponse,
} from "../../../protocol/codex-0.169/app-server/threads.ts";
import type { TurnStartParams } from "../../../protocol/codex-0.169/app-server/turns.ts";
import type { AskForApproval } from "../../../protocol/codex-0.169/app-server/values.ts";
import type { ThreadInfo, ThreadOptions, ThreadSettings } from "../../../protocol/methods.ts";
import type { ApprovalPolicy, Permissions } from "../../../protocol/permissions.ts";
import type { ConfigFlags } from "../app-server.ts";

/** Settings of threads and turns, from the words of the app-server into ours and back. */

type OpenParams = ThreadStartParams | Omit<ThreadResumeParams, "threadId"> | Omit<ThreadForkParams, "threadId">;

export function optionsOf(params: OpenParams, flags: ConfigFlags = {}): ThreadOptions {
  const { cwd, model, sandbox } = params;
  const approvals = approvalOf(params.approvalPolicy);
  return {
    ...flags,
    ...(cwd != null && { cwd }),
    ...(model != null && { model }),
    ...(sandbox != null && { sandbox }),
    ...approvals,
    ...(params.approvalsReviewer != null && { reviewer: reviewerOf(params.approvalsReviewer) }),
    ...("ephemeral" in params && params.ephemeral === true && { ephemeral: true }),
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
  // Refused by the configuration, in a sentence of its own.
  if (typeof policy === "string") return { approvalPolicy: policy as ApprovalPolicy };
  return {};
}

/** What has no option of its own goes the way of `-c key=value`. */
function overridesOf(params: OpenParams): string[] {
  const { config, modelProvider, serviceTier, developerInstructions, approvalPolicy } = params;
  const given: [string, unknown][] = Object.entries(config ?? {});
  if (modelProvider != null) given.push(["model_provider", modelProvider]);
  if (serviceTier != null) given.push(["service_tier", serviceTier]);
  if (developerInstructions != null) given.push(["developer_instructions", developerInstructions]);
  if (typeof approvalPolicy === "object" && approvalPolicy !== null) given.push(["approval_policy", approvalPolicy]);
  return given.filter(([, value]) => value !== null).map(([key, value]) => `${key}=${tomlOf(value)}`);
}

/** A value of JSON as TOML writes it on one line. Nulls inside of it are left out: TOML has none. */
function tomlOf(value: unknown): string {
  if (Array.isArray(value))
    return `[${value
      .filter((each) => each !== null)
      .map(tomlOf)
      .join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
    return `{ ${members.map(([key, each]) => `${JSON.stringify(key)} = ${tomlOf(each)}`).join(", ")} }`;
  }
  return JSON.stringify(value);
}

/** What a turn asks to hold from it on. */
export function settingsOf(params: TurnStartParams): ThreadSettings {
  const { model, effort, sandboxPolicy, collaborationMode } = params;
  const approvals = approvalOf(params.approvalPolicy);
  return {
    ...(model != null && { model }),
    ...(effort != null && { reasoningEffort: effort }),
    ...(sandboxPolicy != null && sandboxOf(sandboxPolicy)),
    ...approvals,
    ...(collaborationMode != null && modeSettings(collaborationMode)),
  };
}

function modeSettings({
  mode,
  settings,
}: NonNullable<TurnStartParams["collaborationMode"]>): Pick<
  ThreadSettings,
  "collaborationMode" | "model" | "reasoningEffort"
> {
  return {
    collaborationMode: mode,
    model: settings.model,
    ...(settings.reasoning_effort !== null && { reasoningEffort: settings.reasoning_effort }),
  };
}

function sandboxOf(policy: SandboxPolicy): Pick<ThreadSettings, "sandbox"> {
  switch (policy.type) {
    case "readOnly":
      return { sandbox: "read-only" };
    case "workspaceWrite":
      return { sandbox: "workspace-write" };
    case "dangerFullAccess":
    case "externalSandbox":
      return { sandbox: "danger-full-access" };
  }
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

export const wireApproval = (permissions: Permissions): AskForApproval => {
  const { approvalPolicy } = permissions;
  return approvalPolicy === "never" ? "never" : "on-request";
};

/** What `thread/start`, `thread/resume` and `thread/fork` answer beside the thread. */
export function wireSettings(info: ThreadInfo): Omit<ThreadStartResponse, "thread"> {
  return {
    model: info.model,
    modelProvider: info.provider,
    serviceTier: null,
    disabledPluginIds: [],
    cwd: info.cwd,
    runtimeWorkspaceRoots: [info.cwd],
    instructionSources: [],
    approvalPolicy: wireApproval(info.permissions),
    approvalsReviewer: info.permissions.reviewer ?? "user",
    sandbox: wireSandbox(info.permissions),
    activePermissionProfile: null,
    reasoningEffort: info.reasoningEffort,
    multiAgentMode: "explicitRequestOnly",
  };
}
