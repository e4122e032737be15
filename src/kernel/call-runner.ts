import type { Clock } from "../system/ports.ts";
import { messageOf } from "../protocol/errors.ts";
import { calledName, type ToolCallItem, type ToolCallOutputItem } from "../protocol/response-items.ts";
import type { Decision } from "../policy/action.ts";
import { clipOutput } from "../tools/output-limit.ts";
import {
  CallError,
  type CallContext,
  type Effect,
  type PreparedCall,
  type Tool,
  type ToolResult,
} from "../tools/tool.ts";
import { CallGate } from "./call-gate.ts";
import { answer } from "./history.ts";
import { abortedCall } from "./context/prompts.ts";

export interface CallPorts {
  clock: Clock;
  /** Tokens that any output may have in the history, whatever its tool let through. */
  historyTokens: number;
  newId(): string;
  findTool(call: ToolCallItem): Tool | null;
  contextFor(call: ToolCallItem): CallContext;
  decide(prepared: PreparedCall, call: ToolCallItem): Promise<Decision>;
  /** The user stopped the turn instead of answering. */
  cancelled(): void;
  /** The call is about to run; resolves when that is kept. */
  began(call: ToolCallItem, effect: Effect): Promise<void>;
  /** The call was refused or could not be made; the model reads `message`. */
  rejected(call: ToolCallItem, message: string): void;
  /** The call has its output, which must be kept before anything else is told. */
  ended(output: ToolCallOutputItem): void;
}

type Outcome = Omit<ToolResult, "ok">;

/** What the tool reads: JSON text, or what a custom tool takes as it is. */
function callInput(call: ToolCallItem): string {
  if (call.type === "custom_tool_call") return call.input;
  return call.type === "function_call" ? call.arguments : JSON.stringify(call.arguments ?? null);
}

/**
 * Runs the calls of one response. Each starts as soon as it is known, those that may run beside others do, and every
 * one gets exactly one output, also when the turn is interrupted or its tool throws.
 */
export class CallRunner {
  readonly #ports: CallPorts;
  readonly #signal: AbortSignal;
  readonly #gate = new CallGate();
  readonly #calls: Promise<ToolCallOutputItem>[] = [];
  readonly #ended: ToolCallOutputItem[] = [];
  #running = 0;
  #fault: { error: unknown } | null = null;

  constructor(ports: CallPorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#signal = signal;
  }

  get count(): number {
    return this.#calls.length;
  }

  /** What kept a call or its output from being journaled; the turn cannot go on then. */
  get fault(): { error: unknown } | null {
    return this.#fault;
  }

  get running(): number {
    return this.#running;
  }

  start(call: ToolCallItem): void {
    this.#running++;
    this.#calls.push(
      this.#run(call).then(({ output, data }) => {
        const item = answer(call, output, this.#ports.newId, Array.isArray(data) ? data : []);
        this.#running--;
        this.#ended.push(item);
        try {
          this.#ports.ended(item);
        } catch (error) {
          this.#fault ??= { error };
        }
        return item;
      }),
    );
  }

  /**
   * The outputs of all calls in the order of the calls, once the last has ended. Never rejects. Calls that share an id
   * have theirs in the order of their ends: so they are journaled, and so they are read again.
   */
  async outputs(): Promise<ToolCallOutputItem[]> {
    const items = await Promise.all(this.#calls);
    const left = [...this.#ended];
    return items.flatMap(({ call_id: id }) =>
      left.splice(
        left.findIndex((item) => item.call_id === id),
        1,
      ),
    );
  }

  async #run(call: ToolCallItem): Promise<Outcome> {
    const begun = this.#ports.clock.monotonic();
    const aborted = new Promise<Outcome>((resolve) => {
      const stop = (): void => resolve({ output: abortedCall((this.#ports.clock.monotonic() - begun) / 1000) });
      if (this.#signal.aborted) stop();
      else this.#signal.addEventListener("abort", stop, { once: true });
    });
    const outcome = await Promise.race([this.#perform(call), aborted]);
    return { ...outcome, output: clipOutput(outcome.output, this.#ports.historyTokens) };
  }

  async #perform(call: ToolCallItem): Promise<Outcome> {
    const name = call.type === "function_call" ? `${call.namespace ?? ""}${call.name}` : calledName(call);
    const tool = this.#ports.findTool(call);
    if (tool === null || (tool.spec.type === "custom") !== (call.type === "custom_tool_call")) {
      const kind = call.type === "custom_tool_call" ? "custom tool call" : "call";
      return { output: this.#reject(call, `unsupported ${kind}: ${name}`) };
    }
    const leave = await this.#gate.enter(!tool.parallel);
    try {
      if (this.#signal.aborted) return { output: "" };
      const prepared = await this.#prepare(tool, call);
      if (typeof prepared === "string") return { output: prepared };
      const decision = await this.#ports.decide(prepared, call);
      if (decision.type === "deny" && decision.reason === "cancelled") this.#ports.cancelled();
      if (decision.type === "deny") return { output: this.#reject(call, prepared.refusal(decision)) };
      // Without walls nothing proves a command harmless.
      const bare = prepared.action.kind === "command" && decision.enclose === null;
      await this.#begin(call, bare ? "once" : prepared.effect);
      if (this.#signal.aborted) return { output: "" };
      return await prepared.run(decision);
    } catch (error) {
      return { output: this.#reject(call, `${calledName(call)} failed: ${messageOf(error)}`) };
    } finally {
      leave();
    }
  }

  async #begin(call: ToolCallItem, effect: Effect): Promise<void> {
    try {
      await this.#ports.began(call, effect);
    } catch (error) {
      this.#fault ??= { error };
      throw error;
    }
  }

  async #prepare(tool: Tool, call: ToolCallItem): Promise<PreparedCall | string> {
    const input = callInput(call);
    try {
      return await tool.prepare(input, this.#ports.contextFor(call));
    } catch (error) {
      if (error instanceof CallError) return this.#reject(call, error.message);
      throw error;
    }
  }

  #reject(call: ToolCallItem, message: string): string {
    if (!this.#signal.aborted) this.#ports.rejected(call, message);
    return message;
  }
}
