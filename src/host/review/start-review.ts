import type { Config } from "../../config/config.ts";
import { AgentTree } from "../../kernel/agents/agent-tree.ts";
import type { ReviewEnd, ReviewWork } from "../../kernel/review/review-turn.ts";
import type { Thread } from "../../kernel/thread.ts";
import { reportOf, reviewText } from "../../protocol/codex-0.169/rollout-review.ts";
import { errorInfo } from "../../protocol/errors.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { AgentOrigin } from "../../protocol/agents.ts";
import type { ReviewTarget } from "../../protocol/review.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import { gitOf } from "../git.ts";
import { agentLimits } from "../parts/agent-settings.ts";
import type { Inherited } from "../parts/part.ts";
import type { LiveThread } from "../thread/live-thread.ts";
import { reviewerPrompt } from "./prompts.ts";
import { labelOf, requestOf } from "./target.ts";

/** The thread whose user has something reviewed. */
export interface ReviewPlace {
  readonly thread: Thread;
  readonly config: Config;
  readonly model: string;
  /** Null for a thread that is not a sub-agent's. */
  readonly agent: AgentOrigin | null;
  readonly system: System;
  readonly ids: Ids;
  /** Opens the reviewer's thread; `hear` alone hears of it. */
  open(inherited: Inherited, hear: (event: AgentEvent) => void): Promise<LiveThread>;
}

/** Begins a review in a turn of its own. @throws AgentError `usage` for a target that names nothing. */
export function startReview(target: ReviewTarget, place: ReviewPlace): { turnId: string; label: string } {
  const label = labelOf(target);
  const work: ReviewWork = { target, label, run: (turn) => lookThrough(target, place, turn) };
  return { turnId: place.thread.review(work).turnId, label };
}

async function lookThrough(
  target: ReviewTarget,
  place: ReviewPlace,
  { turnId, signal, tell }: Parameters<ReviewWork["run"]>[0],
): Promise<ReviewEnd> {
  const { config, system, thread } = place;
  let live: LiveThread | null = null;
  try {
    const git = gitOf(config.cwd, system, config.projectRoot === null ? [] : [config.projectRoot]);
    const text = await requestOf(target, git);
    const ended = Promise.withResolvers<ReviewEnd>();
    const told = relayed({ threadId: thread.id, turnId }, tell);
    live = await place.open(reviewerOf(place), (event) => {
      told(event);
      if (event.type === "turn.completed") {
        const report = reportOf(event.lastMessage ?? "");
        ended.resolve({ type: "found", report, text: reviewText(report) });
      } else if (event.type === "turn.failed") ended.resolve({ type: "failed", error: event.error });
      else if (event.type === "turn.interrupted") ended.resolve({ type: "interrupted", reason: event.reason });
    });
    const reviewer = live.thread;
    const stop = (): void => {
      if (reviewer.activeTurn !== null) reviewer.interrupt({ reason: "the review was interrupted" });
    };
    signal.addEventListener("abort", stop, { once: true });
    const origin = { parentTurnId: turnId, rootTurnId: turnId, initiator: null };
    reviewer.submit(live.input([{ type: "text", text }]), { origin, trigger: null });
    if (signal.aborted) stop();
    const end = await ended.promise.finally(() => signal.removeEventListener("abort", stop));
    return end.type === "interrupted" ? { ...end, reason: reasonOf(signal) ?? end.reason } : end;
  } catch (error) {
    return { type: "failed", error: errorInfo(error) };
  } finally {
    await live?.close();
  }
}

const reasonOf = ({ reason }: AbortSignal): string | null => (reason instanceof Error ? reason.message : null);

/** A thread of its own that looks and asks nobody: no agents, no goals, no search, no servers. */
function reviewerOf({ thread, config, model, agent, ids, system }: ReviewPlace): Inherited {
  const { mode: _mode, ...permissions } = config.permissions;
  const { mcp_servers: _servers, ...settings } = config.settings;
  const chosen = config.settings["review_model"];
  return {
    config: {
      ...config,
      settings,
      model: typeof chosen === "string" ? chosen : model,
      features: { ...config.features, goals: false, multi_agent: false },
      webSearch: "disabled",
      notify: [],
      modelInstructions: reviewerPrompt,
      collaborationMode: "default",
      permissions: { ...permissions, approvalPolicy: "never" },
    },
    tree: new AgentTree(agentLimits(config, "id"), system.random),
    born: {
      threadId: ids.uuid(),
      windowId: null,
      seed: null,
      origin: {
        kind: "review",
        parentThreadId: thread.id,
        sessionId: agent?.sessionId ?? thread.id,
        depth: (agent?.depth ?? 0) + 1,
        path: null,
        nickname: "",
        role: null,
        version: "v1",
      },
    },
  };
}

/** What the reviewer does is told as the doing of the turn that waits for it; what it says is told by its end alone. */
function relayed(
  place: { threadId: string; turnId: string },
  tell: (event: AgentEvent) => void,
): (event: AgentEvent) => void {
  return (event) => {
    switch (event.type) {
      case "item.started":
      case "item.completed":
        if (event.item.type !== "agentMessage") tell({ ...event, ...place });
        return;
      case "command.output":
      case "reasoning.delta":
      case "plan.updated":
      case "retry.scheduled":
      case "model.fell_back":
        return tell({ ...event, ...place });
      case "warning":
        return tell({ ...event, threadId: place.threadId });
    }
  };
}
