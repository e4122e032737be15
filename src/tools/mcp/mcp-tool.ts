import type { McpApprovalMode, McpServerConfig } from "../../config/mcp-servers.ts";
import type { Denied } from "../../policy/action.ts";
import type { McpResult, McpToolCall } from "../../protocol/items.ts";
import { parseNested } from "../../protocol/nested-json.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { FunctionSpec } from "../../protocol/tool-spec.ts";
import type { CallContext, PreparedCall, Tool, ToolNamespace, ToolResult } from "../tool.ts";
import { failureOutput, modelOutput, shownResult } from "./call-result.ts";
import type { McpServer } from "./server.ts";
import type { RawTool } from "./tool-list.ts";

export interface ToolPlace {
  readonly server: McpServer;
  readonly namespace: ToolNamespace;
  /** As the model is shown it. */
  readonly name: string;
  readonly deferred: boolean;
  /** Sent with each call, for servers that want to know who asks. */
  meta(context: CallContext): Record<string, unknown>;
}

/** A tool of a server, as one of the thread's. */
export function mcpTool(tool: RawTool, place: ToolPlace): Tool {
  const { server, namespace, name, deferred } = place;
  const { description, parameters } = tool;
  const spec: FunctionSpec = { type: "function", name, description, strict: false, parameters };
  return {
    name,
    namespace,
    ...(deferred && { deferred }),
    spec,
    parallel: server.config.parallel || tool.readOnlyHint === true,
    prepare: (input, context) => new McpCall(tool, place, context).prepare(input),
  };
}

/** Does the user have to be asked? Without hints a tool may do anything. */
function needsApproval(tool: RawTool, config: McpServerConfig): boolean {
  const mode: McpApprovalMode = config.toolApprovalModes[tool.name] ?? config.approvalMode;
  if (mode === "approve") return false;
  if (mode === "prompt") return true;
  if (tool.destructiveHint === true) return true;
  if (tool.readOnlyHint === true) return false;
  return mode === "writes" || (tool.destructiveHint ?? true) || (tool.openWorldHint ?? true);
}

/** One call, from its arguments to its item. */
class McpCall {
  readonly #tool: RawTool;
  readonly #place: ToolPlace;
  readonly #context: CallContext;
  #begun = performance.now();
  #open = false;
  readonly #onAbort = (): void => {
    this.#complete({ error: "the turn was stopped" });
  };

  constructor(tool: RawTool, place: ToolPlace, context: CallContext) {
    this.#tool = tool;
    this.#place = place;
    this.#context = context;
  }

  prepare(input: string): PreparedCall {
    let args: unknown;
    try {
      args = input.trim() === "" ? null : parseNested(input);
    } catch (error) {
      return this.#unreadable(messageOf(error));
    }
    const { server } = this.#place;
    const { name: tool, readOnlyHint, description } = this.#tool;
    const { callId } = this.#context;
    const reason = description === "" ? null : description;
    this.#start(args);
    return {
      effect: readOnlyHint === true ? "none" : "once",
      action: {
        kind: "mcp",
        server: server.name,
        tool,
        asks: needsApproval(this.#tool, server.config),
        changes: readOnlyHint !== true,
      },
      question: { type: "mcpCall", callId, server: server.name, tool, arguments: args, reason },
      refusal: (decision) => this.#refused(decision),
      inForm: (refusal) => failureOutput(this.#seconds(), refusal),
      run: () => this.#run(args),
    };
  }

  /** Nothing was asked of the server: no item tells of it. */
  #unreadable(why: string): PreparedCall {
    return {
      effect: "none",
      action: { kind: "none" },
      refusal: ({ message }) => message,
      run: () => Promise.resolve({ output: failureOutput(this.#seconds(), `err: ${why}`), ok: false }),
    };
  }

  #refused({ reason, message }: Denied): string {
    const words = { user: "user rejected MCP tool call", cancelled: "user cancelled MCP tool call" };
    const said = reason === "user" || reason === "cancelled" ? words[reason] : message;
    const whole = reason === "user" && message !== "rejected by user" ? `${said}: ${message}` : said;
    this.#complete({ error: whole });
    return whole;
  }

  async #run(args: unknown): Promise<ToolResult> {
    const { server } = this.#place;
    this.#begun = performance.now();
    try {
      const result = await server.call(this.#tool.name, args, this.#place.meta(this.#context), this.#context);
      const failed = result.isError === true;
      const output = modelOutput(result, this.#seconds(), this.#context.imageDetail);
      this.#complete({ result: shownResult(result), failed });
      const { content, structuredContent, isError } = result;
      return { output, ok: !failed, data: { content, structuredContent, isError } };
    } catch (error) {
      const message = `tool call error: tool call failed for \`${server.name}/${this.#tool.name}\`\n\nCaused by:\n    ${messageOf(error)}`;
      this.#complete({ error: message });
      return { output: failureOutput(this.#seconds(), message), ok: false };
    }
  }

  #item: McpToolCall | null = null;

  #start(args: unknown): void {
    const { callId, items, signal } = this.#context;
    this.#item = {
      type: "mcpToolCall",
      id: callId,
      server: this.#place.server.name,
      tool: this.#tool.name,
      arguments: args,
      readOnlyHint: this.#tool.readOnlyHint,
      status: "inProgress",
      result: null,
      error: null,
      durationMs: null,
    };
    this.#open = true;
    items.started(this.#item);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  #complete(end: { result: McpResult; failed: boolean } | { error: string }): void {
    if (!this.#open || this.#item === null) return;
    this.#open = false;
    this.#context.signal.removeEventListener("abort", this.#onAbort);
    const durationMs = Math.round(this.#seconds() * 1000);
    const outcome =
      "error" in end
        ? { status: "failed" as const, error: end.error }
        : { status: end.failed ? ("failed" as const) : ("completed" as const), result: end.result };
    this.#context.items.completed({ ...this.#item, ...outcome, durationMs });
  }

  #seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}
