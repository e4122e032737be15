import type { RequestIdentity } from "../model/model-client.ts";
import type { Permissions } from "../protocol/permissions.ts";
import type { Workspace } from "./workspace.ts";

export interface IdentityFacts {
  installationId: string;
  threadId: string;
  contextWindowId: string;
  historyInitialization: "new" | "cold_resume" | "cold_fork" | "warm_fork";
  forkedFromId: string | null;
  forkedFromOrdinal: number | null;
  threadSource: string;
  permissions: Permissions;
  model: string;
  effort: string | null;
  workspace: Workspace | null;
}

/** The ids of a request and the description of its turn, keys in Codex's order. */
export function requestIdentity(
  facts: IdentityFacts,
  turn: { turnId: string; startedAtMs: number; windowNumber: number; trigger: string },
): RequestIdentity {
  const { threadId, workspace, permissions } = facts;
  const windowId = `${threadId}:${turn.windowNumber}`;
  return {
    installationId: facts.installationId,
    sessionId: threadId,
    threadId,
    turnId: turn.turnId,
    rootTurnId: turn.turnId,
    windowId,
    metadata: {
      installation_id: facts.installationId,
      session_id: threadId,
      thread_id: threadId,
      agent_name: "/root",
      turn_id: turn.turnId,
      window_id: windowId,
      window_number: turn.windowNumber,
      context_window_id: facts.contextWindowId,
      request_kind: "turn",
      history_initialization: facts.historyInitialization,
      ...(facts.forkedFromId !== null && { forked_from_thread_id: facts.forkedFromId }),
      ...(facts.forkedFromOrdinal !== null && { forked_from_ordinal_exclusive: facts.forkedFromOrdinal }),
      root_turn_id: turn.turnId,
      thread_source: facts.threadSource,
      turn_trigger: turn.trigger,
      sandbox: permissions.sandbox === "danger-full-access" ? "none" : "seccomp",
      sandbox_mode: permissions.sandbox,
      auto_review_enabled: false,
      node_repl_auto_review_required: false,
      node_repl_disabled: false,
      ...(workspace !== null && { workspaces: { [workspace.root]: describe(workspace) } }),
      turn_started_at_unix_ms: turn.startedAtMs,
      analytics_enabled: true,
      model: facts.model,
      ...(facts.effort !== null && { reasoning_effort: facts.effort }),
    },
  };
}

const describe = ({ git, hasChanges, remotes }: Workspace): Record<string, unknown> => ({
  ...(Object.keys(remotes).length > 0 && { associated_remote_urls: remotes }),
  ...(git.commitHash !== undefined && { latest_git_commit_hash: git.commitHash }),
  ...(hasChanges !== null && { has_changes: hasChanges }),
});
