import type { ClientTool, ClientToolContent } from "../../protocol/client-tools.ts";
import type { ClientToolCall } from "../../protocol/items.ts";
import { parseNested } from "../../protocol/nested-json.ts";
import type { Answer } from "../../protocol/questions.ts";
import type { ToolOutput } from "../../protocol/response-items.ts";
import type { FunctionSpec, JsonSchema } from "../../protocol/tool-spec.ts";
import { messageOf } from "../../protocol/errors.ts";
import { CallError, type CallContext, type PreparedCall, type Tool, type ToolResult } from "../tool.ts";

const unanswered = "dynamic tool request failed";

/** A client's tool as one of the thread's: a call asks those who attend, and brings what the first of them answers. */
export function clientTool(tool: ClientTool): Tool {
  const { name, description, namespace, deferred } = tool;
  const parameters = tool.inputSchema as JsonSchema;
  const spec: FunctionSpec = { type: "function", name, description, strict: false, parameters };
  return {
    name,
    ...(namespace && { namespace }),
    ...(deferred === true && { deferred }),
    spec,
    parallel: false,
    prepare(input, context): PreparedCall {
      const args = argumentsOf(input);
      return {
        effect: "once",
        // Whoever brings a tool answers for what it does.
        action: { kind: "none" },
        refusal: ({ message }) => message,
        run: () => ask(tool, args, context),
      };
    },
  };
}

function argumentsOf(input: string): unknown {
  try {
    return parseNested(input);
  } catch (error) {
    throw new CallError(`failed to parse function arguments: ${messageOf(error)}`);
  }
}

async function ask(tool: ClientTool, args: unknown, context: CallContext): Promise<ToolResult> {
  const { callId, items, signal } = context;
  const namespace = tool.namespace?.name ?? null;
  const begun = performance.now();
  const item: ClientToolCall = {
    type: "clientToolCall",
    id: callId,
    namespace,
    tool: tool.name,
    arguments: args,
    status: "inProgress",
    content: null,
    durationMs: null,
  };
  items.started(item);
  let over = false;
  const complete = (status: "completed" | "failed", content: ClientToolContent[]): void => {
    if (over) return;
    over = true;
    items.completed({ ...item, status, content, durationMs: Math.round(performance.now() - begun) });
  };
  const stop = (): void => complete("failed", []);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const answer = await context.ask({ type: "toolCall", callId, namespace, tool: tool.name, arguments: args });
    const { ok, content } = resultOf(answer);
    complete(ok ? "completed" : "failed", content);
    return { output: outputOf(content, context), ok };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function resultOf(answer: Answer): { ok: boolean; content: ClientToolContent[] } {
  if (answer.type === "toolResult") return { ok: answer.ok, content: answer.content };
  const message = answer.type === "deny" ? answer.message : undefined;
  return { ok: false, content: [{ type: "text", text: message ?? unanswered }] };
}

function outputOf(content: readonly ClientToolContent[], { imageDetail }: CallContext): ToolOutput {
  const [only] = content;
  if (content.length === 1 && only?.type === "text") return only.text;
  return content.map((part) => {
    if (part.type === "text") return { type: "input_text", text: part.text };
    if (part.type === "image" && imageDetail !== null) {
      return { type: "input_image", image_url: part.url, detail: imageDetail };
    }
    return { type: "input_text", text: `(the model takes no ${part.type})` };
  });
}
