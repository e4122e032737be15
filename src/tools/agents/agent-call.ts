import type { AgentStatus } from "../../protocol/agents.ts";
import type { CollabToolCall } from "../../protocol/items.ts";
import { CallError, type CallContext, type Effect, type PreparedCall, type ToolResult } from "../tool.ts";
import type { Agent } from "./desk.ts";

export const plain = (output: unknown): ToolResult => ({ output: JSON.stringify(output), ok: true, data: output });

/** A call that policy has no part in: what agents do is decided call by call, in their own threads. */
export function agentCall(effect: Effect, run: () => Promise<ToolResult>): PreparedCall {
  return {
    effect,
    action: { kind: "none" },
    refusal: ({ message }) => message,
    async run() {
      try {
        return await run();
      } catch (error) {
        if (error instanceof CallError) return { output: error.message, ok: false };
        throw error;
      }
    },
  };
}

type Receiver = CollabToolCall["receivers"][number];
export type CollabCall = Pick<CollabToolCall, "tool" | "prompt" | "model" | "reasoningEffort">;

export const receiverOf = (agent: Agent): Receiver => ({
  threadId: agent.threadId,
  nickname: agent.nickname,
  role: agent.role,
});
export const unknownReceiver = (threadId: string): Receiver => ({ threadId, nickname: null, role: null });

const isFailure = (status: AgentStatus): boolean =>
  status === "not_found" || (typeof status === "object" && "errored" in status);

/** The item of a call that concerns agents: told at once, and in every case when the call ends. */
export class CollabItem {
  readonly #context: CallContext;
  readonly #item: CollabToolCall;
  #open = true;

  constructor(context: CallContext, call: CollabCall, receivers: Receiver[]) {
    this.#context = context;
    this.#item = {
      type: "collabToolCall",
      id: context.callId,
      status: "inProgress",
      senderThreadId: context.threadId,
      receivers,
      agentStates: {},
      ...call,
    };
    context.items.started(this.#item);
  }

  /** Failed when an agent is missing or ended with an error. */
  end(states: Record<string, AgentStatus>, receivers = this.#item.receivers): void {
    const failed = Object.values(states).some(isFailure);
    this.#complete({ status: failed ? "failed" : "completed", agentStates: states, receivers });
  }

  fail(): void {
    this.#complete({ status: "failed" });
  }

  #complete(change: Partial<CollabToolCall>): void {
    if (!this.#open) return;
    this.#open = false;
    this.#context.items.completed({ ...this.#item, ...change });
  }
}
