import type { Notification } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { AgentEvent } from "../../../protocol/events.ts";
import { fallbackText } from "../../../protocol/retries.ts";
import { wireItem } from "../words/items.ts";
import { acceptedTurn } from "../words/threads.ts";
import { wireLimits } from "../words/limits.ts";
import { wireUsage } from "../words/usage.ts";
import { approvalReview } from "./approval-review.ts";
import type { ThreadFeed } from "./thread-feed.ts";

const planWords = { pending: "pending", in_progress: "inProgress", completed: "completed" } as const;

/** What clients are told of an event, in order. Turns' ends and questions are told of by the feed itself. */
export function translate(event: AgentEvent, feed: ThreadFeed): Notification[] {
  const { threadId } = feed;
  switch (event.type) {
    case "turn.started": {
      const turn = feed.turn?.accepted ?? acceptedTurn(event.turnId);
      return [{ method: "turn/started", params: { threadId, turn } }];
    }
    case "item.started": {
      const item = wireItem(event.item, { startedAtMs: event.atMs, completedAtMs: null });
      turnOf(event, feed)?.keep(structuredClone(item));
      return [{ method: "item/started", params: { item, threadId, turnId: event.turnId, startedAtMs: event.atMs } }];
    }
    case "item.completed": {
      const { turnId, startedAtMs, atMs } = event;
      const item = wireItem(event.item, { startedAtMs, completedAtMs: atMs });
      turnOf(event, feed)?.keep(item);
      return [
        { method: "item/completed", params: { item, threadId, turnId, contentTokenCount: null, completedAtMs: atMs } },
      ];
    }
    case "message.delta": {
      const { turnId, itemId, delta } = event;
      feed.turn?.addText(itemId, delta);
      return [{ method: "item/agentMessage/delta", params: { threadId, turnId, itemId, delta } }];
    }
    case "plan.delta": {
      const { turnId, itemId, delta } = event;
      feed.turn?.addText(itemId, delta);
      return [{ method: "item/plan/delta", params: { threadId, turnId, itemId, delta } }];
    }
    case "reasoning.delta":
      return reasoning(event, feed);
    case "command.output": {
      const { turnId, itemId, delta } = event;
      return [{ method: "item/commandExecution/outputDelta", params: { threadId, turnId, itemId, delta } }];
    }
    case "command.input": {
      const { turnId, itemId, processId, text: stdin } = event;
      const params = { threadId, turnId, itemId, processId, stdin };
      return [{ method: "item/commandExecution/terminalInteraction", params }];
    }
    case "plan.updated": {
      const plan = event.plan.map(({ step, status }) => ({ step, status: planWords[status] }));
      const { turnId, explanation } = event;
      return [{ method: "turn/plan/updated", params: { threadId, turnId, explanation, plan } }];
    }
    case "usage.updated": {
      const tokenUsage = wireUsage(event.total, event.last, event.contextWindow);
      return [{ method: "thread/tokenUsage/updated", params: { threadId, turnId: event.turnId, tokenUsage } }];
    }
    case "limits.updated":
      return [{ method: "account/rateLimits/updated", params: { rateLimits: wireLimits(event.limits) } }];
    case "model.rerouted": {
      const { turnId, from: fromModel, to: toModel } = event;
      // The one reason that the protocol has a word for.
      const params = { threadId, turnId, fromModel, toModel, reason: "highRiskCyberActivity" as const };
      return [{ method: "model/rerouted", params }];
    }
    case "retry.scheduled": {
      const error = {
        message: `Reconnecting... ${event.attempt}/${event.maxAttempts}`,
        codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
        additionalDetails: event.cause,
        misalignment: null,
      };
      return [{ method: "error", params: { error, willRetry: true, threadId, turnId: event.turnId } }];
    }
    case "goal.updated":
      return [{ method: "thread/goal/updated", params: { threadId, turnId: event.turnId, goal: event.goal } }];
    case "goal.cleared":
      return [{ method: "thread/goal/cleared", params: { threadId } }];
    case "hook.started":
      return [{ method: "hook/started", params: { threadId, turnId: event.turnId, run: event.run } }];
    case "hook.completed":
      return [{ method: "hook/completed", params: { threadId, turnId: event.turnId, run: event.run } }];
    case "mcp.changed": {
      const { server: name, state: status, failure } = event;
      const error =
        failure === null ? null : `MCP client for \`${name}\` failed to start: MCP startup failed: ${failure}`;
      return [
        { method: "mcpServer/startupStatus/updated", params: { threadId, name, status, error, failureReason: null } },
      ];
    }
    case "review.started":
    case "review.completed":
      return approvalReview(event, feed.info.cwd);
    case "model.fell_back":
      return [{ method: "warning", params: { threadId, message: fallbackText(event) } }];
    case "warning":
      return [{ method: "warning", params: { threadId, message: event.message } }];
    default:
      return [];
  }
}

/** The running turn, where it is this one: commands end in later ones. */
const turnOf = ({ turnId }: { turnId: string }, { turn }: ThreadFeed): ThreadFeed["turn"] =>
  turn?.id === turnId ? turn : null;

function reasoning(event: Extract<AgentEvent, { type: "reasoning.delta" }>, feed: ThreadFeed): Notification[] {
  const { threadId, turnId, itemId, delta, index } = event;
  const place = { threadId, turnId, itemId };
  if (event.part === "content") {
    return [{ method: "item/reasoning/textDelta", params: { ...place, delta, contentIndex: index } }];
  }
  const text: Notification = {
    method: "item/reasoning/summaryTextDelta",
    params: { ...place, delta, summaryIndex: index },
  };
  if (feed.turn?.beginsPart(itemId, index) !== true) return [text];
  return [{ method: "item/reasoning/summaryPartAdded", params: { ...place, summaryIndex: index } }, text];
}
