import type { AgentOrigin, TurnOrigin } from "../../protocol/agents.ts";
import type { CompactionCause } from "../../kernel/compaction-due.ts";
import type { RequestIdentity } from "../../model/model-client.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import type { Workspace } from "../workspace.ts";

export interface IdentityFacts {
  installationId: string;
  threadId: string;
  contextWindowId: string;
  historyInitialization: "new" | "cold_resume" | "cold_fork" | "warm_fork";
  forkedFromId: string | null;
  forkedFromOrdinal: number | null;
  /** Null: nothing is said of it. */
  threadSource: string | null;
  /** Null for a thread that is not a sub-agent's. */
  agent: AgentOrigin | null;
  permissions: Permissions;
  model: string;
  /** As the catalog says. */
  autoReviewRequired: boolean;
  effort: string | null;
  workspace: Workspace | null;
}

/** The ids of a request and the description of its turn, keys in Codex's order. */
export function requestIdentity(
  facts: IdentityFacts,
  turn: {
    turnId: string;
    startedAtMs: number;
    windowNumber: number;
    windowId?: string | null;
    compaction?: CompactionCause;
    trigger: string | null;
    origin: TurnOrigin | null;
    metadata?: Readonly<Record<string, string>>;
  },
): RequestIdentity {
  const { threadId, workspace, permissions, agent } = facts;
  const sessionId = agent?.sessionId ?? threadId;
  const rootTurnId = turn.origin?.rootTurnId ?? turn.turnId;
  const parentTurnId = turn.origin?.parentTurnId ?? null;
  const windowId = `${threadId}:${turn.windowNumber}`;
  const own = {
    installation_id: facts.installationId,
    session_id: sessionId,
    thread_id: threadId,
    agent_name: agent?.path ?? "/root",
    turn_id: turn.turnId,
    window_id: windowId,
    window_number: turn.windowNumber,
    context_window_id: turn.windowId ?? facts.contextWindowId,
    request_kind: turn.compaction === undefined ? "turn" : "compaction",
    history_initialization: facts.historyInitialization,
    ...(facts.forkedFromId !== null && { forked_from_thread_id: facts.forkedFromId }),
    ...(facts.forkedFromOrdinal !== null && { forked_from_ordinal_exclusive: facts.forkedFromOrdinal }),
    ...(agent !== null && { parent_thread_id: agent.parentThreadId }),
    ...(parentTurnId !== null && { parent_turn_id: parentTurnId }),
    root_turn_id: rootTurnId,
    ...(agent !== null && { subagent_kind: agent.kind ?? "thread_spawn" }),
    ...(facts.threadSource !== null && { thread_source: facts.threadSource }),
    ...(turn.trigger !== null && { turn_trigger: turn.trigger }),
    sandbox: permissions.sandbox === "danger-full-access" ? "none" : "seccomp",
    sandbox_mode: permissions.sandbox,
    auto_review_enabled: permissions.reviewer === "auto_review" && permissions.approvalPolicy !== "never",
    node_repl_auto_review_required: facts.autoReviewRequired,
    node_repl_disabled: false,
    ...(workspace !== null && { workspaces: { [workspace.root]: describe(workspace) } }),
    turn_started_at_unix_ms: turn.startedAtMs,
    analytics_enabled: true,
    ...(turn.compaction === undefined
      ? { model: facts.model, ...(facts.effort !== null && { reasoning_effort: facts.effort }) }
      : { compaction: compactionFacts(turn.compaction) }),
  };
  return {
    installationId: facts.installationId,
    sessionId,
    threadId,
    turnId: turn.turnId,
    rootTurnId,
    windowId,
    ...(agent !== null && {
      agent: { kind: agent.kind ?? "collab_spawn", parentThreadId: agent.parentThreadId, parentTurnId },
    }),
    metadata: { ...turn.metadata, ...own },
  };
}

/** Codex knows no phase for a request that was refused as too long: it happens in a turn. */
const compactionFacts = ({ trigger, reason, phase }: CompactionCause): Record<string, string> => ({
  trigger,
  reason,
  implementation: "responses",
  phase: phase === "context_length_exceeded" ? "mid_turn" : phase,
  strategy: "memento",
});

const describe = ({ git, hasChanges, remotes }: Workspace): Record<string, unknown> => ({
  ...(Object.keys(remotes).length > 0 && { associated_remote_urls: remotes }),
  ...(git.commitHash !== undefined && { latest_git_commit_hash: git.commitHash }),
  ...(hasChanges !== null && { has_changes: hasChanges }),
});
