import type { Clock } from "../../system/ports.ts";
import { messageOf } from "../../protocol/errors.ts";
import { calledName, type ToolCallItem, type ToolCallOutputItem } from "../../protocol/response-items.ts";
import type { Decision } from "../../policy/action.ts";
import { clipOutput } from "../../tools/output-limit.ts";
import {
  CallError,
  type CallContext,
  type Effect,
  type PreparedCall,
  type Tool,
  type ToolResult,
} from "../../tools/tool.ts";
import { CallGate } from "./call-gate.ts";
import type { CallHookPorts, SeenCall } from "../hooks/call-hooks.ts";
import { answer } from "../history.ts";
import { abortedCall } from "../context/prompts.ts";

export interface CallPorts {
  clock: Clock;
  /** Tokens that any output may have in the history, whatever its tool let through. */
  historyTokens: number;
  newId(): string;
  findTool(call: ToolCallItem): Tool | null;
  /** The same, of what the request could not know yet. */
  findLate?(call: ToolCallItem): Promise<Tool | null>;
  /** `nested` is the signal of a call that another one makes. */
  contextFor(call: ToolCallItem, nested?: AbortSignal): CallContext;
  /** `signal` takes the question back, should there be one. */
  decide(prepared: PreparedCall, call: ToolCallItem, seen: SeenCall | null, signal: AbortSignal): Promise<Decision>;
  /** Absent where no hooks are configured. */
  hooks?: CallHookPorts | undefined;
  /** The user stopped the turn instead of answering. */
  cancelled(): void;
  /** The call is about to run; resolves when that is kept. `typed`: what another tool types by it into a command. */
  began(call: ToolCallItem, effect: Effect, typed: string | null): Promise<void>;
  /** The call was refused or could not be made; the model reads `message`. */
  rejected(call: ToolCallItem, message: string): void;
  /** The call has its output, which must be kept before anything else is told. */
  ended(output: ToolCallOutputItem): void;
}

const failed = (output: string): ToolResult => ({ output, ok: false });

/** A tool's call by another tool, in the form in which the model would have made it. */
function callOf(tool: Tool, input: string, id: string): ToolCallItem {
  if (tool.spec.type === "custom") return { type: "custom_tool_call", call_id: id, name: tool.name, input };
  const namespace = tool.namespace && { namespace: tool.namespace.name };
  return { type: "function_call", call_id: id, name: tool.name, ...namespace, arguments: input };
}

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
  readonly #gate: CallGate;
  readonly #calls: Promise<ToolCallOutputItem>[] = [];
  readonly #ended: ToolCallOutputItem[] = [];
  #fault: { error: unknown } | null = null;

  constructor(ports: CallPorts, signal: AbortSignal, gate = new CallGate()) {
    this.#ports = ports;
    this.#signal = signal;
    this.#gate = gate;
  }

  get count(): number {
    return this.#calls.length;
  }

  /** What kept a call or its output from being journaled; the turn cannot go on then. */
  get fault(): { error: unknown } | null {
    return this.#fault;
  }

  start(call: ToolCallItem): void {
    this.#calls.push(
      this.#run(call).then(({ output, data }) => {
        const item = answer(call, output, this.#ports.newId, Array.isArray(data) ? data : []);
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

  /** Runs a call that one of these makes; what it brings is no output of the response. Never rejects. */
  nested(tool: Tool, input: string, signal: AbortSignal): Promise<ToolResult> {
    const call = callOf(tool, input, `exec-${this.#ports.newId()}`);
    return unlessAborted(signal, () => failed("aborted"), this.#make(tool, call, signal, signal));
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

  async #run(call: ToolCallItem): Promise<ToolResult> {
    const begun = this.#ports.clock.monotonic();
    const aborted = (): ToolResult =>
      failed(
        abortedCall((this.#ports.clock.monotonic() - begun) / 1000, "namespace" in call && Boolean(call.namespace)),
      );
    const outcome = await unlessAborted(this.#signal, aborted, this.#perform(call));
    return { ...outcome, output: clipOutput(outcome.output, this.#ports.historyTokens) };
  }

  async #perform(call: ToolCallItem): Promise<ToolResult> {
    const name = call.type === "function_call" ? `${call.namespace ?? ""}${call.name}` : calledName(call);
    const tool = this.#ports.findTool(call) ?? (await this.#ports.findLate?.(call)) ?? null;
    if (tool === null || (tool.spec.type === "custom") !== (call.type === "custom_tool_call")) {
      const kind = call.type === "custom_tool_call" ? "custom tool call" : "call";
      return failed(this.#reject(call, `unsupported ${kind}: ${name}`));
    }
    return this.#make(tool, call, this.#signal);
  }

  async #make(tool: Tool, call: ToolCallItem, signal: AbortSignal, nested?: AbortSignal): Promise<ToolResult> {
    const leave = tool.parallel === "free" ? null : await this.#gate.enter(!tool.parallel);
    try {
      if (signal.aborted) return failed("");
      const { hooks } = this.#ports;
      if (hooks === undefined) return await this.#carryOut(tool, call, null, signal, nested);
      const { admitCall, reviewResult } = await import("../hooks/call-hooks.ts");
      const admitted = await admitCall(hooks, tool, call);
      if (signal.aborted) return failed("");
      if (admitted.type === "refused") return failed(this.#reject(call, admitted.reply));
      const { seen } = admitted;
      return await reviewResult(hooks, call, seen, await this.#carryOut(tool, admitted.call, seen, signal, nested));
    } catch (error) {
      if (signal.aborted) return failed("aborted");
      return failed(this.#reject(call, `${calledName(call)} failed: ${messageOf(error)}`));
    } finally {
      leave?.();
    }
  }

  async #carryOut(
    tool: Tool,
    call: ToolCallItem,
    seen: SeenCall | null,
    signal: AbortSignal,
    nested?: AbortSignal,
  ): Promise<ToolResult> {
    const prepared = await this.#prepare(tool, call, nested);
    if (typeof prepared === "string") return failed(prepared);
    const decision = await this.#ports.decide(prepared, call, seen, signal);
    // A question that was taken back is no word of the user's.
    if (signal.aborted) return failed("aborted");
    if (decision.type === "deny" && decision.reason === "cancelled") this.#ports.cancelled();
    if (decision.type === "deny") {
      const said = this.#reject(call, prepared.refusal(decision));
      return { ...failed(said), output: prepared.inForm?.(said) ?? said };
    }
    // Without walls nothing proves a command harmless.
    const bare = prepared.action.kind === "command" && decision.enclose === null;
    // A command, a patch or a call of a server has an item that tells of it; what another tool types has none.
    const typed = nested !== undefined && prepared.action.kind === "stdin" ? prepared.action.text : null;
    await this.#begin(call, bare ? "once" : prepared.effect, typed);
    if (signal.aborted) return failed("");
    const result = await prepared.run(decision);
    if (result.stops === true) this.#ports.cancelled();
    return result;
  }

  async #begin(call: ToolCallItem, effect: Effect, typed: string | null): Promise<void> {
    try {
      await this.#ports.began(call, effect, typed);
    } catch (error) {
      this.#fault ??= { error };
      throw error;
    }
  }

  async #prepare(tool: Tool, call: ToolCallItem, nested?: AbortSignal): Promise<PreparedCall | string> {
    const input = callInput(call);
    try {
      return await tool.prepare(input, this.#ports.contextFor(call, nested));
    } catch (error) {
      if (error instanceof CallError) return this.#reject(call, error.message);
      throw error;
    }
  }

  #reject(call: ToolCallItem, message: string): string {
    if (this.#signal.aborted) return message;
    try {
      this.#ports.rejected(call, message);
    } catch (error) {
      this.#fault ??= { error };
    }
    return message;
  }
}

/** What the work brings, or the value as soon as the signal aborts. Nothing of either stays with the signal, which may outlive them by far. */
async function unlessAborted<Value>(signal: AbortSignal, value: () => Value, work: Promise<Value>): Promise<Value> {
  let stop = (): void => {};
  const aborted = new Promise<Value>((resolve) => (stop = () => resolve(value())));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
