import type { AgentEvent } from "../protocol/events.ts";
import type { ErrorInfo } from "../protocol/errors.ts";
import type { AgentMessage, ThreadItem } from "../protocol/items.ts";
import { noUsage, type TokenUsage } from "../protocol/usage.ts";

/** What became of a turn. */
export interface TurnResult {
  turnId: string;
  sessionId: string;
  status: "completed" | "interrupted" | "error";
  /** The last message of the model; of a turn that was stopped, what there was of it. */
  text: string;
  /** Everything that was said and done, in the order in which it ended. */
  items: ThreadItem[];
  messages: AgentMessage[];
  toolCalls: ThreadItem[];
  /** Of this turn alone. */
  usage: TokenUsage;
  /** Requests to the model that were answered. */
  steps: number;
  durationMs: number;
  /** Calls that were refused, and why. */
  deniedActions: { callId: string; tool: string; message: string }[];
  error?: ErrorInfo;
  /** The answer as `outputSchema` says, where that was given and the answer fits. */
  output?: unknown;
}

const calls = new Set<ThreadItem["type"]>([
  "commandExecution",
  "fileChange",
  "mcpToolCall",
  "toolCall",
  "collabToolCall",
  "webSearch",
  "imageView",
]);

type TurnEnd = Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>;

export const isTurnEnd = (event: AgentEvent): event is TurnEnd =>
  event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted";

/** Gathers what happens in a turn until it has ended. */
export class TurnStory {
  readonly #items: ThreadItem[] = [];
  readonly #denied: TurnResult["deniedActions"] = [];
  #partial = "";
  #usage: TokenUsage = { ...noUsage };
  #steps = 0;

  accept(event: AgentEvent): void {
    switch (event.type) {
      case "item.started":
        if (event.item.type === "agentMessage") this.#partial = "";
        return;
      case "message.delta":
        this.#partial += event.delta;
        return;
      case "item.completed":
        this.#items.push(event.item);
        return;
      case "call.rejected":
        this.#denied.push({ callId: event.callId, tool: event.tool, message: event.message });
        return;
      case "usage.updated":
        this.#steps++;
        this.#usage = added(this.#usage, event.last);
    }
  }

  result(end: TurnEnd): TurnResult {
    const messages = this.#items.filter((item) => item.type === "agentMessage");
    const said = end.type === "turn.completed" ? end.lastMessage : (messages.at(-1)?.text ?? this.#partial);
    return {
      turnId: end.turnId,
      sessionId: end.threadId,
      status: end.type === "turn.completed" ? "completed" : end.type === "turn.failed" ? "error" : "interrupted",
      text: said ?? "",
      items: this.#items,
      messages,
      toolCalls: this.#items.filter(({ type }) => calls.has(type)),
      usage: this.#usage,
      steps: this.#steps,
      durationMs: end.durationMs,
      deniedActions: this.#denied,
      ...(end.type === "turn.failed" && { error: end.error }),
      ...(end.type === "turn.interrupted" && { error: { code: "interrupted" as const, message: end.reason } }),
    };
  }
}

function added(sum: TokenUsage, more: TokenUsage): TokenUsage {
  const keys = Object.keys(sum) as (keyof TokenUsage)[];
  return Object.fromEntries(keys.map((key) => [key, sum[key] + more[key]])) as unknown as TokenUsage;
}
