import type { Thread, Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { ThreadInfo } from "../../../protocol/methods.ts";
import type { StoredTurn, ThreadSummary } from "../../../protocol/threads.ts";
import type { ThreadNotes } from "../../../protocol/desk.ts";
import { storedErrorInfo } from "./errors.ts";
import { wireItem } from "./items.ts";

export type ThreadStatus = Thread["status"];

/** What is known of a thread beyond its summary; nulls of one that is not loaded. */
export interface ThreadState {
  readonly status: ThreadStatus;
  readonly model: string | null;
  readonly reasoningEffort: string | null;
  /** Where it works by now, where that is not where it began. */
  readonly cwd?: string;
  readonly turns?: Turn[];
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);

export const notLoaded: ThreadState = { status: { type: "notLoaded" }, model: null, reasoningEffort: null };

export const liveState = (info: ThreadInfo, status: ThreadStatus): ThreadState => ({
  status,
  model: info.model,
  reasoningEffort: info.reasoningEffort,
  cwd: info.cwd,
});

export function wireThread(thread: ThreadSummary, state: ThreadState, notes: ThreadNotes | null = null): Thread {
  const { origin } = thread;
  const loaded = state.status.type !== "notLoaded";
  const cwd = state.cwd ?? thread.cwd;
  return {
    id: thread.id,
    environments: loaded ? [{ environmentId: "local", cwd, runtimeWorkspaceRoots: [cwd] }] : null,
    extra: null,
    sessionId: origin.sessionId,
    forkedFromId: origin.forkedFromId,
    attachedToThreadId: null,
    parentThreadId: origin.parentThreadId,
    preview: thread.preview,
    ephemeral: thread.path === null,
    section: (notes?.section as Thread["section"]) ?? null,
    sectionEnteredAt: notes?.sectionEnteredAtMs == null ? null : seconds(notes.sectionEnteredAtMs),
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
    canAcceptDirectInput: loaded ? true : null,
    threadSource: origin.threadSource,
    agentNickname: origin.agent?.nickname ?? null,
    agentRole: origin.agent?.role ?? null,
    gitInfo: gitOf(origin.git, notes?.git ?? null),
    name: thread.name,
    daybreakEnabled: notes?.daybreak ?? null,
    turns: state.turns ?? [],
  };
}

/** A repository without a commit has nothing to tell. */
function gitOf(git: ThreadSummary["origin"]["git"], noted: ThreadNotes["git"]): Thread["gitInfo"] {
  const stored = git?.commitHash === undefined ? null : git;
  if (stored === null && noted === null) return null;
  const { sha, branch, originUrl } = noted ?? {};
  return {
    sha: sha === undefined ? (stored?.commitHash ?? null) : sha,
    branch: branch === undefined ? (stored?.branch ?? null) : branch,
    originUrl: originUrl === undefined ? (stored?.repositoryUrl ?? null) : originUrl,
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
  const { startedAtMs, completedAtMs, error } = turn;
  return {
    id: turn.id,
    rootTurnId: turn.rootTurnId,
    items: turn.items.map((item, at) => wireItem(item, turn.times[at] ?? { startedAtMs: null, completedAtMs: null })),
    itemsView: "full",
    status: statuses[turn.status],
    error: error && {
      message: error.message,
      codexErrorInfo: storedErrorInfo(error.word),
      additionalDetails: null,
      misalignment: null,
    },
    startedAt: startedAtMs === null ? null : seconds(startedAtMs),
    completedAt: completedAtMs === null ? null : seconds(completedAtMs),
    durationMs: turn.durationMs,
  };
}

/** Of a turn's items, those that were asked for: `summary` are its first words and its last. */
export function viewOf(turn: Turn, view: Turn["itemsView"]): Turn {
  if (view === "full") return turn;
  if (view === "notLoaded") return { ...turn, items: [], itemsView: "notLoaded" };
  const first = turn.items.find(({ type }) => type === "userMessage");
  const last = turn.items.findLast(({ type }) => type === "agentMessage");
  return { ...turn, items: [first, last].filter((item) => item !== undefined), itemsView: "summary" };
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
