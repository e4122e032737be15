import { messageOf } from "../protocol/errors.ts";
import { parseNested } from "../protocol/nested-json.ts";
import type { ToolCall } from "../protocol/items.ts";
import type { InputPart, ToolOutput } from "../protocol/response-items.ts";
import { CallError, type CallContext, type PreparedCall, type Tool, type ToolResult } from "../tools/tool.ts";
import type { Agent } from "./agent.ts";
import type { AgentTool, ToolPart } from "./tool.ts";

/** Whose tools they are, where somebody is asked about them. */
const server = "agent";

/** A program's tool as one of the thread's. */
export function kernelTool(tool: AgentTool, agent: Agent): Tool {
  const { name, description, annotations } = tool;
  const parameters = JSON.parse(tool.input.json) as Record<string, unknown>;
  const changes = annotations.readOnly !== true;
  const { approval = "auto", destructive, network, openWorld, idempotent } = annotations;
  const risky = destructive === true || (changes && (network === true || openWorld === true));
  const effect = changes ? (idempotent === true ? "repeatable" : "once") : "none";
  return {
    name,
    spec: { type: "function", name, description, strict: false, parameters },
    parallel: !changes,
    async prepare(input, context): Promise<PreparedCall> {
      const args = await argumentsOf(tool, input);
      const { callId } = context;
      const asks = approval === "always" || (approval === "auto" && risky);
      const item = opened(tool, args.given, context);
      return {
        effect,
        action: { kind: "mcp", server, tool: name, asks, changes },
        question: { type: "mcpCall", callId, server, tool: name, arguments: args.given, reason: description },
        refusal({ message }) {
          item.close({ output: message, ok: false });
          return message;
        },
        run: async () => item.close(await run(tool, args, agent, context)),
      };
    },
  };
}

async function argumentsOf(tool: AgentTool, input: string): Promise<{ given: unknown; value: unknown }> {
  let given: unknown;
  try {
    given = input.trim() === "" ? {} : parseNested(input);
  } catch (error) {
    throw new CallError(`failed to parse function arguments: ${messageOf(error)}`);
  }
  const checked = await tool.input.check(given);
  if (!checked.ok) throw new CallError(`failed to parse function arguments: ${checked.problem}`);
  return { given, value: checked.value };
}

function opened(
  tool: AgentTool,
  args: unknown,
  { callId, items }: CallContext,
): { close(end: ToolResult): ToolResult } {
  const begun: ToolCall = {
    type: "toolCall",
    id: callId,
    tool: tool.name,
    arguments: args,
    status: "inProgress",
    result: null,
  };
  items.started(begun);
  return {
    close(end) {
      items.completed({ ...begun, status: end.ok ? "completed" : "failed", result: textOf(end.output) });
      return end;
    },
  };
}

async function run(
  tool: AgentTool,
  { given, value }: { given: unknown; value: unknown },
  agent: Agent,
  context: CallContext,
): Promise<ToolResult> {
  const { threadId: sessionId, turnId, callId, cwd } = context;
  const late = tool.timeoutMs === null ? null : AbortSignal.timeout(tool.timeoutMs);
  const signal = late === null ? context.signal : AbortSignal.any([context.signal, late]);
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => {
      const why = context.signal.aborted ? "the turn was interrupted" : `took longer than ${tool.timeoutMs} ms`;
      reject(new Error(why));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    const place = { agent, sessionId, turnId, callId, cwd, signal };
    const says = {
      emit: (progress: string) => context.items.output(callId, String(progress)),
      async requestApproval(reason: string = tool.description) {
        const question = { type: "mcpCall", callId, server, tool: tool.name, arguments: given, reason } as const;
        return (await context.ask(question)).type === "allow";
      },
    };
    const work = (async () => tool.run(value, { ...place, ...says }))();
    return resultOf(await Promise.race([work, stopped]), context);
  } catch (error) {
    const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
    return { output: `${name}${messageOf(error)}`, ok: false };
  } finally {
    stopped.catch(() => undefined);
  }
}

function resultOf(value: unknown, context: CallContext): ToolResult {
  if (typeof value === "object" && value !== null && "content" in value && !Array.isArray(value)) {
    const { content, isError } = value as { content: unknown; isError?: unknown };
    return { output: outputOf(content, context), ok: isError !== true };
  }
  return { output: outputOf(value, context), ok: true };
}

function outputOf(value: unknown, { imageDetail }: CallContext): ToolOutput {
  if (value === undefined) return "ok";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isPart)) {
    return value.map((part): InputPart => {
      if (part.type === "text") return { type: "input_text", text: part.text };
      if (imageDetail === null) return { type: "input_text", text: "(an image, which this model cannot see)" };
      return { type: "input_image", image_url: part.url, detail: imageDetail };
    });
  }
  return json(value);
}

const isPart = (value: unknown): value is ToolPart =>
  typeof value === "object" &&
  value !== null &&
  (("type" in value && value.type === "text" && "text" in value && typeof value.text === "string") ||
    ("type" in value && value.type === "image" && "url" in value && typeof value.url === "string"));

/** What JSON has no words for is named instead. */
function json(value: unknown): string {
  try {
    const named = (_key: string, each: unknown): unknown =>
      typeof each === "bigint" || typeof each === "function" || typeof each === "symbol" ? String(each) : each;
    return JSON.stringify(value, named, 2) ?? String(value);
  } catch (error) {
    return `(a value that cannot be shown: ${messageOf(error)})`;
  }
}

const textOf = (output: ToolOutput): string =>
  typeof output === "string" ? output : output.map((part) => ("text" in part ? part.text : "(an image)")).join("\n");
