import type { Thread, Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { ThreadInfo } from "../../../protocol/methods.ts";
import type { StoredTurn, ThreadSummary } from "../../../protocol/threads.ts";
import { wireItem } from "./items.ts";

export type ThreadStatus = Thread["status"];

/** What is known of a thread beyond its summary; nulls of one that is not loaded. */
export interface ThreadState {
  readonly status: ThreadStatus;
  readonly model: string | null;
  readonly reasoningEffort: string | null;
  readonly turns?: Turn[];
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);

export const notLoaded: ThreadState = { status: { type: "notLoaded" }, model: null, reasoningEffort: null };

export const liveState = (info: ThreadInfo, status: ThreadStatus): ThreadState => ({
  status,
  model: info.model,
  reasoningEffort: info.reasoningEffort,
});

export function wireThread(thread: ThreadSummary, state: ThreadState): Thread {
  const { origin, cwd } = thread;
  const { git } = origin;
  return {
    id: thread.id,
    environments: [{ environmentId: "local", cwd, runtimeWorkspaceRoots: [cwd] }],
    extra: null,
    sessionId: origin.sessionId,
    forkedFromId: origin.forkedFromId,
    attachedToThreadId: null,
    parentThreadId: origin.parentThreadId,
    preview: thread.preview,
    ephemeral: thread.path === null,
    section: null,
    sectionEnteredAt: null,
    projectId: null,
    historyMode: origin.legacy ? "legacy" : "paginated",
    modelProvider: thread.modelProvider ?? "",
    model: state.model,
    reasoningEffort: state.reasoningEffort,
    createdAt: seconds(thread.createdAtMs),
    updatedAt: seconds(thread.updatedAtMs),
    recencyAt: seconds(thread.updatedAtMs),
    status: state.status,
    path: thread.path,
    cwd,
    cliVersion: origin.version,
    originator: origin.originator,
    source: sourceOf(origin.source),
    canAcceptDirectInput: true,
    threadSource: origin.threadSource,
    agentNickname: origin.agent?.nickname ?? null,
    agentRole: origin.agent?.role ?? null,
    gitInfo: git && {
      sha: git.commitHash ?? null,
      branch: git.branch ?? null,
      originUrl: git.repositoryUrl ?? null,
    },
    name: thread.name,
    daybreakEnabled: null,
    turns: state.turns ?? [],
  };
}

const sourceWords: readonly unknown[] = ["cli", "vscode", "exec", "appServer"];

/** Rollouts say `{ subagent }` where the wire says `{ subAgent }`. */
function sourceOf(source: unknown): Thread["source"] {
  if (sourceWords.includes(source)) return source as Thread["source"];
  if (typeof source === "object" && source !== null && "subagent" in source) {
    return { subAgent: source.subagent } as Thread["source"];
  }
  return "unknown";
}

const statuses: Record<StoredTurn["status"], Turn["status"]> = {
  completed: "completed",
  interrupted: "interrupted",
  failed: "failed",
  // Whoever ran it is gone, or another process runs it.
  unfinished: "interrupted",
};

/** A turn as the journal has it. */
export function storedTurn(turn: StoredTurn): Turn {
  const { startedAtMs, completedAtMs } = turn;
  return {
    id: turn.id,
    rootTurnId: turn.id,
    items: turn.items.map((item) => wireItem(item, { startedAtMs: null, completedAtMs: null })),
    itemsView: "full",
    status: statuses[turn.status],
    error: null,
    startedAt: startedAtMs === null ? null : seconds(startedAtMs),
    completedAt: completedAtMs === null ? null : seconds(completedAtMs),
    durationMs: startedAtMs === null || completedAtMs === null ? null : completedAtMs - startedAtMs,
  };
}

/** A turn that was taken on, before anything of it is told. */
export const acceptedTurn = (id: string, startedAtMs: number | null = null): Turn => ({
  id,
  rootTurnId: id,
  items: [],
  itemsView: "notLoaded",
  status: "inProgress",
  error: null,
  startedAt: startedAtMs === null ? null : seconds(startedAtMs),
  completedAt: null,
  durationMs: null,
});
